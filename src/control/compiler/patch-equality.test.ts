import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NameServerUnderTest, messageText } from "../../../test/support/zone-under-test.ts";
import type { ZoneImage } from "../../dataplane/image/zone-image.ts";
import type { HostedZone } from "../model/hosted-zone.ts";
import { nameSortKey } from "../model/name-sort-key.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import type { TableKey, TableName } from "../model/tables.ts";
import type { StateReader } from "../state/state-reader.ts";
import { ZoneCompiler } from "./zone-compiler.ts";

const zone: HostedZone = {
  id: "Z1",
  name: "z.test.",
  callerReference: "1",
  createdAt: "2026-01-01T00:00:00.000Z",
  vpcs: [],
  private: false,
  nameServers: [],
};

type ReadOfState = "eachRRset" | "rrsetsAt" | "rrsetCount" | "read" | "get" | "list";

/** The sets and extensions of one zone, as far as the compiler reads them. */
class OneZoneState implements Pick<StateReader, ReadOfState> {
  readonly #names = new Map<string, ResourceRecordSet[]>();
  /** Texts by name; all of type A. */
  readonly extensions = new Map<string, string>();

  get<T>(table: TableName, [, name = ""]: TableKey): T | undefined {
    return table === "recordExtension" ? (this.extensions.get(name) as T) : undefined;
  }

  list<T>(table: TableName): { key: string[]; value: T }[] {
    if (table !== "recordExtension") return [];
    return Array.from(this.extensions, ([name, text]) => ({
      key: ["Z1", name, "A"],
      value: text as T,
    }));
  }

  put(name: string, rrsets: ResourceRecordSet[]): void {
    if (rrsets.length > 0) this.#names.set(name, rrsets);
    else this.#names.delete(name);
  }

