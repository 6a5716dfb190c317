import { assert } from "../../base/assert.ts";
import { FLAG, headerSize } from "../../dns/wire/message.ts";
import { TYPE } from "../../dns/wire/registries.ts";

/** What the cache keeps of a response. */
export type CachedResponse = {
  /** RCODE and AD, as in the header's second 16-bit word. */
  flags: number;
  answerCount: number;
  authorityCount: number;
  additionalCount: number;
  /** All after the question. */
  records: Uint8Array;
  /** Of each record, from the start of `records`. */
  ttlOffsets: number[];
};

const rcodeMask = 0x000f;

/**
 * Takes a response apart that one of our own made.
 * @param name of the question, wire form, lower case
 * @returns `records` is a view of the response
 */
export function readResponse(response: Uint8Array, name: Uint8Array): CachedResponse {
  const view = new DataView(response.buffer, response.byteOffset, response.byteLength);
  const start = headerSize + name.length + 4;
  assert(response.length >= start && view.getUint16(4) === 1, "a response has one question");
  const isAsked = name.every((octet, i) => octet === response[headerSize + i]);
  assert(isAsked, "a response has the question's name in lower case");
  const [answerCount, authorityCount] = [view.getUint16(6), view.getUint16(8)];
  const additionalCount = view.getUint16(10);
  const ttlOffsets: number[] = [];
  let at = start;
  for (let i = answerCount + authorityCount + additionalCount; i > 0; i--) {
    at = afterName(response, at);
    assert(at + 10 <= response.length, "a response is whole");
    assert(view.getUint16(at) !== TYPE.OPT, "a cached response has no OPT record");
    ttlOffsets.push(at + 4 - start);
    at += 10 + view.getUint16(at + 8);
  }
  assert(at === response.length, "a response ends with its last record");
  const flags = view.getUint16(2) & (FLAG.ad | rcodeMask);
  const counts = { answerCount, authorityCount, additionalCount };
  return { flags, ...counts, records: response.subarray(start), ttlOffsets };
}

/** The offset after a name that may end in a pointer. */
function afterName(response: Uint8Array, start: number): number {
  for (let at = start; ;) {
    const size = response[at] ?? 0;
    if (size >= 0xc0) return at + 2;
    at += size + 1;
    if (size === 0) return at;
  }
}
