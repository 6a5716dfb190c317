import { verdictPublishIntervalMs } from "../../base/limits.ts";
import { systemRandom } from "../../base/random.ts";
import { VerdictTableWriter } from "./verdict-table.ts";

/**
 * A location that has nothing to check: it hands out the table of no checks every half second, as
 * its thread would, which costs 10 MiB more.
 */
export class IdleChecker {
  readonly #table: VerdictTableWriter;
  readonly #timer: NodeJS.Timeout;

  constructor(options: { scriptsAllowed: boolean; onTable(table: Uint8Array): void }) {
    const { scriptsAllowed, onTable } = options;
    this.#table = new VerdictTableWriter({ run: systemRandom.uint32(), scriptsAllowed });
    const publish = (): void => onTable(this.#table.publish());
    this.#timer = setInterval(publish, verdictPublishIntervalMs);
    setImmediate(publish);
  }

  /** The version of the list that has no checks. */
  setListVersion(version: number): void {
    this.#table.header.listVersion = version;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
