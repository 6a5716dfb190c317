import assert from "node:assert/strict";
import { test } from "node:test";
import { NameServerUnderTest } from "../../../test/support/zone-under-test.ts";
import { bigZoneRRsetCount, imagesPerMessageMax } from "../../base/limits.ts";
import { buildZoneImage } from "../../dataplane/image/zone-image-builder.ts";
import type { Committed } from "../model/committed.ts";
import type { HostedZone } from "../model/hosted-zone.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import { ZoneDamagedError } from "../state/state-reader.ts";
import type { StateReader } from "../state/state-reader.ts";
import type { BuildResult, ImageUpdates } from "./compiler-messages.ts";
import type { ImageCache } from "./image-cache.ts";
import { toImageRRset } from "./rrset-to-image.ts";
import { parseRoute53Name } from "./route53-wire-name.ts";
import { ServedImages } from "./served-images.ts";

const soa: ResourceRecordSet = {
  name: "z.test.",
  type: "SOA",
  ttl: 60,
  resourceRecords: ["a.test. b.test. 1 2 3 4 5"],
};

function addressSet(name: string, value: string): ResourceRecordSet {
  return { name, type: "A", ttl: 60, resourceRecords: [value] };
}

const apex = parseRoute53Name("z.test.");

/** What a build thread would send. */
function buildOf(...rrsets: ResourceRecordSet[]): BuildResult {
  const zone = { zoneId: "Z1", apex };
  const images = [soa, ...rrsets].map((rrset) => {
    return toImageRRset([rrset], parseRoute53Name(rrset.name), zone);
  });
  return { result: { image: buildZoneImage(apex, images, { expectedNames: 100 }) }, head: 1 };
}

const noPack: Partial<ImageCache> = {
  openPack() {},
  loadSmall: () => undefined,
  closePack() {},
};

/** One zone in a state that the test moves on, or several private ones that have the same sets. */
class ServedUnderTest {
  readonly sets = new Map<string, ResourceRecordSet[]>([["z.test.", [soa]]]);
  readonly batches: ImageUpdates[] = [];
  readonly builds: string[] = [];
  readonly images: ServedImages;
  /** Rows of the tables of a CIDR collection. */
  collection: Record<string, { key: string[]; value: unknown }[]> = {};
  rrsetCount = () => this.sets.size;
  seq = 1;

  constructor(zoneCount = 1) {
    const isPrivate = zoneCount > 1;
    const zone = { id: "Z1", name: "z.test.", createdAt: "2026", private: isPrivate } as HostedZone;
    const zones = Array.from({ length: zoneCount }, (_, i) => ({ ...zone, id: `Z${i + 1}` }));
    const rows: Partial<StateReader> = {
      lastSeq: () => this.seq,
      head: () => this.seq,
      get: ((table: string) => (table === "hostedZone" ? zone : undefined)) as StateReader["get"],
      list: ((table: string) => {
        if (table.startsWith("cidr")) return this.collection[table] ?? [];
        if (table === "hostedZone") return zones.map((value) => ({ key: [value.id], value }));
        return [{ key: ["test.z.", "Z1"], value: zone }];
      }) as StateReader["list"],
      rrsetsAt: (_zoneId, name) => this.sets.get(name) ?? [],
      eachRRset: () => [...this.sets.values()].flat(),
      rrsetCount: () => this.rrsetCount(),
      read: (f) => f(),
    };
    const cache: Partial<ImageCache> = { seed: 0, load: () => undefined, ...noPack };
    this.images = new ServedImages({
      state: rows as StateReader,
      privateZones: true,
      cache: cache as ImageCache,
      build: (zoneId) => this.builds.push(zoneId),
      publish: (batch) => this.batches.push(batch),
      locations: { want: () => {}, settle: () => {} },
    });
  }

  get last(): ImageUpdates | undefined {
    return this.batches.at(-1);
  }

  change(names: string[] | "all"): void {
    this.commit({ subject: "zone/Z1", zones: [{ zoneId: "Z1", names }], tables: [] });
  }

  /** A collection whose only location has this block, used by `a.z.test.`. */
  changeCollection(version: number, block: string): void {
    this.collection = {
      cidrCollection: [{ key: ["C1"], value: { version } }],
      cidrBlock: [{ key: ["C1", "here", block], value: true }],
      cidrLocationUse: [{ key: ["C1", "here", "Z1", "a.z.test.", "A here"], value: true }],
    };
    this.commit({ subject: "account", zones: [], tables: ["cidrCollection", "cidrBlock"] });
  }

