import { importFindingsMax } from "../../base/limits.ts";

/** What is to be said about one line of a master file. */
export type Finding = { line: number; message: string };

/** The findings with the lowest lines, at most `importFindingsMax`, and how many there are. */
export type Findings = { count: number; lines: Finding[] };

/** Collects findings in any order and keeps those of the lowest lines. */
export class FindingList {
  #count = 0;
  #lines: Finding[] = [];

  get count(): number {
    return this.#count;
  }

  add(line: number, message: string): void {
    this.#count++;
    this.#lines.push({ line, message });
    if (this.#lines.length >= 2 * importFindingsMax) this.#keepLowest();
  }

  toFindings(): Findings {
    this.#keepLowest();
    return { count: this.#count, lines: this.#lines };
  }

  #keepLowest(): void {
    this.#lines.sort((a, b) => a.line - b.line);
    this.#lines.length = Math.min(this.#lines.length, importFindingsMax);
  }
}