  eachRRset(): ResourceRecordSet[] {
    const byKey = (a: string, b: string) => (nameSortKey(a) < nameSortKey(b) ? -1 : 1);
    return [...this.#names.keys()].sort(byKey).flatMap((name) => this.rrsetsAt("Z1", name));
  }

  rrsetsAt(_zoneId: string, name: string): ResourceRecordSet[] {
    return (this.#names.get(name) ?? []).toSorted((a, b) => (a.type < b.type ? -1 : 1));
  }

  rrsetCount(): number {
    return this.eachRRset().length;
  }

  read<T>(f: () => T): T {
    return f();
  }
}

const soa = { type: "SOA", ttl: 60, resourceRecords: ["a.test. b.test. 1 2 3 4 5"] };
const labels = ["a", "b", "\\052"];
/** The apex and every name of one to three of the labels. */
const names = ["", ...labels, ...labels.flatMap((x) => labels.flatMap((y) => [`${x}.${y}`]))]
  .concat(labels.flatMap((x) => labels.flatMap((y) => labels.map((z) => `${x}.${y}.${z}`))))
  .map((prefix) => (prefix === "" ? "z.test." : `${prefix}.z.test.`));

const target = fc.constantFrom(...names);
const plain = (type: string, value: string): ResourceRecordSet[] => [
  { name: "", type, ttl: 30, resourceRecords: [value] },
];
const alone: fc.Arbitrary<ResourceRecordSet[]> = fc.oneof(
  fc.constant<ResourceRecordSet[]>([]),
  target.map((name) => plain("CNAME", name)),
);
/** The sets in one of `odds` cases. */
function seldom(odds: number, sets: fc.Arbitrary<ResourceRecordSet[]>) {
  const none = fc.constant<ResourceRecordSet[]>([]);
  return fc.oneof({ weight: odds - 1, arbitrary: none }, { weight: 1, arbitrary: sets });
}

/** Cuts and DNAMEs are rare: above other names they cannot be patched. */
const together = fc
  .tuple(
    seldom(
      2,
      fc.nat(255).map((last) => plain("A", `192.0.2.${last}`)),
    ),
    seldom(
      8,
      target.map((name) => plain("NS", name)),
    ),
    seldom(
      3,
      target.map((name) => plain("MX", `10 ${name}`)),
    ),
    seldom(
      8,
      target.map((name) => plain("DNAME", name)),
    ),
    seldom(3, target.map(aliasTo)),
  )
  .map((sets): ResourceRecordSet[] => sets.flat());

function aliasTo(dnsName: string): ResourceRecordSet[] {
  const aliasTarget = { hostedZoneId: "Z1", dnsName, evaluateTargetHealth: false };
  return [{ name: "", type: "AAAA", aliasTarget }];
}

/** What one name has from now on. */
const change = fc.record({
  name: fc.constantFrom(...names),
  rrsets: fc.oneof({ weight: 3, arbitrary: together }, alone),
});
/** Names that change in one entry of the log. */
const batch = fc.array(change, { minLength: 1, maxLength: 3 });

const questions = [...names, "x.z.test.", "x.a.z.test.", "x.b.a.z.test."].flatMap((name) =>
  ["A", "MX", "AAAA"].map((type) => ({ name: name.replaceAll("\\052", "*"), type })),
);

/** Everything a zone answers, to compare with what another image of it answers. */
function answers(image: ZoneImage): string[][] {
  const server = new NameServerUnderTest();
  server.zones.set(1, image);
  return questions.map(({ name, type }) => {
    return [`${name} ${type}`, ...messageText(server.ask(name, type, { tcp: true }))];
  });
}

test("ZoneCompiler.patch() leads to the answers of a whole compilation", () => {
  let patched = 0;
  let rebuilt = 0;
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1, maxLength: 8 }), (batches) => {
      const state = new OneZoneState();
      const compiler = new ZoneCompiler(state as unknown as StateReader, { seed: 7 });
      const compile = (): ZoneImage => {
        const result = compiler.compile(zone);
        assert.ok("image" in result, JSON.stringify(result));
        return result.image;
      };
      const put = ({ name, rrsets }: { name: string; rrsets: ResourceRecordSet[] }): void => {
        const own =
          name === "z.test." ? [soa, ...rrsets.filter((set) => set.type !== "CNAME")] : rrsets;
        state.put(name, own.map((set) => ({ ...set, name })) as ResourceRecordSet[]);
      };
      put({ name: "z.test.", rrsets: [] });
      let image = compile();
      for (const changes of batches) {
        for (const one of changes) put(one);
        const result = compiler.patch(zone, image, new Set(changes.map(({ name }) => name)));
        assert.equal(result.problem, undefined);
        const whole = compile();
        if (result.unpatched.length > 0) rebuilt++;
        else patched++;
        image = result.unpatched.length > 0 ? whole : result.image;
        assert.deepEqual(answers(image), answers(whole));
      }
    }),
    { numRuns: 40 },
  );
  // Cuts above other names are compiled anew; about as many batches have none.
  assert.ok(patched * 2 > rebuilt, `${patched} patched, ${rebuilt} compiled anew`);
});

test("ZoneCompiler.patch() goes on in a larger image where there is no room", () => {
  const state = new OneZoneState();
  const compiler = new ZoneCompiler(state as unknown as StateReader, { seed: 7 });
  state.put("z.test.", [{ ...soa, name: "z.test." }]);
  const first = compiler.compile(zone);
  assert.ok("image" in first);
  let image = first.image;
  let images = 0;
  for (let i = 0; i < 2_000; i++) {
    const name = `n${i}.z.test.`;
    state.put(name, [{ name, type: "A", ttl: 1, resourceRecords: [`10.0.${i >> 8}.${i & 255}`] }]);
    const result = compiler.patch(zone, image, [name]);
    assert.deepEqual([result.unpatched, result.problem], [[], undefined]);
    if (result.image !== image) images++;
    image = result.image;
  }
  assert.ok(images > 5 && images < 100, `${images} images`);
  const server = new NameServerUnderTest();
  server.zones.set(1, image);
  for (let i = 0; i < 2_000; i++) {
    assert.equal(server.ask(`n${i}.z.test.`, "A").answer[0]?.rdata[3], i & 255);
  }
});

