import { controlRoom } from "../../dataplane/server/mmsg-layout.ts";
import { socketAddressSize } from "../../dataplane/server/socket-address.ts";
import type { HandedQuery } from "./hand-over.ts";
import { ENTRY, FLAG, NONE, lineWords, ringWords, workerWords } from "./hand-over-layout.ts";

/** The end of the resolver thread: takes from all rings in turn. */
export class HandOverReader {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #octets: Uint8Array<SharedArrayBuffer>;
  readonly #workerCount: number;
  #turn = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#octets = new Uint8Array(memory);
    this.#workerCount = (this.#words.length - lineWords) / workerWords;
  }

  /** The next query, with memory of its own; undefined where there is none now. */
  take(): HandedQuery | undefined {
    for (let i = 0; i < this.#workerCount; i++) {
      const query = this.#takeFrom(lineWords + this.#turn * workerWords);
      this.#turn = (this.#turn + 1) % this.#workerCount;
      if (query) return query;
    }
    return undefined;
  }

  /** Resolves when there may be queries, or after `timeoutMs`. */
  async wait(timeoutMs: number): Promise<void> {
    Atomics.store(this.#words, 0, 1);
    if (this.#isEmpty()) await Atomics.waitAsync(this.#words, 0, 1, timeoutMs).value;
    Atomics.store(this.#words, 0, 0);
  }

  #isEmpty(): boolean {
    const words = this.#words;
    for (let i = 0; i < this.#workerCount; i++) {
      const base = lineWords + i * workerWords;
      if (Atomics.load(words, base) !== words[base + lineWords]) return false;
    }
    return true;
  }

  #takeFrom(base: number): HandedQuery | undefined {
    const words = this.#words;
    const tail = words[base + lineWords] as number;
    if (Atomics.load(words, base) === tail) return undefined;
    const ring = base + 2 * lineWords;
    const start = tail & (ringWords - 1);
    const skipped = words[ring + start] === NONE ? ringWords - start : 0;
    const at = ring + ((start + skipped) & (ringWords - 1));
    const query = this.#read(at);
    const size = words[at + ENTRY.size] as number;
    Atomics.store(words, base + lineWords, (tail + skipped + size) | 0);
    return query;
  }

  #read(at: number): HandedQuery {
    const words = this.#words;
    const listener = words[at + ENTRY.listener] as number;
    const querySize = words[at + ENTRY.querySize] as number;
    const client = (at + ENTRY.client) * 4;
    const hasControl = (listener & FLAG.HAS_CONTROL) !== 0;
    const control = client + socketAddressSize;
    const query = control + (hasControl ? controlRoom : 0);
    return {
      view: words[at + ENTRY.view] as number,
      query: this.#slice(query, querySize),
      client: this.#slice(client, socketAddressSize),
      control: hasControl ? this.#slice(control, controlRoom) : undefined,
      listener: listener >>> 16,
      socketFd: words[at + ENTRY.fd] as number,
      isPrefetch: (listener & FLAG.PREFETCH) !== 0,
    };
  }

  /** A copy in memory that is not shared. */
  #slice(start: number, size: number): Uint8Array {
    return new Uint8Array(this.#octets.subarray(start, start + size));
  }
}
