import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeKey, encodeKey, keyRangeEnd } from "./key-codec.ts";

const component = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc
    .array(fc.constantFrom("\0", "\u0001", "\u0002", "\u0003", "a", "b"), { maxLength: 4 })
    .map((parts) => parts.join("")),
);
const key = fc.array(component, { maxLength: 3 });

function compareTuples(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = Buffer.compare(Buffer.from(a[i] as string), Buffer.from(b[i] as string));
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}

test("encodeKey() decodeKey() round trip", () => {
  fc.assert(fc.property(key, (tuple) => assert.deepEqual(decodeKey(encodeKey(tuple)), tuple)));
});

test("encodeKey() sorts as the tuples do", () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      const order = Buffer.compare(Buffer.from(encodeKey(a)), Buffer.from(encodeKey(b)));
      assert.equal(order, compareTuples(a, b));
    }),
  );
});

test("keyRangeEnd() bounds what begins with the prefix and nothing else", () => {
  const prefix = fc.array(component, { minLength: 1, maxLength: 2 });
  fc.assert(
    fc.property(prefix, key, (start, tuple) => {
      const text = Buffer.from(encodeKey(tuple));
      const above = Buffer.compare(text, Buffer.from(encodeKey(start))) >= 0;
      const below = Buffer.compare(text, Buffer.from(keyRangeEnd(start))) < 0;
      const begins = start.every((part, i) => tuple[i] === part);
      assert.equal(above && below, begins);
    }),
  );
});
