/**
 * What a query context counts, as indices of its Float64Array. Each message it is given is counted
 * once in `received` and once in a drop or a response code, so
 * received = droppedShort + droppedResponse + the sum of all response codes.
 */
export const COUNTER = {
  /** Messages given to processQuery. */
  received: 0,
  /** No reply: shorter than a header. */
  droppedShort: 1,
  /** No reply: a response (QR set). */
  droppedResponse: 2,
  /** Responses with TC. */
  truncated: 3,
  /** Referrals to a child zone, those at the end of a chain included. */
  referrals: 4,
  /** NOERROR without the type asked for, those at the end of a chain included. */
  noData: 5,
  /** REFUSED because no zone served holds the name. */
  noZone: 6,
  /** Queries with an OPT record. */
  edns: 7,
  /** Chains of CNAME, DNAME or aliases given up: a loop, or too long. */
  chainsGivenUp: 8,
  /** First of the response codes: 0 NOERROR … 15, 16 BADVERS. */
  rcode: 9,
  /** First of the types, one each of COUNTED_TYPES and one for all others. */
  type: 26,
} as const;

/** Response codes counted: 0–16. */
export const COUNTED_RCODES = 17;

/** Types with a counter of their own, below 256: index in the order given, after COUNTER.type. */
export const COUNTED_TYPES = [
  1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 43, 48, 64, 65, 255, 257,
] as const;

export const COUNTER_COUNT = COUNTER.type + COUNTED_TYPES.length + 1;

const TYPE_TABLE_SIZE = 258;
const otherType = COUNTER.type + COUNTED_TYPES.length;

/** Counter index by type; types from TYPE_TABLE_SIZE on are counted with the others. */
const typeCounters = new Uint8Array(TYPE_TABLE_SIZE).fill(otherType);
for (const [index, type] of COUNTED_TYPES.entries()) typeCounters[type] = COUNTER.type + index;

/** The index of a type's counter. */
export function typeCounter(type: number): number {
  return type < TYPE_TABLE_SIZE ? (typeCounters[type] as number) : otherType;
}
