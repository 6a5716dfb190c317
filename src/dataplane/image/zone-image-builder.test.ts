import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  NameServerUnderTest,
  apexRecords,
  imageOf,
  messageText,
  rrsetsOf,
} from "../../../test/support/zone-under-test.ts";
import { seededRandom } from "../../base/random.ts";
import { parseName } from "../../dns/wire/name.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import type { ImageRRset } from "./image-rrset.ts";
import { HEADER } from "./layout.ts";
import { ZoneImageBuilder, buildZoneImage } from "./zone-image-builder.ts";
import { ImageError, type ZoneImage } from "./zone-image.ts";

const apex = parseName("example.test.");

function name(text: string): Uint8Array {
  return parseName(text, apex);
}

function aliasSet(type: number, target: Uint8Array): ImageRRset {
  const leaf = { holes: [], target: { owner: target, type }, evaluateTargetHealth: false };
  const program = { words: new Int32Array(0), leaves: [leaf], asksPlaces: false };
  return { owner: name("a"), type, program };
}

function address(owner: string, last = 1): ImageRRset {
  return { owner: name(owner), type: TYPE.A, ttl: 60, rdatas: [Uint8Array.of(192, 0, 2, last)] };
}

const soa: ImageRRset = {
  owner: apex,
  type: TYPE.SOA,
  ttl: 900,
  rdatas: [Uint8Array.of(...apex, ...apex, ...new Uint8Array(20))],
};

function serving(image: ZoneImage): NameServerUnderTest {
  const server = new NameServerUnderTest();
  server.zones.set(1, image);
  return server;
}

function addressesOf(server: NameServerUnderTest, owner: string): string[] {
  return messageText(server.ask(`${owner}.example.test.`, "A")).slice(1);
}

