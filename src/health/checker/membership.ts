import { checkListRetryMs } from "../../base/limits.ts";
import { VerdictTable } from "./verdict-table.ts";

/** The control plane as one location sees it: near in this process, or far behind HTTP. */
export type ControlPlane = {
  /** @returns the version of the list that the location should run; 0: it has none yet */
  report(table: Uint8Array): Promise<number>;
  /** The location's list, as `encodeCheckList` writes it. */
  list(): Promise<Uint8Array>;
};

export type MembershipOptions = {
  controlPlane: ControlPlane;
  /** A list to be run from now on. */
  takeList(octets: Uint8Array): void;
  /** The first table was accepted, or the first after an `onAway`. */
  onJoined?(): void;
  /** A table was not accepted; called once for each reason until the next `onJoined`. */
  onAway?(error: Error): void;
  /** A list could not be had or used; the one that runs goes on. */
  onListError?(error: Error): void;
  nowMs?(): number;
};

/**
 * Keeps one location in touch with the control plane: hands in each table, and fetches the list
 * when the answer names another version than the one that runs. One table and one list are under
 * way at most; what fails is tried again with the next table, so half a second later.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #nowMs: () => number;
  #isReporting = false;
  #isFetching = false;
  #isJoined = false;
  #awayBecause = "";
  #fetched = { version: 0, atMs: -Infinity };

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Hands in a table; one that comes while another is under way is let go. */
  async report(table: Uint8Array): Promise<void> {
    if (this.#isReporting) return;
    this.#isReporting = true;
    const running = VerdictTable.listVersionOf(table);
    try {
      const wanted = await this.#options.controlPlane.report(table);
      this.#joined();
      if (wanted !== 0 && wanted !== running) void this.#fetch(wanted);
    } catch (error) {
      this.#away(error as Error);
    } finally {
      this.#isReporting = false;
    }
  }

  #joined(): void {
    if (this.#isJoined) return;
    this.#isJoined = true;
    this.#awayBecause = "";
    this.#options.onJoined?.();
  }

  #away(error: Error): void {
    this.#isJoined = false;
    if (this.#awayBecause === error.message) return;
    this.#awayBecause = error.message;
    this.#options.onAway?.(error);
  }

  /** A list just fetched may not show in the tables yet, and one that fails would again. */
  async #fetch(version: number): Promise<void> {
    const { version: before, atMs } = this.#fetched;
    if (this.#isFetching) return;
    if (version === before && this.#nowMs() - atMs < checkListRetryMs) return;
    this.#isFetching = true;
    try {
      this.#options.takeList(await this.#options.controlPlane.list());
    } catch (error) {
      this.#options.onListError?.(error as Error);
    } finally {
      this.#fetched = { version, atMs: this.#nowMs() };
      this.#isFetching = false;
    }
  }
}
