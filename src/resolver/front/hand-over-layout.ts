import { assert } from "../../base/assert.ts";
import { handOverRingSize, udpQuerySizeMax } from "../../base/limits.ts";
import { controlRoom } from "../../dataplane/server/mmsg-layout.ts";
import { socketAddressSize } from "../../dataplane/server/socket-address.ts";

/**
 * Queries on their way from the front workers to the resolver thread, in shared memory: a ring for
 * each worker, one thread writes, one reads, and neither waits for the other. A full ring drops the
 * new query, so that what is outstanding is bounded. It stays when either thread is started again.
 *
 * ```
 *   bell          word 0, 1 while the reader sleeps; a cache line
 *   per worker    head     word 0, words ever written (wraps); a cache line
 *                 tail     word 0, words ever read; a cache line
 *                 entries  handOverRingSize octets, a power of two
 *
 *   entry (words, little-endian)
 *      0  words of this entry, itself included; NONE: nothing more before the end of the ring
 *      1  view
 *      2  file descriptor of the socket
 *      3  listener 16 | flags 8 | unused 8
 *      4  octets of the query
 *      5  client's socket address, 32 octets
 *     13  control data, 64 octets; without HAS_CONTROL left out
 *         query, padded to a word
 * ```
 */
export const ENTRY = { size: 0, view: 1, fd: 2, listener: 3, querySize: 4, client: 5 } as const;
export const FLAG = { PREFETCH: 1 << 8, HAS_CONTROL: 1 << 9 } as const;
/** In the place of an entry's size. */
export const NONE = 0;

export const lineWords = 16;
export const clientWords = socketAddressSize / 4;
export const controlWords = controlRoom / 4;
const entryWordsMax = ENTRY.client + clientWords + controlWords + udpQuerySizeMax / 4;
export const ringWords = handOverRingSize / 4;
export const workerWords = 2 * lineWords + ringWords;

/** Memory for the rings of so many workers. */
export function createHandOverMemory(workerCount: number): SharedArrayBuffer {
  return new SharedArrayBuffer((lineWords + workerCount * workerWords) * 4);
}

assert(entryWordsMax < ringWords / 2, "a ring has room for the largest query");
