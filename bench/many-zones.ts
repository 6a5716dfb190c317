import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListHostedZonesCommand,
  type Route53Client,
} from "@aws-sdk/client-route-53";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { seededRandom } from "../src/base/random.ts";
import { askAddress } from "../test/support/ask-address.ts";
import { DnsClient } from "../test/support/dns-client.ts";
import { route53Client } from "../test/support/route53-client.ts";
import { startSignpost, type SignpostProcess } from "../test/support/signpost-process.ts";
import { waitForAnswer } from "./change-latency.ts";
import { addressOf } from "./corpus.ts";
import { manyZoneAddress, manyZoneName, writeManyZones } from "./many-zones-data.ts";
import type { ManyZones } from "./many-zones-data.ts";
import { proportionalMemoryKib } from "./process-tree.ts";
import { publish, quantile } from "./report.ts";

/** How much is measured. */
export type ManyZonesOptions = ManyZones & {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  readonly changes: number;
  readonly seed: number;
};

const readyTimeoutMs = 900_000;
const settleMs = 8_000;
const pageCountMax = 100;
const checkCount = 500;

/** One Signpost with many small zones: start, memory, and what grows with their number. */
export async function manyZones(options: ManyZonesOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const dataDir = join(directory, "data");
  try {
    writeManyZones(dataDir, options);
    const first = await measureStart(dataDir);
    await first.signpost.stop();
    const { signpost, cells } = await measureStart(dataDir);
    const times = await measureServing(signpost, options).finally(() => signpost.stop());
    publish(
      {
        name: "many-zones",
        title: `${options.zoneCount} hosted zones of ${options.nameCount} names`,
        method:
          "A data directory with that many public zones, each with SOA, NS and its names' A sets. " +
          "Start: of `bin/signpost up` until its ready line, without kept images and with those that a clean " +
          "stop has kept. Memory: PSS of the process then, and some seconds later. Before the rest is " +
          `measured, ${checkCount} names drawn at random are asked and compared.`,
        columns: ["start", "until ready, s", "memory, MiB", "later, MiB"],
        rows: [
          ["compiling", ...first.cells],
          ["with kept images", ...cells],
        ],
        tables: [
          {
            title: "What is done with them, one after the other",
            columns: ["what", "times", "p50, ms", "p99, ms"],
            rows: times,
          },
        ],
      },
      options.results,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureStart(
  dataDir: string,
): Promise<{ signpost: SignpostProcess; cells: string[] }> {
  const startedAt = performance.now();
  const signpost = await startSignpost({ dataDir, readyTimeoutMs });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const atReady = mebibytes(signpost.pid);
  await sleep(settleMs);
  return { signpost, cells: [seconds, atReady, mebibytes(signpost.pid)] };
}

async function measureServing(
  signpost: SignpostProcess,
  options: ManyZonesOptions,
): Promise<string[][]> {
  await checkAnswers(signpost, options);
  const api = route53Client(signpost);
  const dns = await DnsClient.open({ port: signpost.dns.port });
  try {
    const { changes } = options;
    return [
      ["change of a set until it is answered", ...(await eachChange(api, dns, options))],
      [
        "creating a zone until its first set is answered",
        ...(await timed(changes, (i) => createZone(api, dns, i))),
      ],
      ["a page of ListHostedZones", ...(await timed(pageCountMax, pages(api)))],
      ["/metrics", ...(await timed(20, () => metrics(signpost)))],
    ];
  } finally {
    dns.close();
    api.destroy();
  }
}

/** @throws Error where a name is not answered as it is in the state */
async function checkAnswers(signpost: SignpostProcess, options: ManyZonesOptions): Promise<void> {
  const random = seededRandom(options.seed);
  for (let i = 0; i < checkCount; i++) {
    const zone = random.uint32() % options.zoneCount;
    const name = random.uint32() % options.nameCount;
    const wanted = `${manyZoneAddress(zone, name)} 300`;
    const found = await askAddress(signpost.dns, `h${name}.${manyZoneName(zone)}`);
    if (found !== wanted) throw new Error(`zone ${zone}, name ${name}: ${found}, not ${wanted}`);
  }
}

async function eachChange(
  api: Route53Client,
  dns: DnsClient,
  { zoneCount, changes, seed }: ManyZonesOptions,
): Promise<string[]> {
  const random = seededRandom(seed);
  const zones = Array.from({ length: changes }, () => manyZoneName(random.uint32() % zoneCount));
  const ids: string[] = [];
  for (const DNSName of zones) {
    const answer = await api.send(new ListHostedZonesByNameCommand({ DNSName, MaxItems: 1 }));
    ids.push(answer.HostedZones?.[0]?.Id ?? "");
  }
  return timed(changes, async (i) => {
    const address = addressOf(0xa00000 + i);
    await upsert(api, ids[i] ?? "", { name: `h0.${zones[i]}`, address });
    await waitForAnswer(dns, `h0.${zones[i]}`, address);
  });
}

async function createZone(api: Route53Client, dns: DnsClient, number: number): Promise<void> {
  const Name = `new${number}.many.test.`;
  const { HostedZone } = await api.send(
    new CreateHostedZoneCommand({ Name, CallerReference: Name }),
  );
  const address = addressOf(number);
  await upsert(api, HostedZone?.Id ?? "", { name: `www.${Name}`, address });
  await waitForAnswer(dns, `www.${Name}`, address);
}

async function upsert(
  api: Route53Client,
  HostedZoneId: string,
  { name, address }: { name: string; address: string },
): Promise<void> {
  const ResourceRecords = [{ Value: address }];
  const ResourceRecordSet = { Name: name, Type: "A", TTL: 300, ResourceRecords } as const;
  const Changes = [{ Action: "UPSERT", ResourceRecordSet }] as const;
  await api.send(
    new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes: [...Changes] } }),
  );
}

/** Asks for one page after the other, from the first again after the last. */
function pages(api: Route53Client): () => Promise<void> {
  let Marker: string | undefined;
  return async () => {
    const { NextMarker } = await api.send(new ListHostedZonesCommand({ Marker, MaxItems: 100 }));
    Marker = NextMarker;
  };
}

async function metrics(signpost: SignpostProcess): Promise<void> {
  const response = await fetch(`${signpost.api}/metrics`);
  await response.text();
  if (!response.ok) throw new Error(`/metrics answers ${response.status}`);
}

/** How often, and the quantiles of how long it took. */
async function timed(count: number, run: (i: number) => Promise<void>): Promise<string[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    await run(i);
    times.push(performance.now() - startedAt);
  }
  return [String(count), ...[0.5, 0.99].map((share) => quantile(times, share).toFixed(1))];
}

function mebibytes(pid: number): string {
  return (proportionalMemoryKib(pid) / 1024).toFixed(0);
}
