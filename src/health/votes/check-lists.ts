import { createHash } from "node:crypto";
import { encodeCheckList } from "../checker/check-list.ts";
import type { CheckSpec } from "../checker/check-spec.ts";
import type { StatusEntry } from "./health-statuses.ts";

/** What is kept of the lists, so that checkers need not ask again after a restart. */
export type ListMark = { version: number; digest: string };

/**
 * The lists of checks of all locations. They have one version together: it goes up when any of
 * them changes, also over restarts.
 */
export class CheckLists {
  readonly #allow: readonly string[];
  readonly #places = new Map<string, string>();
  readonly #encoded = new Map<string, Uint8Array>();
  #entries: readonly StatusEntry[] = [];
  #mark: ListMark;

  /** @param mark as it was before the restart; a new one begins at a time, later than any before */
  constructor(options: { allow: readonly string[]; mark: ListMark | undefined; atMs: number }) {
    this.#allow = options.allow;
    this.#mark = options.mark ?? { version: Math.floor(options.atMs / 1_000) >>> 0, digest: "" };
  }

  get mark(): ListMark {
    return this.#mark;
  }

  /**
   * Goes by these checks from now on, and notes for each since which list it is as it is.
   * @returns whether the lists have changed
   */
  update(entries: readonly StatusEntry[]): boolean {
    this.#entries = entries.filter(({ check }) => check.spec);
    this.#encoded.clear();
    const hash = createHash("sha256").update(this.#allow.join());
    const places = this.#entries.map(({ check, at }) => {
      const place = `${check.specText}@${at.map(({ name }) => name).join()}`;
      hash.update(place).update("\n");
      return place;
    });
    const digest = hash.digest("hex");
    const isChanged = digest !== this.#mark.digest;
    if (isChanged) this.#mark = { version: (this.#mark.version + 1) >>> 0 || 1, digest };
    this.#notePlaces(places);
    return isChanged;
  }

  /** The list of one location, encoded. */
  listFor(location: string): Uint8Array {
    const known = this.#encoded.get(location);
    if (known) return known;
    const checks = this.#entries
      .filter(({ at }) => at.some(({ name }) => name === location))
      .map(({ check }) => check.spec as CheckSpec);
    const { version } = this.#mark;
    const encoded = encodeCheckList({ version, checks, allow: [...this.#allow] });
    this.#encoded.set(location, encoded);
    return encoded;
  }

  #notePlaces(places: readonly string[]): void {
    const gone = new Set(this.#places.keys());
    places.forEach((place, i) => {
      const { check, state } = this.#entries[i] as StatusEntry;
      gone.delete(check.id);
      if (this.#places.get(check.id) === place) return;
      this.#places.set(check.id, place);
      state.listVersion = this.#mark.version;
    });
    for (const id of gone) this.#places.delete(id);
  }
}
