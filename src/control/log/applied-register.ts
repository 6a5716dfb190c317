import type { Applied } from "./change-log.ts";

/** Who waits for which entry to be served. */
export class AppliedRegister implements Applied {
  #upTo: number;
  #waiting: { seq: number; resolve: () => void }[] = [];

  /** @param upTo what is served from the start: a new server answers only when it has it all */
  constructor(upTo: number) {
    this.#upTo = upTo;
  }

  upTo(): number {
    return this.#upTo;
  }

  waitFor(seq: number): Promise<void> {
    if (seq <= this.#upTo) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push({ seq, resolve }));
  }

  set(seq: number): void {
    if (seq <= this.#upTo) return;
    this.#upTo = seq;
    const ready = this.#waiting.filter((waiter) => waiter.seq <= seq);
    this.#waiting = this.#waiting.filter((waiter) => waiter.seq > seq);
    for (const waiter of ready) waiter.resolve();
  }
}
