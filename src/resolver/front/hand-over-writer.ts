import { assert } from "../../base/assert.ts";
import {
  ENTRY,
  FLAG,
  NONE,
  clientWords,
  controlWords,
  lineWords,
  ringWords,
  workerWords,
} from "./hand-over-layout.ts";

/** The end of one worker. It allocates nothing. */
export class HandOverWriter {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #base: number;
  readonly #packet: DataView<ArrayBuffer>;

  /** @param packet memory that queries are taken from */
  constructor(memory: SharedArrayBuffer, workerIndex: number, packet: DataView<ArrayBuffer>) {
    this.#words = new Int32Array(memory);
    this.#base = lineWords + workerIndex * workerWords;
    this.#packet = packet;
    assert(this.#base + workerWords <= this.#words.length, "the worker has a ring");
  }

  /**
   * Hands a query over.
   * @param client offset of the client's socket address in the packet memory
   * @param control offset of the control data; −1: there is none
   * @returns false where the ring is full
   */
  write(
    view: number,
    listener: number,
    fd: number,
    isPrefetch: boolean,
    query: number,
    querySize: number,
    client: number,
    control: number,
  ): boolean {
    const words = this.#words;
    const head = words[this.#base] as number;
    const size =
      ENTRY.client + clientWords + (control < 0 ? 0 : controlWords) + ((querySize + 3) >> 2);
    const start = head & (ringWords - 1);
    const skipped = start + size > ringWords ? ringWords - start : 0;
    const used = (head - Atomics.load(words, this.#base + lineWords)) | 0;
    if (used + skipped + size > ringWords) return false;
    const ring = this.#base + 2 * lineWords;
    if (skipped > 0) words[ring + start] = NONE;
    const at = ring + ((start + skipped) & (ringWords - 1));
    words[at + ENTRY.size] = size;
    words[at + ENTRY.view] = view;
    words[at + ENTRY.fd] = fd;
    words[at + ENTRY.listener] =
      (listener << 16) | (isPrefetch ? FLAG.PREFETCH : 0) | (control < 0 ? 0 : FLAG.HAS_CONTROL);
    words[at + ENTRY.querySize] = querySize;
    this.#copy(at + ENTRY.client, client, clientWords);
    let next = at + ENTRY.client + clientWords;
    if (control >= 0) {
      this.#copy(next, control, controlWords);
      next += controlWords;
    }
    this.#copy(next, query, (querySize + 3) >> 2);
    Atomics.store(words, this.#base, (head + skipped + size) | 0);
    this.#ring();
    return true;
  }

  /** Wakes the reader where it sleeps. */
  #ring(): void {
    const words = this.#words;
    if (Atomics.load(words, 0) === 0) return;
    if (Atomics.exchange(words, 0, 0) === 1) Atomics.notify(words, 0);
  }

  #copy(to: number, from: number, count: number): void {
    const words = this.#words;
    const packet = this.#packet;
    for (let i = 0; i < count; i++) words[to + i] = packet.getInt32(from + i * 4, true);
  }
}
