import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as sdk from "@aws-sdk/client-route-53";
import { route53Client } from "../test/support/route53-client.ts";
import { startSignpost } from "../test/support/signpost-process.ts";
import type { SignpostProcess } from "../test/support/signpost-process.ts";
import { dnsperf } from "./dnsperf.ts";
import { cpuTimeNs } from "./process-tree.ts";
import { median, publish } from "./report.ts";

export type RoutedAnswersOptions = {
  readonly results?: string | undefined;
  readonly rounds: number;
  readonly seconds: number;
};

const apex = "routed.example";
const countries = ["KR", "DE", "FR", "GB", "JP", "BR", "CA", "IN", "CN", "AU", "NL", "SE"];
/** A client subnet option: 98.113.1.0/24, which is in New York. */
const newYork = "8:00011800627101";

/** A question asked over and over, with or without a client subnet. */
const questions = {
  simple: { name: "simple", ednsOption: undefined },
  "simple, client subnet": { name: "simple", ednsOption: newYork },
  "routed, resolver's address": { name: "geo", ednsOption: undefined },
  "routed, client subnet": { name: "geo", ednsOption: newYork },
} as const;

/**
 * CPU time per answered query of a simple set, and of geolocation → weighted → failover with health
 * checks through alias sets, on one worker.
 */
export async function routedAnswers(options: RoutedAnswersOptions): Promise<void> {
  const { rounds, seconds, results } = options;
  const folder = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const prefix = ["taskset", "-c", "0"];
  const signpost = await startSignpost({ args: ["--workers", "1"], prefix });
  const samples = new Map<string, number[]>();
  try {
    await createZone(signpost);
    for (let round = 0; round < rounds; round++) {
      for (const [what, { name, ednsOption }] of Object.entries(questions)) {
        const queryFile = join(folder, "queries.txt");
        writeFileSync(queryFile, `${name}.${apex} A\n`);
        const before = cpuTimeNs(signpost.pid);
        const asked = { port: signpost.dns.port, queryFile, seconds, ednsOption };
        const { completed, rcodes } = await dnsperf(asked);
        const cost = (cpuTimeNs(signpost.pid) - before) / completed;
        console.error(`${what}: ${cost.toFixed(0)} ns, ${completed} answered, ${rcodes}`);
        samples.set(what, [...(samples.get(what) ?? []), cost]);
      }
    }
  } finally {
    await signpost.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  publishCosts(samples, { rounds, results });
}

function publishCosts(
  samples: ReadonlyMap<string, readonly number[]>,
  { rounds, results }: { rounds: number; results: string | undefined },
): void {
  const costs = [...samples].map(([what, values]) => ({ what, cost: median([...values]) }));
  const simple = costs[0]?.cost ?? NaN;
  const report = {
    name: "routed-answers",
    title: "CPU per routed answer",
    method:
      `One worker on core 0, dnsperf on core 1, medians of ${rounds} rounds. Routed: geolocation ` +
      "(13 places) → weighted (3) → failover (2) with health checks, each an alias of the next.",
    columns: ["answer", "ns per query", "to simple"],
    rows: costs.map(({ what, cost }) => [what, cost.toFixed(0), (cost / simple).toFixed(2)]),
  };
  publish(report, results);
}

async function createZone(signpost: SignpostProcess): Promise<void> {
  const client = route53Client(signpost);
  const create = { Name: apex, CallerReference: apex };
  const { HostedZone } = await client.send(new sdk.CreateHostedZoneCommand(create));
  const HostedZoneId = (HostedZone?.Id ?? "").replace("/hostedzone/", "");
  const check = await client.send(
    new sdk.CreateHealthCheckCommand({
      CallerReference: "check",
      HealthCheckConfig: { Type: "TCP", IPAddress: "8.8.8.8", Port: 80, Disabled: true },
    }),
  );
  const sets = setsOf(HostedZoneId, check.HealthCheck?.Id ?? "");
  const Changes = sets.map((ResourceRecordSet) => ({
    Action: "CREATE" as const,
    ResourceRecordSet,
  }));
  const { ChangeInfo } = await client.send(
    new sdk.ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }),
  );
  const wait = { client, minDelay: 1, maxDelay: 1, maxWaitTime: 20 };
  await sdk.waitUntilResourceRecordSetsChanged(wait, { Id: ChangeInfo?.Id });
  client.destroy();
}

function setsOf(HostedZoneId: string, HealthCheckId: string): sdk.ResourceRecordSet[] {
  const address = (last: number) => ({
    TTL: 60,
    ResourceRecords: [{ Value: `192.0.2.${last}` }],
  });
  const alias = (name: string) => ({
    AliasTarget: { HostedZoneId, DNSName: `${name}.${apex}`, EvaluateTargetHealth: true },
  });
  const set = (name: string, id: string, more: Partial<sdk.ResourceRecordSet>) => ({
    Name: `${name}.${apex}`,
    Type: "A" as const,
    SetIdentifier: id,
    ...more,
  });
  const places = ["US", ...countries];
  return [
    { Name: `simple.${apex}`, Type: "A", ...address(1) },
    ...[1, 2, 3].flatMap((i) => [
      set(`pair${i}`, "primary", { Failover: "PRIMARY", HealthCheckId, ...address(i) }),
      set(`pair${i}`, "secondary", { Failover: "SECONDARY", ...address(i + 10) }),
    ]),
    ...[1, 2, 3].map((i) => set("weights", String(i), { Weight: i * 10, ...alias(`pair${i}`) })),
    set("geo", "default", { GeoLocation: { CountryCode: "*" }, ...alias("weights") }),
    ...places.map((CountryCode) =>
      set("geo", CountryCode, { GeoLocation: { CountryCode }, ...alias("weights") }),
    ),
  ];
}
