import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ZoneCompiler } from "../src/control/compiler/zone-compiler.ts";
import { policyRouting } from "../src/control/compiler/policy-routing.ts";
import { openStore } from "../src/control/log/open-store.ts";
import type { HostedZone } from "../src/control/model/hosted-zone.ts";
import type { Mutation } from "../src/control/model/mutation.ts";
import type { ResourceRecordSet } from "../src/control/model/resource-record-set.ts";
import { parsePolicyDocument } from "../src/control/model/traffic-policy-parser.ts";
import { buildZoneImage } from "../src/dataplane/image/zone-image-builder.ts";
import { routedSet } from "../src/dataplane/policy/encode-program.ts";
import type { Branch, RoutingNode } from "../src/dataplane/policy/routing-tree.ts";
import { parseName } from "../src/dns/wire/name.ts";
import { TYPE } from "../src/dns/wire/registries.ts";
import { publish, quantile } from "./report.ts";

export type RoutingCompileOptions = { results: string | undefined; rounds: number };

/** Sets, branches and values of each tree; groups of a hundred, Route 53's limit, in two levels. */
const groupSize = 100;
const zoneId = "Z1";
const apex = "bench.test.";

/** Measures how long routing trees of 10,000 nodes take to compile. */
export async function routingCompile({ results, rounds }: RoutingCompileOptions): Promise<void> {
  const sets = await compilerOfSets();
  const works: Readonly<Record<string, () => void>> = {
    "10,100 nodes in one tree: to words and an image": () => void imageOf(tree()),
    [`a policy document of ${policyDocument().length} characters: parsed, to a tree, to an image`]:
      () => void imageOf(routingOf(policyDocument())),
    "10,100 record sets in 101 groups joined by aliases: from SQLite to an image": sets.compile,
  };
  const rows = Object.entries(works).map(([what, work]) => [what, ...timed(work, rounds)]);
  await sets.close();
  publish(
    {
      name: "routing-compile",
      title: "Compiling routing trees of 10,000 nodes",
      method:
        `Milliseconds of one thread for a tree of ${groupSize} groups of ${groupSize} branches each, ` +
        `${rounds} times, the first time included: that is before the JIT compiler has seen the code.`,
      columns: ["tree", "first", "median", "highest"],
      rows,
    },
    results,
  );
}

function timed(work: () => void, rounds: number): string[] {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return [times[0] ?? Number.NaN, quantile(times, 0.5), quantile(times, 1)].map((ms) =>
    ms.toFixed(0),
  );
}

function imageOf(node: RoutingNode): SharedArrayBuffer {
  const owner = parseName(`www.${apex}`);
  const soa = { owner: parseName(apex), type: TYPE.SOA, ttl: 60, rdatas: [new Uint8Array(22)] };
  return buildZoneImage(parseName(apex), [soa, routedSet(owner, TYPE.A, node)]).buffer;
}

/** Weighted groups in a weighted group, with health checks. */
function tree(): RoutingNode {
  const branches = (make: (index: number) => RoutingNode): Branch<{ weight: number }>[] =>
    Array.from({ length: groupSize }, (_, i) => ({
      label: `$.Rules.rule.Items[${i}]`,
      weight: i + 1,
      healthSlot: i + 1,
      node: make(i),
    }));
  const leaf = (group: number, i: number): RoutingNode => {
    return { kind: "records", ttl: 60, rdatas: [Uint8Array.of(10, 0, group, i)] };
  };
  const group = (i: number): RoutingNode => {
    return { kind: "weighted", branches: branches((j) => leaf(i, j)) };
  };
  return { kind: "weighted", branches: branches(group) };
}

/** As many branches as fit the size of a document. */
function policyDocument(): string {
  const ruleCount = 25;
  const weighted = (length: number, make: (index: number) => object): object => ({
    RuleType: "weighted",
    Items: Array.from({ length }, (_, i) => ({ Weight: i, ...make(i) })),
  });
  const rules = Array.from({ length: ruleCount }, (_, i) => [
    `r${i}`,
    weighted(groupSize, () => ({ EndpointReference: "a" })),
  ]);
  const start = weighted(ruleCount, (i) => ({ RuleReference: `r${i}` }));
  return JSON.stringify({
    AWSPolicyFormatVersion: "2015-10-01",
    RecordType: "A",
    StartRule: "start",
    Endpoints: { a: { Type: "value", Value: "192.0.2.1" } },
    Rules: { start, ...Object.fromEntries(rules) },
  });
}

function routingOf(text: string): RoutingNode {
  return policyRouting(parsePolicyDocument(text), {
    type: TYPE.A,
    ttl: 60,
    healthSlot: () => undefined,
    loadSlot: () => 0,
    cidrBlocks: () => [],
    parseName: (name) => parseName(name),
  });
}

/** A zone of weighted sets in a store of its own, with a compiler over it. */
async function compilerOfSets(): Promise<{ compile: () => void; close: () => Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const store = await openStore(dataDir);
  const rrsets = recordSets();
  for (let from = 0; from < rrsets.length; from += 1_000) {
    const mutations = rrsets
      .slice(from, from + 1_000)
      .map((rrset): Mutation => ({ putRRset: zoneId, rrset }));
    const subject = `zone/${zoneId}`;
    await store.log.append(subject, store.state.head(subject), { action: "bench", mutations });
  }
  const compiler = new ZoneCompiler(store.state, { seed: 1 });
  return {
    compile() {
      const result = compiler.compile(zone);
      if (!("image" in result)) throw new Error(result.problem.reason);
    },
    async close() {
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const zone: HostedZone = {
  id: zoneId,
  name: apex,
  callerReference: "bench",
  createdAt: "2026-01-01T00:00:00.000Z",
  vpcs: [],
  private: false,
  nameServers: [],
};

function recordSets(): ResourceRecordSet[] {
  const set = (name: string, index: number): ResourceRecordSet => {
    return { name, type: "A", setIdentifier: `set ${index}`, weight: index % 256 };
  };
  const soa = `ns.${apex} hostmaster.${apex} 1 7200 900 1209600 60`;
  const rrsets: ResourceRecordSet[] = [
    { name: apex, type: "SOA", ttl: 60, resourceRecords: [soa] },
  ];
  for (let group = 0; group < groupSize; group++) {
    const dnsName = `g${group}.${apex}`;
    const aliasTarget = { hostedZoneId: zoneId, dnsName, evaluateTargetHealth: true };
    rrsets.push({ ...set(`www.${apex}`, group), aliasTarget });
    for (let i = 0; i < groupSize; i++) {
      rrsets.push({ ...set(dnsName, i), ttl: 60, resourceRecords: [`10.0.${group}.${i}`] });
    }
  }
  return rrsets;
}
