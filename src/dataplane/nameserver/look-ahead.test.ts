import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  NameServerUnderTest,
  apexRecords,
  queryOf,
  rrsetsOf,
} from "../../../test/support/zone-under-test.ts";
import { parseName } from "../../dns/wire/name.ts";
import { buildZoneImage } from "../image/zone-image-builder.ts";
import type { ZoneView } from "../image/zone-image.ts";
import { LookAhead } from "./look-ahead.ts";

const nameCount = 2_000;

function zoneOf(apex: string): ReturnType<typeof buildZoneImage> {
  const records = Array.from({ length: nameCount }, (_, i) => `h${i}.x 60 A 192.0.2.1`).join("\n");
  return buildZoneImage(parseName(apex), rrsetsOf(apex, `${apexRecords}\n${records}\n`));
}

function server(...apexes: string[]): NameServerUnderTest {
  const answering = new NameServerUnderTest();
  for (const [key, apex] of apexes.entries()) answering.zones.set(key, zoneOf(apex));
  return answering;
}

/** A batch as a driver has it; what was read ahead is in `lookAhead.found` then. */
function batch(answering: NameServerUnderTest, lookAhead: LookAhead, names: readonly string[]) {
  const { context } = answering;
  const slotSize = 512;
  for (const [i, name] of names.entries()) {
    context.packet.set(queryOf(name, "A"), i * slotSize);
    lookAhead.announce(context, i * slotSize);
  }
  for (const name of names) {
    lookAhead.fetch();
    answering.ask(name, "A");
    lookAhead.learn(context);
  }
}

/** The owner of the node at an offset, as far as it lies below the apex. */
function ownerOf(zone: ZoneView, node: number): string {
  const size = (zone.words[node] as number) & 0xff;
  return Buffer.from(zone.octets.subarray((node + 2) * 4, (node + 2) * 4 + size)).toString(
    "latin1",
  );
}

describe("LookAhead", () => {
  it("reads the nodes that answer, of names in any letter case", () => {
    const answering = server("z.test.");
    const lookAhead = new LookAhead();
    batch(answering, lookAhead, ["h0.x.z.test.", "h1.x.z.test."]);
    let right = 0;
    for (let i = 0; i < nameCount; i += 4) {
      const names = [0, 1, 2, 3].map((j) =>
        j % 2 ? `h${i + j}.x.z.test.` : `H${i + j}.X.z.TeSt.`,
      );
      batch(answering, lookAhead, names);
      const { zone } = answering.context;
      assert.ok(zone);
      for (const j of names.keys()) {
        const owner = ownerOf(zone, lookAhead.found[j] as number);
        if (owner.endsWith(`h${i + j}\x01x`)) right++;
      }
    }
    // Where two names want one slot, the search of one of them goes on to the next.
    assert.ok(right > nameCount * 0.6, `${right} of ${nameCount} names`);
  });

  it("takes whatever comes, and answers go on as they would", () => {
    const answering = server("z.test.");
    const lookAhead = new LookAhead();
    const { context } = answering;
    batch(answering, lookAhead, ["h0.x.z.test."]);
    const before = answering.ask("h7.x.z.test.", "A");
    // No further than driver.ts says, be it at the memory's very end.
    const last = context.packet.length - 340;
    for (let octet = 0; octet < 256; octet++) {
      // Labels of two octets as far as a name may go, then whatever.
      context.packet.fill(2, last, last + 12 + 252).fill(octet, last + 12 + 252);
      lookAhead.announce(context, last);
      lookAhead.fetch();
    }
    for (let i = 0; i < 100; i++) lookAhead.announce(context, 0);
    lookAhead.fetch();
    assert.deepEqual(answering.ask("h7.x.z.test.", "A"), before);
  });

  it("rests where names are in another zone than the last one, and tries again", () => {
    const answering = server("a.test.", "b.test.");
    const lookAhead = new LookAhead();
    const other = ["h1.x.a.test.", "h1.x.b.test.", "h2.x.a.test.", "h2.x.b.test.", "h3.x.a.test."];
    const same = ["h1.x.b.test.", "h2.x.b.test."];
    const reads = (names: readonly string[]): boolean => {
      lookAhead.found.fill(-1);
      batch(answering, lookAhead, names);
      return lookAhead.found[0] !== -1;
    };
    reads(same);
    assert.equal(reads(same), true);
    assert.equal(reads(same), true);
    // The last was answered from a zone, three of five from the other.
    reads(other);
    let rested = 0;
    while (!reads(same)) rested++;
    assert.equal(rested, 63);
  });
});
