import * as sdk from "@aws-sdk/client-route-53";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readJson, send } from "../src/cli/connection.ts";
import { nsd } from "../test/differential/peers/nsd.ts";
import { importZones } from "../test/differential/transfer-zones.ts";
import { route53Client } from "../test/support/route53-client.ts";
import { startSignpost } from "../test/support/signpost-process.ts";
import type { SignpostProcess } from "../test/support/signpost-process.ts";
import { addressOf, writeBenchQueries, writeBenchZone } from "./corpus.ts";
import { costCells, measureCpu } from "./cpu-rounds.ts";
import type { Cost, Load } from "./cpu-rounds.ts";
import { resolverKinds, resolverVersion, startResolver, untilAnswers } from "./peers/resolvers.ts";
import { publish } from "./report.ts";
import { onServerCore, startBenchPeer } from "./servers.ts";
import type { Server } from "./servers.ts";

export type ResolverCpuOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  readonly nameCount: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
};

/** Zones of as many names, with origins of one length: served, private, and somebody else's. */
const origins = {
  public: "public.test.",
  private: "inside.test.",
  upstream: "others.test.",
} as const;

const vpcId = "vpc-00000001";
const region = "us-east-1";

/**
 * CPU time per answered query of Signpost's resolver, from its cache and from a private zone, of its
 * own authoritative answers, and of the caches of Unbound and dnsdist.
 */
export async function resolverCpu(options: ResolverCpuOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const file = (origin: string, what: string): string => join(directory, `${origin}${what}`);
  for (const origin of Object.values(origins)) {
    writeBenchZone(file(origin, "zone"), { origin, ttl: 86_400, nameCount: options.nameCount });
    writeBenchQueries(file(origin, "queries"), { ...options, origin, queryCount: 200_000 });
  }
  const servers: Server[] = [];
  try {
    const zone = { origin: origins.upstream, file: file(origins.upstream, "zone") };
    const upstream = await startBenchPeer(nsd, zone);
    if (!upstream) throw new Error("Cannot measure: NSD is not installed");
    servers.push(upstream);
    const signpost = await startBenchResolver(upstream.port);
    servers.push(signpost.authoritative);
    const publicZone = { origin: origins.public, file: file(origins.public, "zone") };
    await importZones(signpost.process, [publicZone]);
    await fillPrivateZone(signpost.process, options.nameCount);
    await untilAnswers(signpost.resolver.port, origins.upstream);
    const load = (name: string, server: Server, origin: string): Load => ({
      name,
      server,
      queryFile: file(origin, "queries"),
    });
    const loads = [
      load("signpost, cached", signpost.resolver, origins.upstream),
      load("signpost, private zone", signpost.resolver, origins.private),
      load("signpost, public zone by the resolver", signpost.resolver, origins.public),
      load("signpost, authoritative", signpost.authoritative, origins.public),
    ];
    for (const kind of resolverKinds) {
      if (resolverVersion(kind) === undefined) continue;
      const at = { origin: origins.upstream, upstreamPort: upstream.port };
      const server = await startResolver(kind, at);
      servers.push(server);
      loads.push(load(`${kind.name}, cached`, server, origins.upstream));
    }
    publishCpu(await measureCpu(loads, options), options);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Signpost with one answering worker for each of its two ports, and a VPC of loopback clients. */
async function startBenchResolver(upstreamPort: number) {
  const flags = ["--resolver", "127.0.0.1:0", "--upstream", `127.0.0.1:${upstreamPort}`];
  const signpost = await startSignpost({
    prefix: onServerCore,
    args: ["--workers", "1", ...flags],
  });
  const { pid, dns, resolvers } = signpost;
  const [resolver] = resolvers;
  if (!resolver) throw new Error("Cannot measure: no resolver runs");
  await createVpc(signpost);
  const stop = (): Promise<void> => signpost.stop();
  return {
    process: signpost,
    authoritative: { name: "signpost", port: dns.port, pid, stop },
    resolver: { name: "signpost", port: resolver.port, pid, stop },
  };
}

export async function createVpc(signpost: SignpostProcess): Promise<void> {
  const connection = { endpoint: new URL(signpost.api), key: signpost };
  const body = { vpcId, region, cidrs: ["127.0.0.0/8"] };
  await readJson(
    await send(connection, { method: "POST", path: "vpcs", body: JSON.stringify(body) }),
  );
}

/** Record sets of one batch: Route 53's limit. */
const batchSize = 1_000;

async function fillPrivateZone(signpost: SignpostProcess, nameCount: number): Promise<void> {
  const api = route53Client(signpost);
  try {
    const zoneId = await createPrivateZone(api, origins.private);
    for (let from = 0; from < nameCount; from += batchSize) {
      const count = Math.min(batchSize, nameCount - from);
      await putAddresses(api, {
        zoneId,
        names: Array.from({ length: count }, (_, i) => `h${from + i}.${origins.private}`),
        addressAt: (i) => addressOf(from + i),
      });
    }
  } finally {
    api.destroy();
  }
}

export async function createPrivateZone(api: sdk.Route53Client, name: string): Promise<string> {
  const { HostedZone } = await api.send(
    new sdk.CreateHostedZoneCommand({
      Name: name,
      CallerReference: name,
      VPC: { VPCId: vpcId, VPCRegion: region },
    }),
  );
  return HostedZone?.Id ?? "";
}

export type Addresses = {
  zoneId: string;
  names: readonly string[];
  addressAt(index: number): string;
};

export async function putAddresses(
  api: sdk.Route53Client,
  { zoneId, names, addressAt }: Addresses,
): Promise<void> {
  const Changes = names.map((Name, i) => ({
    Action: "CREATE" as const,
    ResourceRecordSet: {
      Name,
      Type: "A" as const,
      TTL: 60,
      ResourceRecords: [{ Value: addressAt(i) }],
    },
  }));
  await api.send(
    new sdk.ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Changes } }),
  );
}

function publishCpu(costs: ReadonlyMap<Load, Cost>, options: ResolverCpuOptions): void {
  const all = [...costs];
  const authoritative = all.find(([{ name }]) => name.endsWith("authoritative"))?.[1];
  const base = authoritative?.nsPerQuery ?? Number.NaN;
  const rows = all.map(([load, cost]) => costCells(load, cost, cost.nsPerQuery / base));
  const { nameCount, rounds, seconds } = options;
  publish(
    {
      name: "resolver-cpu",
      title: "CPU time per answered query of resolvers",
      method:
        `Zones of ${nameCount} A records; 85 % answers, 10 % NXDOMAIN, 5 % NODATA. "Cached" are ` +
        "names of a zone that NSD serves, after all have been asked once. Each server has core 0, " +
        `dnsperf core 1. ${rounds} rounds of ${seconds} s over all in turn, after one to warm up. ` +
        "CPU time of the whole process tree (user and system), divided by the queries answered: " +
        "medians. Signpost is one process, with one worker for each port.",
      columns: ["server", "ns/query", "range", "÷ authoritative", "queries/s", "answers"],
      rows,
      remarks: resolverKinds.map(
        (kind) => `${kind.name}: ${resolverVersion(kind) ?? "not installed"}`,
      ),
    },
    options.results,
  );
}
