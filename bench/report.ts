import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { drawBars, type BarPlot } from "./bar-plot.ts";
import { versions } from "./servers.ts";

/** One benchmark's results, as `results/NAME.md` shows them. */
export type Report = {
  readonly name: string;
  readonly title: string;
  /** What was measured, and how: one paragraph. */
  readonly method: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** More tables below that one. */
  readonly tables?: readonly Table[];
  /** More lines below the tables. */
  readonly remarks?: readonly string[];
  /** Written beside, as `results/NAME.svg`. */
  readonly plot?: BarPlot;
};

/** A further table, under a heading of its own. */
export type Table = {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

const folderDefault = join(import.meta.dirname, "results");

/**
 * Prints a report and writes it to a folder, with the command, the date and versions.
 * @param folder default: `bench/results`
 */
export function publish(report: Report, folder = folderDefault): void {
  const command = `bench/run ${process.argv.slice(2).join(" ")}`;
  const text = `# ${report.title}

${report.method}

${report.plot ? `![${report.title}](${report.name}.svg)` : ""}

${table(report.columns, report.rows)}

${(report.tables ?? []).map(titled).join("\n\n")}

${(report.remarks ?? []).map((remark) => `${remark}\n`).join("\n")}
Made by \`${command}\` on ${new Date().toISOString().slice(0, 10)} with:

${versions()
  .map((version) => `- ${version}`)
  .join("\n")}
`.replaceAll(/\n{3,}/g, "\n\n");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${report.name}.md`);
  writeFileSync(file, text);
  if (report.plot) writeFileSync(join(folder, `${report.name}.svg`), drawBars(report.plot));
  console.log(`${text}\nwritten to ${file}`);
}

function titled({ title, columns, rows }: Table): string {
  return `## ${title}\n\n${table(columns, rows)}`;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [columns, columns.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The middle value; of an even number of values the mean of the middle two. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a share of the values lies, between neighbours in proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const low = sorted[Math.floor(position)] ?? Number.NaN;
  const high = sorted[Math.ceil(position)] ?? Number.NaN;
  return low + (high - low) * (position - Math.floor(position));
}
