import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Reader } from "mmdb-lib";
import type { Response } from "mmdb-lib";
import { formatIp } from "../../base/ip.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { MmdbError } from "./mmdb-error.ts";
import { mmdbDataOffset, openMmdb } from "./mmdb-file.ts";
import { recordAt, walkTree } from "./mmdb-tree.ts";

const sample = writeMmdb([
  { cidr: "192.0.2.0/24", data: { country_code: "KR" } },
  { cidr: "2001:db8::/32", data: { country_code: "DE" } },
]);

/** The file with an entry of its metadata changed: same key, same size. */
function withOctets(from: string, to: string): Uint8Array {
  const file = Buffer.from(sample);
  const at = file.lastIndexOf(Buffer.from(from, "latin1"));
  assert.ok(at > 0, from);
  file.write(to, at, "latin1");
  return file;
}

test("openMmdb() reads the metadata", () => {
  const { ipVersion, recordBits, databaseType, madeAtSeconds } = openMmdb(sample);
  const want = { ipVersion: 6, recordBits: 28, databaseType: "Test-City" };
  assert.deepEqual({ ipVersion, recordBits, databaseType }, want);
  assert.equal(madeAtSeconds, 1_780_000_000);
});

test("openMmdb() refuses what is not a whole MaxMind DB, and says why", () => {
  const hole = Uint8Array.from(sample);
  const { nodeCount } = openMmdb(sample);
  hole[nodeCount * 7 + 3] = 1;
  const cases: [name: string, octets: Uint8Array, reason: RegExp][] = [
    ["empty", new Uint8Array(0), /the file is empty/],
    ["text", Buffer.from("country,latitude\n".repeat(100)), /not a MaxMind DB, or cut off/],
    ["its first half", sample.subarray(0, sample.length >> 1), /not a MaxMind DB, or cut off/],
    ["its second half", sample.subarray(400), /tree is larger|no separator/],
    ["another version", withOctets("major_version\xa1\x02", "major_version\xa1\x03"), /version 3/],
    ["records of 27 bits", withOctets("size\xa1\x1c", "size\xa1\x1b"), /records of 27 bits/],
    ["IPv5", withOctets("ip_version\xa1\x06", "ip_version\xa1\x05"), /IP version 5/],
    ["no node count", withOctets("node_count", "node_xount"), /its metadata has no node_count/],
    ["an octet between tree and data", hole, /no separator/],
  ];
  for (const [name, octets, reason] of cases) {
    const isRefusal = (error: Error) => error instanceof MmdbError && reason.test(error.message);
    assert.throws(() => openMmdb(octets), isRefusal, name);
  }
});

test("openMmdb() refuses every file that was cut off", () => {
  for (let size = 0; size < sample.length; size++) {
    assert.throws(() => openMmdb(sample.subarray(0, size)), MmdbError, `${size} octets`);
  }
});

/** Networks 1.0.0.0/8 to 120.0.0.0/8 and below, or 2000::/8 and below. */
const prefixes = fc.array(
  fc.record({
    first: fc.nat(119),
    rest: fc.nat(0xffffff),
    length: fc.integer({ min: 1, max: 32 }),
  }),
  { minLength: 1, maxLength: 40 },
);

test("walkTree() finds what mmdb-lib finds, in files of all record sizes", () => {
  fc.assert(
    fc.property(
      prefixes,
      fc.constantFrom(24, 28, 32),
      fc.constantFrom(4, 6),
      (drafts, recordBits, ipVersion) => {
        const networks = drafts.map(({ first, rest, length }, i) => {
          const [b, c, d] = [rest >> 16, (rest >> 8) & 255, rest & 255];
          return { cidr: `${first + 1}.${b}.${c}.${d}/${length}`, data: { i } };
        });
        const octets = writeMmdb(networks, { recordBits, ipVersion });
        const file = openMmdb(octets);
        const reader = new Reader<Response>(Buffer.from(octets));
        const root = recordAt(file, ipVersion === 4 ? [] : new Array<number>(96).fill(0));
        const options = { within: { high: 0, low: 0, length: 0 }, depthMax: 32, blank: [] };
        let end = 0;
        walkTree(file, root, options, (high, low, record) => {
          assert.equal(low, 0);
          assert.ok(high === 0 || high > end, "in order");
          end = high;
          const offset = mmdbDataOffset(file, record);
          const found = offset < 0 ? null : file.data.read(offset);
          const address = Uint8Array.of(high >>> 24, high >>> 16, high >>> 8, high);
          assert.deepEqual(found, reader.get(formatIp(address)));
        });
      },
    ),
  );
});

test("walkTree() tells blank networks as empty, whatever is there", () => {
  const file = openMmdb(
    writeMmdb([
      { cidr: "0.0.0.0/0", data: { a: 1 } },
      { cidr: "10.1.0.0/16", data: { a: 2 } },
    ]),
  );
  const root = recordAt(file, new Array<number>(96).fill(0));
  const blank = [{ high: 0x0a00_0000, low: 0, length: 8 }];
  const seen: string[] = [];
  const options = { within: { high: 0, low: 0, length: 0 }, depthMax: 32, blank };
  walkTree(file, root, options, (high, _, record) => {
    const isEmpty = record === file.nodeCount;
    if (seen.at(-1)?.endsWith(String(isEmpty))) return;
    seen.push(`${high >>> 24} ${isEmpty}`);
  });
  assert.deepEqual(seen, ["0 false", "10 true", "11 false"]);
});

test("walkTree() refuses trees that lead to themselves or are deeper than addresses", () => {
  const within = { high: 0, low: 0, length: 0 };
  const walk = (nodes: readonly [zero: number, one: number][]) => {
    const chain = Array.from({ length: nodes.length }, (_, i) => i).map((i) => `1.0.0.${i}/32`);
    const octets = writeMmdb(
      chain.map((cidr, i) => ({ cidr, data: { i } })),
      { ipVersion: 4, recordBits: 32 },
    );
    const view = new DataView(octets.buffer);
    nodes.forEach((node, i) =>
      node.forEach((record, bit) => view.setUint32(i * 8 + bit * 4, record)),
    );
    const file = openMmdb(octets);
    walkTree(file, 0, { within, depthMax: 32, blank: [] }, () => {});
  };
  const shared = Array.from({ length: 30 }, (_, i): [number, number] => [i + 1, i + 1]);
  assert.throws(() => walk([[0, 0]]), /below whole addresses/);
  assert.throws(
    () =>
      walk([
        [1, 1],
        [0, 0],
      ]),
    /below whole addresses/,
  );
  assert.throws(() => walk(shared), /leads to itself|below whole addresses/);
});