  commit(committed: Pick<Committed, "subject" | "zones" | "tables">): void {
    this.seq++;
    this.images.changed({ seq: this.seq, at: "", action: "", ...committed });
    this.images.flush();
  }
}

test("ServedImages publishes many images in pieces, and what is served of the log with the last", () => {
  const served = new ServedUnderTest(imagesPerMessageMax + 1);
  served.images.compileAll(() => {});
  const pieces = served.batches.map(({ seq, updates }) => [seq, updates.length]);
  assert.deepEqual(pieces, [
    [0, imagesPerMessageMax],
    [1, 1],
  ]);
});

test("ServedImages never compiles a damaged zone", () => {
  const served = new ServedUnderTest();
  served.rrsetCount = () => {
    throw new ZoneDamagedError("Z1", "two rows are damaged");
  };
  served.images.compileAll(() => {});
  assert.deepEqual(served.last?.updates, []);
  assert.match(served.last?.alarms?.[0]?.reason ?? "", /two rows are damaged/);
  assert.equal(served.images.imageOf("Z1"), undefined);
  assert.ok(served.images.isComplete);
});

test("ServedImages reports nothing as served that waits for a build", () => {
  const served = new ServedUnderTest();
  served.rrsetCount = () => bigZoneRRsetCount;
  served.images.compileAll(() => {});
  assert.deepEqual([served.last?.seq, served.builds, served.images.isComplete], [0, ["Z1"], false]);
  served.images.built("Z1", buildOf());
  assert.deepEqual([served.last?.seq, served.last?.updates.length], [1, 1]);
  assert.ok(served.images.isComplete);
  // In place, and so at once.
  served.sets.set("a.z.test.", [addressSet("a.z.test.", "192.0.2.1")]);
  served.change(["a.z.test."]);
  assert.deepEqual([served.last?.seq, served.last?.updates.length], [2, 0]);
  // An import: what follows waits with it.
  served.change("all");
  assert.equal(served.last?.seq, 2);
  served.change(["a.z.test."]);
  assert.equal(served.last?.seq, 2);
  // During the build all changed again: the image is taken, and another build begun.
  served.change("all");
  served.images.built("Z1", buildOf());
  assert.deepEqual([served.last?.seq, served.last?.updates.length], [3, 1]);
  assert.equal(served.builds.length, 3);
  served.images.built("Z1", buildOf());
  assert.equal(served.last?.seq, served.seq);
});

test("ServedImages brings a built image up to the changes that came meanwhile", () => {
  const served = new ServedUnderTest();
  served.rrsetCount = () => bigZoneRRsetCount;
  served.images.compileAll(() => {});
  served.sets.set("a.z.test.", [addressSet("a.z.test.", "192.0.2.1")]);
  served.change(["a.z.test."]);
  assert.equal(served.last?.seq, 0);
  served.images.built("Z1", buildOf());
  assert.equal(served.last?.seq, 2);
  const want = buildOf(addressSet("a.z.test.", "192.0.2.1")).result;
  assert.ok("image" in want);
  const image = served.images.imageOf("Z1");
  assert.ok(image && Buffer.from(image.buffer).includes(Buffer.from([192, 0, 2, 1])));
});

test("ServedImages brings a changed CIDR collection to the sets that use it", () => {
  const served = new ServedUnderTest();
  served.images.compileAll(() => {});
  served.changeCollection(1, "10.0.0.0/8");
  const config = { collectionId: "C1", locationName: "here" };
  const set = { setIdentifier: "here", cidrRoutingConfig: config };
  served.sets.set("a.z.test.", [{ ...addressSet("a.z.test.", "192.0.2.1"), ...set }]);
  served.change(["a.z.test."]);
  const server = new NameServerUnderTest();
  const answers = (subnet: string): number => {
    server.zones.set(1, served.images.imageOf("Z1"));
    return server.ask("a.z.test.", "A", { edns: { subnet } }).answer.length;
  };
  assert.deepEqual([answers("10.1.2.0/24"), answers("11.1.2.0/24")], [1, 0]);
  served.changeCollection(2, "11.0.0.0/8");
  assert.deepEqual([answers("10.1.2.0/24"), answers("11.1.2.0/24")], [0, 1]);
  // Nothing has changed: nothing is compiled.
  const { patched } = served.last?.counts ?? {};
  served.commit({ subject: "account", zones: [], tables: ["cidrCollection"] });
  assert.equal(served.last?.counts.patched, patched);
});