describe("buildZoneImage()", () => {
  it("finds each of many names, whatever their order and however many were expected", () => {
    const random = seededRandom(1);
    const count = 20_000;
    const sets = Array.from({ length: count }, (_, i) => address(`h${i}.z${i % 100}`, i & 255));
    for (let i = count - 1; i > 0; i--) {
      const j = random.uint32() % (i + 1);
      [sets[i], sets[j]] = [sets[j] as ImageRRset, sets[i] as ImageRRset];
    }
    for (const expectedNames of [undefined, 1, count, count * 3]) {
      const image = buildZoneImage(apex, [soa, ...sets], { expectedNames, seed: 7 });
      const words = new Int32Array(image.buffer);
      assert.equal(words[HEADER.nodeCount], count + 100 + 1);
      const server = serving(image);
      for (let i = 0; i < count; i += 17) {
        const owner = `h${i}.z${i % 100}`;
        assert.deepEqual(addressesOf(server, owner), [
          `answer ${owner}.example.test. 60 A 192.0.2.${i & 255}`,
        ]);
      }
      assert.equal(server.ask("h1.z2.example.test.", "A").rcode, 3);
    }
  });

  it("takes at most 48 octets for a name with an address, its table included", () => {
    const count = 50_000;
    const sets = Array.from({ length: count }, (_, i) => address(`h${i}`));
    const image = buildZoneImage(apex, [soa, ...sets], { expectedNames: count });
    const words = new Int32Array(image.buffer);
    const used = (words[HEADER.arenaFree] as number) * 4;
    assert.ok(used / count <= 48, `${(used / count).toFixed(1)} octets`);
  });

  it("joins sets of one owner that do not come in a row", () => {
    const sets = rrsetsOf("example.test.", apexRecords);
    const builder = new ZoneImageBuilder(apex);
    builder.add({ owner: name("x"), type: TYPE.TXT, ttl: 60, rdatas: [Uint8Array.of(1, 0x61)] });
    builder.add(address("sub.x"));
    for (const set of sets) builder.add(set);
    builder.add(address("X"));
    const server = serving(builder.finish());
    assert.deepEqual(addressesOf(server, "x"), ["answer x.example.test. 60 A 192.0.2.1"]);
    assert.deepEqual(messageText(server.ask("x.example.test.", "TXT")).slice(1), [
      'answer x.example.test. 60 TXT "a"',
    ]);
    assert.deepEqual(addressesOf(server, "sub.x"), ["answer sub.x.example.test. 60 A 192.0.2.1"]);
  });

  it("serves the root zone", () => {
    const server = new NameServerUnderTest();
    server.serve(
      ".",
      "$TTL 300\n. SOA a. b. 1 2 3 4 5\n. NS a.\na. A 192.0.2.1\ntest. NS ns.test.\n",
    );
    assert.deepEqual(messageText(server.ask("a.", "A")), [
      "0 qr aa rd",
      "answer a. 300 A 192.0.2.1",
    ]);
    assert.deepEqual(messageText(server.ask("x.test.", "A")), [
      "0 qr rd",
      "authority test. 300 NS ns.test.",
    ]);
    assert.deepEqual(messageText(server.ask("nope.", "A")), [
      "3 qr aa rd",
      "authority . 5 SOA a. b. 1 2 3 4 5",
    ]);
  });

  it("holds sets of many records, of one length or of several", () => {
    const records = Array.from({ length: 400 }, (_, i) => `many A 10.0.${i >> 8}.${i & 255}\n`);
    const texts = Array.from({ length: 300 }, (_, i) => `texts TXT "${"x".repeat(i % 7)}${i}"\n`);
    const server = serving(
      imageOf("example.test.", apexRecords + records.join("") + texts.join("")),
    );
    assert.equal(server.ask("many.example.test.", "A", { tcp: true }).answer.length, 400);
    const { answer } = server.ask("texts.example.test.", "TXT", { tcp: true });
    assert.equal(new Set(answer.map((record) => String(record.rdata))).size, 300);
  });

  const refused: [string, ImageRRset[], RegExp][] = [
    ["no SOA", [address("a")], /no SOA at the apex/],
    [
      "an owner outside",
      [soa, { ...address("a"), owner: parseName("a.test.") }],
      /not in the zone/,
    ],
    [
      "an owner that only ends alike",
      [soa, { ...address("a"), owner: parseName("xexample.test.") }],
      /not in the zone/,
    ],
    ["a set twice", [soa, address("a"), address("A")], /A set: given twice/],
    ["a set twice, apart", [soa, address("a"), address("b"), address("a")], /given twice/],
    ["a SOA below the apex", [soa, { ...soa, owner: name("a") }], /not at the apex/],
    [
      "two SOAs",
      [{ ...soa, rdatas: [new Uint8Array(22), new Uint8Array(22)] } as ImageRRset],
      /2 records/,
    ],
    [
      "a CNAME beside data",
      [soa, address("a"), { owner: name("a"), type: TYPE.CNAME, ttl: 1, rdatas: [apex] }],
      /A set: the owner has a CNAME/,
    ],
    ["no records", [soa, { owner: name("a"), type: TYPE.A, ttl: 1, rdatas: [] }], /no records/],
    [
      "a TTL of 32 bits",
      [soa, { ...address("a"), ttl: 0x80000000 } as ImageRRset],
      /TTL 2147483648/,
    ],
    [
      "more octets than a message has",
      [soa, { owner: name("a"), type: TYPE.TXT, ttl: 1, rdatas: [new Uint8Array(65_530)] }],
      /65542 octets of records/,
    ],
    [
      "a CNAME that is no name",
      [soa, { owner: name("a"), type: TYPE.CNAME, ttl: 1, rdatas: [Uint8Array.of(1)] }],
      /truncated/,
    ],
    [
      "a CNAME with octets after it",
      [soa, { owner: name("a"), type: TYPE.CNAME, ttl: 1, rdatas: [Uint8Array.of(0, 0)] }],
      /wrong size/,
    ],
    [
      "a DNAME that is no name",
      [soa, { owner: name("a"), type: TYPE.DNAME, ttl: 1, rdatas: [Uint8Array.of(64)] }],
      /label type/,
    ],
    ["an alias outside", [soa, aliasSet(TYPE.A, parseName("x."))], /alias target/],
    ["a routed NS", [soa, aliasSet(TYPE.NS, apex)], /cannot be routed/],
  ];
  for (const [what, sets, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => buildZoneImage(apex, sets),
        (error) => {
          assert.ok(error instanceof ImageError);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});