test("ZoneCompiler.patch() keeps a name as it was where its new sets are refused", () => {
  const state = new OneZoneState();
  const compiler = new ZoneCompiler(state as unknown as StateReader, { seed: 7 });
  const a = (name: string, value: string): ResourceRecordSet => {
    return { name, type: "A", ttl: 1, resourceRecords: [value] };
  };
  state.put("z.test.", [{ ...soa, name: "z.test." }]);
  state.put("a.z.test.", [a("a.z.test.", "192.0.2.1")]);
  const first = compiler.compile(zone);
  assert.ok("image" in first);
  state.put("a.z.test.", [a("a.z.test.", "nonsense")]);
  state.put("b.z.test.", [a("b.z.test.", "192.0.2.2")]);
  const { problem } = compiler.patch(zone, first.image, ["a.z.test.", "b.z.test."]);
  assert.deepEqual(
    [problem?.zoneName, problem?.owner, problem?.type],
    ["z.test.", "a.z.test.", "A"],
  );
  const server = new NameServerUnderTest();
  server.zones.set(1, first.image);
  assert.equal(server.ask("a.z.test.", "A").answer[0]?.rdata[3], 1);
  assert.equal(server.ask("b.z.test.", "A").answer[0]?.rdata[3], 2);
});

/** Puts names enough that there is room for some more. */
function makeRoom(state: OneZoneState): void {
  for (let i = 0; i < 50; i++) {
    const name = `n${i}.z.test.`;
    state.put(name, [{ name, type: "A", ttl: 1, resourceRecords: ["192.0.2.1"] }]);
  }
}

test("ZoneCompiler.patch() makes and removes a delegation with its glue in place", () => {
  const state = new OneZoneState();
  const compiler = new ZoneCompiler(state as unknown as StateReader, { seed: 7 });
  state.put("z.test.", [{ ...soa, name: "z.test." }]);
  makeRoom(state);
  const first = compiler.compile(zone);
  assert.ok("image" in first);
  let { image } = first;
  const server = new NameServerUnderTest();
  const patch = (names: string[]): string[] => {
    const result = compiler.patch(zone, image, names);
    assert.deepEqual(result.unpatched, []);
    image = result.image;
    server.zones.set(1, image);
    return messageText(server.ask("x.cut.z.test.", "A"));
  };
  const ns = { type: "NS", ttl: 60, resourceRecords: ["ns.cut.z.test."] };
  const glue = { type: "A", ttl: 60, resourceRecords: ["192.0.2.1"] };
  state.put("cut.z.test.", [{ ...ns, name: "cut.z.test." }]);
  state.put("ns.cut.z.test.", [{ ...glue, name: "ns.cut.z.test." }]);
  assert.deepEqual(patch(["ns.cut.z.test.", "cut.z.test."]), [
    "0 qr rd",
    "authority cut.z.test. 60 NS ns.cut.z.test.",
    "additional ns.cut.z.test. 60 A 192.0.2.1",
  ]);
  state.put("cut.z.test.", []);
  state.put("ns.cut.z.test.", []);
  assert.deepEqual(patch(["cut.z.test.", "ns.cut.z.test."])[0], "3 qr aa rd");
});

test("ZoneCompiler has record extensions in what it compiles and in what it patches", () => {
  const state = new OneZoneState();
  const compiler = new ZoneCompiler(state as unknown as StateReader, { seed: 7 });
  const name = "www.z.test.";
  state.put("z.test.", [{ ...soa, name: "z.test." }]);
  makeRoom(state);
  state.put(
    name,
    ["a", "b", "c"].map((setIdentifier, index) => {
      const resourceRecords = [`192.0.2.${index + 1}`];
      return { name, type: "A", setIdentifier, weight: 1, ttl: 60, resourceRecords };
    }),
  );
  const ranks = (first: string): string =>
    JSON.stringify({ RuleType: "failover", Ranks: [{ SetIdentifier: first }] });
  state.extensions.set(name, ranks("b"));
  const first = compiler.compile(zone);
  assert.ok("image" in first);
  const server = new NameServerUnderTest();
  server.zones.set(1, first.image);
  const answers = (): number[] =>
    Array.from({ length: 20 }, () => server.ask(name, "A").answer[0]?.rdata[3] ?? 0);
  assert.deepEqual(new Set(answers()), new Set([2]));
  state.extensions.set(name, ranks("c"));
  server.zones.set(1, compiler.patch(zone, first.image, [name]).image);
  assert.deepEqual(new Set(answers()), new Set([3]));
  state.extensions.clear();
  server.zones.set(1, compiler.patch(zone, first.image, [name]).image);
  assert.deepEqual(new Set(answers()), new Set([1, 2, 3]));
});
