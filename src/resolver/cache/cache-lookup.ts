import { messageSizeMax } from "../../base/limits.ts";
import { FLAG, headerSize } from "../../dns/wire/message.ts";
import type { CacheKey } from "./answer-cache.ts";
import { CacheReader } from "./cache-reader.ts";

/** A response from the cache, with what is left of its TTLs. */
export type CachedAnswer = {
  /** As CacheEntry.response, id 0. */
  response: Uint8Array;
  isFresh: boolean;
  storedAtSeconds: number;
  expiresAtSeconds: number;
};

/** Reads the answer cache where there is time: for the resolver thread. */
export class CacheLookup {
  readonly #reader: CacheReader;
  readonly #message = new Uint8Array(messageSizeMax);
  readonly #view = new DataView(this.#message.buffer);
  readonly #name = new Uint8Array(260);
  readonly #nameView = new DataView(this.#name.buffer);

  constructor(memory: SharedArrayBuffer) {
    this.#reader = new CacheReader(memory);
  }

  /**
   * The answer to a question: one that is fresh, or may still be given though it is not (RFC 8767).
   * TTLs of one that is not fresh are 0.
   */
  find({ name, type, variant, partition }: CacheKey, nowSeconds: number): CachedAnswer | undefined {
    const reader = this.#reader;
    this.#name.set(name);
    const isThere = reader.find(this.#nameView, name.length, type, variant, partition);
    if (!isThere || reader.staleUntil <= nowSeconds) return undefined;
    const { storedAt, expiresAt } = reader;
    const isFresh = expiresAt > nowSeconds;
    const start = headerSize + name.length + 4;
    const age = isFresh ? Math.floor(nowSeconds) - storedAt : 0xffffffff;
    const size = reader.read(this.#view, start, messageSizeMax, age);
    if (size < 0) return undefined;
    const view = this.#view;
    view.setUint16(0, 0);
    view.setUint16(2, FLAG.qr | FLAG.ra | reader.flags);
    view.setUint16(4, 1);
    view.setUint16(6, reader.answerCount);
    view.setUint16(8, reader.authorityCount);
    view.setUint16(10, reader.additionalCount);
    this.#message.set(name, headerSize);
    view.setUint16(start - 4, type);
    view.setUint16(start - 2, 1);
    const response = this.#message.slice(0, start + size);
    return { response, isFresh, storedAtSeconds: storedAt, expiresAtSeconds: expiresAt };
  }
}
