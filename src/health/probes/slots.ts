/** So many at a time; the next ones wait their turn, in order. */
export class Slots {
  #free: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limits: { count: number; waiting: number }) {
    this.#free = limits.count;
    this.#waitingMax = limits.waiting;
  }

  /** Runs a task in a slot. @param refused what comes of it where too many wait */
  async run<T>(task: () => Promise<T>, refused: T): Promise<T> {
    if (this.#free === 0) {
      if (this.#waiting.length >= this.#waitingMax) return refused;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#free--;
    }
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
