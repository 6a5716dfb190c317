import { randomInt } from "node:crypto";

/** Draws whole numbers: 0 ≤ draw < 2^32. */
export type Random = { uint32(): number };

/**
 * A seeded generator (xorshift32, Marsaglia 2003): the same seed gives the same run.
 * Not for secrets.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0 || 0x9e3779b9;
  return {
    uint32() {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      state >>>= 0;
      return state;
    },
  };
}

/** Draws that nobody can foresee; for ids and seeds. */
export const systemRandom: Random = { uint32: () => randomInt(2 ** 32) };
