import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import fc from "fast-check";
import { locationTableOf } from "../testing/location-table-of.ts";
import type { PlacedNetwork } from "../testing/location-table-of.ts";
import { PackedTableError, packTable, unpackTable } from "./packed-table.ts";

const cidr = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(0xffffff), fc.integer({ min: 1, max: 32 }))
    .map(([a, rest, size]) => `${a}.${rest >> 16}.${(rest >> 8) & 255}.${rest & 255}/${size}`),
  fc
    .tuple(fc.integer({ min: 0x2000, max: 0x3fff }), fc.nat(0xffff), fc.nat(0xffff), fc.nat(60))
    .map(([a, b, c, size]) => {
      return `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}::/${size + 4}`;
    }),
);
const network: fc.Arbitrary<PlacedNetwork> = fc.record(
  {
    cidr,
    country: fc.constantFrom("KR", "US", "DE", "ZZ"),
    region: fc.constantFrom("", "New York", "Bayern"),
    city: fc.string({ unit: "grapheme", maxLength: 20 }),
    latitude: fc.double({ min: -90, max: 90, noNaN: true }),
    longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  },
  { requiredKeys: ["cidr", "country"] },
);

function octetsOf(table: SharedArrayBuffer): Buffer {
  return Buffer.from(new Uint8Array(table));
}

test("unpackTable() gives back the table that packTable() packed, octet by octet", async () => {
  const networks = fc.array(network, { minLength: 1, maxLength: 60 });
  const visible = { cidr: "9.0.0.0/8", country: "US" };
  await fc.assert(
    fc.asyncProperty(networks, async (given) => {
      const table = locationTableOf([...given, visible]);
      const unpacked = unpackTable(await packTable(table, 1));
      assert.ok(octetsOf(unpacked).equals(octetsOf(table)));
    }),
  );
});

test("unpackTable() refuses what is cut off, damaged or something else", async () => {
  const table = locationTableOf([{ cidr: "9.0.0.0/8", country: "US", city: "Columbus" }]);
  const packed = await packTable(table, 1);
  const plain = brotliDecompressSync(packed);
  const cases: [name: string, octets: Uint8Array][] = [
    ["nothing", new Uint8Array(0)],
    ["text", Buffer.from("locations")],
    ["nothing, packed", brotliCompressSync(new Uint8Array(0))],
    ["text, packed", brotliCompressSync(Buffer.from("locations".repeat(100)))],
    ["its first half", packed.subarray(0, packed.length >> 1)],
    ["the first half of what was packed", brotliCompressSync(plain.subarray(0, plain.length >> 1))],
  ];
  for (let at = 0; at < plain.length; at += Math.ceil(plain.length / 200)) {
    const flipped = Uint8Array.from(plain);
    flipped[at] = (flipped[at] as number) ^ 1;
    cases.push([`bit ${at * 8}`, brotliCompressSync(flipped, { params: {} })]);
  }
  for (const [name, octets] of cases) {
    assert.throws(() => unpackTable(octets), PackedTableError, name);
  }
});
