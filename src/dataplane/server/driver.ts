import { socketAddressSize } from "./socket-address.ts";

/**
 * Memory that packets are received into and answered from. Each query is preceded by the
 * `socketAddressSize` octets of its sender's socket address.
 *
 * It is never shared memory: copying within that is up to nine times slower (measured: 400 octets,
 * 249 ns instead of 28).
 */
export type PacketArena = {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
};

/** What a driver hands packets to. It knows nothing about where they come from. */
export type Answerer = {
  /** Told before the queries of a batch which listener they came in by; by drivers that know. */
  listen?(index: number): void;
  /**
   * Writes the response to the query at `queryOffset` of the arena to `responseOffset`: the same
   * place, or one apart from the query.
   * @returns its size; 0: send nothing
   */
  answer(queryOffset: number, querySize: number, responseOffset: number): number;
  /**
   * Where a driver has a batch of some size, it tells of each query in it before the first is
   * answered. From its start on 340 octets may be read, whatever its size.
   */
  announce?(queryOffset: number): void;
};

/**
 * A batch of this many tells that queries come in quicker than one at a time; fewer are a lone client,
 * such as one that asks for A and AAAA.
 */
export const batchCountMin = 4;

/** What a driver without an event loop asks before each batch. */
export type BatchControl = {
  /** Takes what the main thread published; false once the driver shall return. */
  nextBatch(): boolean;
};

export function createArena(size: number): PacketArena {
  const memory = new ArrayBuffer(size);
  return { bytes: new Uint8Array(memory), view: new DataView(memory) };
}

/** Where the socket address of a query's sender is. */
export function clientOffsetOf(queryOffset: number): number {
  return queryOffset - socketAddressSize;
}

/** Sends every message back as a response; for tests, and to measure what a driver alone costs. */
export class EchoAnswerer implements Answerer {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #responseSizeMax: number;

  constructor(arena: PacketArena, responseSizeMax: number) {
    this.#bytes = arena.bytes;
    this.#responseSizeMax = responseSizeMax;
  }

  answer(queryOffset: number, querySize: number, responseOffset: number): number {
    if (querySize < 12 || querySize > this.#responseSizeMax) return 0;
    const bytes = this.#bytes;
    if (responseOffset !== queryOffset) {
      bytes.copyWithin(responseOffset, queryOffset, queryOffset + querySize);
    }
    bytes[responseOffset + 2] = (bytes[responseOffset + 2] as number) | 0x80; // QR
    return querySize;
  }
}
