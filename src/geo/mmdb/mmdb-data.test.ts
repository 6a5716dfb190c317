import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DataEncoder } from "../testing/mmdb-writer.ts";
import { MmdbData } from "./mmdb-data.ts";
import type { MmdbValue } from "./mmdb-data.ts";
import { MmdbError } from "./mmdb-error.ts";

function encoded(value: MmdbValue, usesPointers = true): MmdbData {
  const encoder = new DataEncoder(usesPointers);
  encoder.encode(value);
  return new MmdbData(Uint8Array.from(encoder.octets));
}

test("read() every type, as the format's description encodes it", () => {
  const cases: [name: string, octets: number[], want: MmdbValue][] = [
    ["an empty string", [0x40], ""],
    ["a string", [0x43, 0x61, 0x62, 0x63], "abc"],
    ["UTF-8", [0x43, 0xe2, 0x82, 0xac], "€"],
    ["a double", [0x68, 0x40, 0x45, 0, 0, 0, 0, 0, 0], 42],
    ["bytes", [0x82, 1, 2], Uint8Array.of(1, 2)],
    ["u16 without octets", [0xa0], 0],
    ["u16", [0xa2, 1, 2], 258],
    ["u32", [0xc4, 0xff, 0xff, 0xff, 0xff], 4_294_967_295],
    ["i32", [0x04, 0x01, 0xff, 0xff, 0xff, 0xfe], -2],
    ["u64", [0x02, 0x02, 1, 0], 256n],
    ["u128", [0x01, 0x03, 7], 7n],
    ["true", [0x01, 0x07], true],
    ["false", [0x00, 0x07], false],
    ["a float", [0x04, 0x08, 0x3f, 0x80, 0, 0], 1],
    ["an array", [0x02, 0x04, 0xa1, 1, 0xa1, 2], [1, 2]],
    ["a map", [0xe1, 0x41, 0x61, 0xa1, 9], { a: 9 }],
  ];
  for (const [name, octets, want] of cases) {
    assert.deepEqual(new MmdbData(Uint8Array.from(octets)).read(0), want, name);
  }
});

test("read() strings of all size classes", () => {
  for (const size of [0, 28, 29, 284, 285, 65_820, 65_821, 70_000]) {
    const text = "x".repeat(size);
    assert.equal(encoded(text).read(0), text, `${size} octets`);
  }
});

test("read() pointers of all sizes", () => {
  for (const [size, target] of [
    [1, 100],
    [2, 2_048 + 70_000],
    [3, 526_336 + 100_000],
    [4, 700_000],
  ] as const) {
    const encoder = new DataEncoder(true);
    encoder.encodePointer(target, size);
    const octets = new Uint8Array(target + 4);
    octets.set(encoder.octets);
    octets.set([0x42, 0x6f, 0x6b], target);
    assert.equal(new MmdbData(octets).read(0), "ok", `${size} octets`);
  }
});

const values: fc.Arbitrary<MmdbValue> = fc.letrec<{ value: MmdbValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: "grapheme" }),
    fc.nat(0xffff_ffff),
    fc.integer({ min: -(2 ** 31), max: -1 }),
    fc.double({ noInteger: true, noNaN: true }),
    fc.boolean(),
    fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("value"), { maxLength: 40 }),
    fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), tie("value"), { noNullPrototype: true }),
  ),
})).value;

test("read() gives back what a writer wrote, with and without pointers", () => {
  fc.assert(
    fc.property(values, fc.boolean(), (value, usesPointers) => {
      assert.deepEqual(encoded(value, usesPointers).read(0), value);
    }),
  );
});

test("read() of some fields passes over all others", () => {
  fc.assert(
    fc.property(values, values, (before, after) => {
      const value = { skipped: before, names: { de: "Köln", en: "Cologne" }, later: after };
      const read = encoded(value).read(0, { names: { en: true }, absent: true });
      assert.deepEqual(read, { names: { en: "Cologne" } });
    }),
  );
});

test("read() of a field that every object has by itself finds none", () => {
  assert.deepEqual(encoded({ constructor: "x", toString: "y", a: 1 }).read(0, { a: true }), {
    a: 1,
  });
});

test("read() refuses what does not add up", () => {
  const deep = Array.from({ length: 40 }).reduce<MmdbValue>((inner) => [inner], 1);
  const nested = new DataEncoder(true);
  nested.encode(deep);
  const cases: [octets: number[], reason: RegExp][] = [
    [[], /past the data's end/],
    [[0x43, 0x61], /past the data's end/],
    [[0x5d], /past the data's end/],
    [[0x20, 0xff], /past the data's end/],
    [[0x20, 0x00], /a pointer leads to a pointer/],
    [[0xe1, 0xa1, 1, 0xa1, 1], /a key that is no string/],
    [[0x67, 0, 0, 0, 0, 0, 0, 0], /a number of 7 octets, not 8/],
    [[0xc5, 0, 0, 0, 0, 0], /longer than its type/],
    [[0x00, 0x05], /unknown type 12/],
    [[0x00, 0x20], /unknown type/],
    [[0xff, 0xff, 0xff, 0xff], /past the data's end/],
    [nested.octets, /nested too deep/],
  ];
  for (const [octets, reason] of cases) {
    const isRefusal = (error: Error) => error instanceof MmdbError && reason.test(error.message);
    assert.throws(() => new MmdbData(Uint8Array.from(octets)).read(0), isRefusal, `${octets}`);
    const skip = new MmdbData(Uint8Array.from([0xe1, 0x41, 0x61, ...octets]));
    try {
      skip.read(0, {});
    } catch (error) {
      assert.ok(error instanceof MmdbError, `${octets}`);
    }
  }
});

test("read() of random octets ends in a value or an MmdbError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (octets) => {
      try {
        new MmdbData(octets).read(0);
      } catch (error) {
        assert.ok(error instanceof MmdbError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});
