import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cbor } from "@smithy/core/cbor";
import fc from "fast-check";
import { documentDepthMax } from "../../base/limits.ts";
import { CborSyntaxError, readCbor } from "./cbor-reader.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

// RFC 8949, appendix A.
const examples: [hex: string, value: unknown][] = [
  ["00", 0],
  ["17", 23],
  ["1818", 24],
  ["1903e8", 1000],
  ["1a000f4240", 1_000_000],
  ["1b000000e8d4a51000", 1_000_000_000_000],
  ["20", -1],
  ["3903e7", -1000],
  ["f93c00", 1],
  ["f9c400", -4],
  ["f90001", 5.960464477539063e-8],
  ["fa47c35000", 100_000],
  ["fb3ff199999999999a", 1.1],
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["60", ""],
  ["62c3bc", "ü"],
  ["64f0908591", "𐅑"],
  ["80", []],
  ["83010203", [1, 2, 3]],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  ["a26161016162820203", { a: 1, b: [2, 3] }],
  ["7f657374726561646d696e67ff", "streaming"],
  ["9fff", []],
  ["9f018202039f0405ffff", [1, [2, 3], [4, 5]]],
  ["bf61610161629f0203ffff", { a: 1, b: [2, 3] }],
  ["c11a514b67b0", "2013-03-21T20:04:00.000Z"],
  ["c1fb41d452d9ec200000", "2013-03-21T20:04:00.500Z"],
  ["d74401020304", { type: "Buffer", data: [1, 2, 3, 4] }],
];
for (const [hex, value] of examples) {
  test(`readCbor() reads ${hex}`, () => assert.deepEqual(plain(readCbor(bytes(hex))), value));
}

test("readCbor() reads numbers that JSON has not", () => {
  assert.equal(readCbor(bytes("f97c00")), Infinity);
  assert.equal(readCbor(bytes("f97e00")), Number.NaN);
  assert.deepEqual(readCbor(bytes("5f42010243030405ff")), Buffer.from([1, 2, 3, 4, 5]));
});

const refused: [name: string, hex: string, message: RegExp][] = [
  ["nothing", "", /Unexpected end/],
  ["a cut number", "1903", /Unexpected end/],
  ["a text longer than the octets", "7b00ffffffffffffff", /Unexpected end/],
  ["an array of four billion", "9affffffff", /Unexpected end/],
  ["a map of four billion", "baffffffff", /Unexpected end/],
  ["an array without its end", "9f01", /Unexpected end/],
  ["octets after the value", "0000", /Octets after the value/],
  ["text that is not UTF-8", "61ff", /not UTF-8/],
  ["a key that is a number", "a10102", /key that is no text/],
  ["a key twice", "a2616101616102", /key given twice/],
  ["reserved additional information", "1c", /additional information/],
  ["a break alone", "ff", /simple value/],
  ["a chunk of another type", "7f4101ff", /chunk/],
  ["a chunk of unknown length", "7f7f6101ffff", /chunk/],
  ["a time that is text", "c16161", /time that is none/],
  ["a time beyond the end of time", "c1fb7e37e43c8800759c", /time that is none/],
  ["nesting", "81".repeat(documentDepthMax + 2), /Nested too deeply/],
  ["a tag on a tag on a tag", "c2".repeat(100_000), /Nested too deeply/],
];
describe("readCbor() refuses", () => {
  for (const [name, hex, message] of refused) {
    test(name, () =>
      assert.throws(() => readCbor(bytes(hex)), { name: "CborSyntaxError", message }),
    );
  }
});

test("readCbor() does not let a key make a prototype", () => {
  const value = readCbor(bytes("a1695f5f70726f746f5f5fa1616101")) as Record<string, unknown>;
  assert.deepEqual(Object.keys(value), ["__proto__"]);
  assert.equal((value as { a?: number }).a, undefined);
});

test("readCbor() refuses more values than a request may have, soon", () => {
  const many = Buffer.alloc(1024 * 1024, 0x00);
  many.set([0x9f]);
  assert.throws(() => readCbor(many), /Too many values/);
});

test("readCbor() reads what the SDK writes", () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.string({ unit: "grapheme" }),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("any"), { maxLength: 5 }),
      fc.dictionary(fc.string(), tie("any"), { maxKeys: 5 }),
    ),
  })).any;
  fc.assert(
    fc.property(value, (written) => {
      const read = readCbor(cbor.serialize(written));
      assert.deepEqual(plain(read), plain(written));
    }),
    { numRuns: 500 },
  );
});

test("readCbor() reads or refuses whatever comes", () => {
  const seed = cbor.serialize({ a: [1, "text", { b: 2.5 }], c: true });
  const mutated = fc
    .array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    .map((edits) => {
      const copy = Uint8Array.from(seed);
      for (const [at, octet] of edits) copy[at] = octet;
      return copy;
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), mutated), (octets) => {
      try {
        readCbor(octets);
      } catch (error) {
        assert.ok(error instanceof CborSyntaxError, String(error));
      }
    }),
    { numRuns: 5_000 },
  );
});
