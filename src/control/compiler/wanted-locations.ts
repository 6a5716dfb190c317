/**
 * One word that the main thread and the compiler's share: whether all who answer have a location
 * table.
 */
export const LOCATIONS = {
  MISSING: 0,
  PROVIDED: 1,
  /** It could not be loaded; the next who wants it asks again. */
  FAILED: 2,
} as const;

/** Memory for that word. */
export function locationsWord(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** Tells whoever waits. @param state one of LOCATIONS */
export function setLocations(word: Int32Array<SharedArrayBuffer>, state: number): void {
  Atomics.store(word, 0, state);
  Atomics.notify(word, 0);
}

/**
 * The compiler's wish for a location table: the table is loaded once a set asks for clients' places,
 * and no such set is handed out, or put in an image that is served, before all who answer have it.
 */
export class WantedLocations {
  readonly #word: Int32Array<SharedArrayBuffer>;
  readonly #ask: () => void;
  #isAsked = false;

  /** @param ask has the main thread load the table and write the word */
  constructor(word: Int32Array<SharedArrayBuffer>, ask: () => void) {
    this.#word = word;
    this.#ask = ask;
  }

  /** From now on a table is needed; it is loaded while this thread goes on. */
  want(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    if (Atomics.load(this.#word, 0) === LOCATIONS.PROVIDED) return;
    Atomics.store(this.#word, 0, LOCATIONS.MISSING);
    this.#ask();
  }

  /**
   * Blocks until all who answer have what was wanted; not at all where nothing was.
   * @throws Error where it cannot be loaded
   */
  settle(): void {
    if (!this.#isAsked) return;
    Atomics.wait(this.#word, 0, LOCATIONS.MISSING);
    if (Atomics.load(this.#word, 0) === LOCATIONS.PROVIDED) return;
    throw new Error("Cannot serve sets that ask for clients' places: no location table");
  }
}
