import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";

import {
  NameServerUnderTest,
  apexRecords,
  rrsetsOf,
} from "../../../test/support/zone-under-test.ts";
import { parseName } from "../../dns/wire/name.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import type { ImageRRset } from "./image-rrset.ts";
import { HEADER } from "./layout.ts";
import { compactZoneImage, patchZoneImage } from "./patch-zone-image.ts";
import { buildZoneImage, liveWords } from "./zone-image-builder.ts";
import type { ZoneImage } from "./zone-image.ts";

const apexText = "z.test.";
const apex = parseName(apexText);

/** A routed set whose program is nothing but one address. */
function routed(owner: string, last: number): ImageRRset {
  const leaf = { holes: [], ttl: 60, rdatas: [Uint8Array.of(192, 0, 2, last)] };
  const program = { words: new Int32Array(0), leaves: [leaf], asksPlaces: false };
  return { owner: parseName(owner, apex), type: TYPE.A, program };
}

function zoneOf(...sets: ImageRRset[]): ZoneImage {
  return buildZoneImage(apex, [...rrsetsOf(apexText, apexRecords), ...sets]);
}

function programCount({ buffer }: ZoneImage): number {
  return new Int32Array(buffer)[HEADER.programCount] as number;
}

/** The last octet of an owner's address; `undefined`: it has none. */
function lastOctet(image: ZoneImage, owner: string): number | undefined {
  const server = new NameServerUnderTest();
  server.zones.set(1, image);
  return server.ask(`${owner}.${apexText}`, "A").answer[0]?.rdata[3];
}

describe("placeProgram()", () => {
  it("writes programs that are alike once, others each", () => {
    const image = zoneOf(routed("a", 1), routed("b", 2), routed("c", 1), routed("d", 1));
    assert.equal(programCount(image), 2);
    assert.deepEqual(
      ["a", "b", "c", "d"].map((owner) => lastOctet(image, owner)),
      [1, 2, 1, 1],
    );
  });

  it("shares with what patches bring, also in an image that another thread has built", () => {
    const built = zoneOf(routed("a", 1));
    const buffer = new SharedArrayBuffer(built.buffer.byteLength);
    new Uint8Array(buffer).set(new Uint8Array(built.buffer));
    const image = { buffer };
    assert.ok(patchZoneImage(image, parseName("b", apex), [routed("b", 1)]));
    assert.equal(programCount(image), 1);
    assert.ok(patchZoneImage(image, parseName("a", apex), [routed("a", 2)]));
    assert.equal(programCount(image), 2);
    assert.deepEqual([lastOctet(image, "a"), lastOctet(image, "b")], [2, 1]);
  });

  it("keeps a set that is routed apart from others at its owner", () => {
    const text = rrsetsOf(apexText, "a 60 TXT x\nb 60 A 192.0.2.9\n");
    const image = zoneOf(routed("a", 1), ...text);
    const server = new NameServerUnderTest();
    server.zones.set(1, image);
    assert.equal(server.ask("a.z.test.", "TXT").answer.length, 1);
    assert.deepEqual([lastOctet(image, "a"), lastOctet(image, "b")], [1, 9]);
  });

  it("leaves programs behind that nobody leads to any more, until the image is compacted", () => {
    let image = zoneOf(routed("a", 1), routed("b", 2));
    patchZoneImage(image, parseName("b", apex), [routed("b", 1)]);
    const before = liveWords(new Int32Array(image.buffer));
    image = compactZoneImage(image);
    assert.equal(programCount(image), 1);
    assert.equal(liveWords(new Int32Array(image.buffer)), before);
    assert.deepEqual([lastOctet(image, "a"), lastOctet(image, "b")], [1, 1]);
  });

  it("holds through any changes", () => {
    const owners = ["a", "b", "c.a", "d", "e"];
    const step = fc.record({
      owner: fc.constantFrom(...owners),
      last: fc.option(fc.integer({ min: 1, max: 4 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let image = zoneOf();
        const wanted = new Map<string, number>();
        for (const { owner, last } of steps) {
          const sets = last === null ? [] : [routed(owner, last)];
          const name = parseName(owner, apex);
          if (!patchZoneImage(image, name, sets)) {
            image = compactZoneImage(image);
            assert.ok(patchZoneImage(image, name, sets), "a compacted image has room");
          }
          if (last === null) wanted.delete(owner);
          else wanted.set(owner, last);
        }
        for (const owner of owners) assert.equal(lastOctet(image, owner), wanted.get(owner));
      }),
      { numRuns: 150 },
    );
  });
});
