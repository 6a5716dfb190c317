import { ChangeResourceRecordSetsCommand, type Change } from "@aws-sdk/client-route-53";
import type { Route53Client } from "@aws-sdk/client-route-53";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { importZones } from "../test/differential/transfer-zones.ts";
import { DnsClient } from "../test/support/dns-client.ts";
import { route53Client } from "../test/support/route53-client.ts";
import { startSignpost, type SignpostProcess } from "../test/support/signpost-process.ts";
import { waitForAnswer, zoneIdOf } from "./change-latency.ts";
import { addressOf, benchOrigin, writeBenchQueries, writeBenchZone } from "./corpus.ts";
import { dnsperf } from "./dnsperf.ts";
import { median, publish, quantile } from "./report.ts";
import { cpuNsBetween, threadTimes } from "./thread-time.ts";

/** How much is measured. */
export type UpdateUnderLoadOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  readonly nameCount: number;
  readonly changesPerSecond: number;
  readonly queriesPerSecond: number;
  /** Pairs of a quiet phase and one with changes. */
  readonly rounds: number;
  /** Of each phase. */
  readonly seconds: number;
  readonly seed: number;
};

/** What one phase has shown. */
type Phase = {
  readonly nsPerQuery: number;
  readonly sent: number;
  readonly lost: number;
  readonly latencyUs: number;
  readonly changes: number;
  /** Milliseconds from sending a batch until a name of it has its new answer. */
  readonly answeredMs: readonly number[];
};

const batchesPerSecond = 50;
/** One batch in so many is watched until it is answered. */
const batchesPerSample = 5;
/** Between two questions about a watched name, which are queries, too. */
const watchPauseMs = 1;

/** A stream of changes into one zone, while it is asked. */
class Changer {
  readonly answeredMs: number[] = [];
  changes = 0;
  #isRunning = true;
  #nextValue: number;
  readonly #api: Route53Client;
  readonly #dns: DnsClient;
  readonly #zoneId: string;
  readonly #options: UpdateUnderLoadOptions;

  constructor(
    to: { api: Route53Client; dns: DnsClient; zoneId: string; firstValue: number },
    options: UpdateUnderLoadOptions,
  ) {
    this.#api = to.api;
    this.#dns = to.dns;
    this.#zoneId = to.zoneId;
    this.#nextValue = to.firstValue;
    this.#options = options;
  }

  /** Sends batches at a steady pace, whether or not earlier ones are done, until it is stopped. */
  async run(): Promise<void> {
    const startedAt = performance.now();
    const underWay = new Set<Promise<void>>();
    for (let batch = 0; this.#isRunning; batch++) {
      const due = startedAt + (batch * 1000) / batchesPerSecond;
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      const done = this.#change(batch % batchesPerSample === 0);
      underWay.add(done);
      void done.finally(() => underWay.delete(done));
    }
    await Promise.all(underWay);
  }

  stop(): number {
    this.#isRunning = false;
    return this.#nextValue;
  }

  async #change(isWatched: boolean): Promise<void> {
    const count = this.#options.changesPerSecond / batchesPerSecond;
    const values = Array.from({ length: count }, () => this.#nextValue++);
    const sentAt = performance.now();
    const sent = this.#api.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: this.#zoneId,
        ChangeBatch: { Changes: values.map((value) => this.#upsert(value)) },
      }),
    );
    if (isWatched) {
      const last = values.at(-1) as number;
      const at = await waitForAnswer(this.#dns, this.#nameOf(last), addressOf(last), watchPauseMs);
      this.answeredMs.push(at - sentAt);
    }
    await sent;
    this.changes += count;
  }

  #upsert(value: number): Change {
    return {
      Action: "UPSERT",
      ResourceRecordSet: {
        Name: this.#nameOf(value),
        Type: "A",
        TTL: 300,
        ResourceRecords: [{ Value: addressOf(value) }],
      },
    };
  }

  /** Names are changed all over the zone, each value is used once. */
  #nameOf(value: number): string {
    const { nameCount } = this.#options;
    return `h${(value * 7_919) % nameCount}.${benchOrigin}`;
  }
}

/** A zone that is asked at a steady rate: without changes, and with many. */
export async function updateUnderLoad(options: UpdateUnderLoadOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const zone = { origin: benchOrigin, file: join(directory, "bench.zone") };
  const queryFile = join(directory, "queries.txt");
  writeBenchZone(zone.file, options.nameCount);
  writeBenchQueries(queryFile, { ...options, queryCount: 200_000 });
  const signpost = await startSignpost({ args: ["--workers", "1"], readyTimeoutMs: 300_000 });
  try {
    await importZones(signpost, [zone]);
    const phases = await measurePhases(signpost, queryFile, options);
    publishPhases(phases, options);
  } finally {
    await signpost.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measurePhases(
  signpost: SignpostProcess,
  queryFile: string,
  options: UpdateUnderLoadOptions,
): Promise<{ quiet: Phase[]; changing: Phase[] }> {
  const api = route53Client(signpost);
  const dns = await DnsClient.open({ port: signpost.dns.port });
  const found = { quiet: [] as Phase[], changing: [] as Phase[] };
  try {
    const zoneId = await zoneIdOf(api);
    let firstValue = options.nameCount;
    await measurePhase(signpost, queryFile, { ...options, seconds: Math.min(3, options.seconds) });
    for (let round = 0; round < options.rounds; round++) {
      found.quiet.push(await measurePhase(signpost, queryFile, options));
      const changer = new Changer({ api, dns, zoneId, firstValue }, options);
      found.changing.push(await measurePhase(signpost, queryFile, options, changer));
      firstValue = changer.stop();
    }
    return found;
  } finally {
    dns.close();
    api.destroy();
  }
}

async function measurePhase(
  signpost: SignpostProcess,
  queryFile: string,
  options: UpdateUnderLoadOptions,
  changer?: Changer,
): Promise<Phase> {
  const { seconds, queriesPerSecond } = options;
  const { port } = signpost.dns;
  const changing = changer?.run();
  const queriesBefore = await queryCount(signpost);
  const before = threadTimes(signpost.pid);
  const result = await dnsperf({ port, queryFile, seconds, queriesPerSecond });
  const after = threadTimes(signpost.pid);
  const cpuNs = cpuNsBetween(before, after, (name) => name.startsWith("mmsg"));
  const queries = (await queryCount(signpost)) - queriesBefore;
  const changes = changer?.changes ?? 0;
  changer?.stop();
  await changing;
  const { sent, lost, latencyUs } = result;
  const answeredMs = changer?.answeredMs ?? [];
  const phase = { nsPerQuery: cpuNs / queries, sent, lost, latencyUs, changes, answeredMs };
  const line = `${phase.nsPerQuery.toFixed(0)} ns, ${sent} sent, ${lost} lost, ${changes} changes`;
  console.error(changer ? `changing: ${line}` : `quiet: ${line}`);
  return phase;
}

/** Queries that Signpost has answered so far, those about watched names among them. */
async function queryCount({ api }: SignpostProcess): Promise<number> {
  const response = await fetch(new URL("/metrics", api));
  const text = await response.text();
  const counts = text.matchAll(/^signpost_dns_queries_total(?:\{.*\})? (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

function publishPhases(
  { quiet, changing }: { quiet: readonly Phase[]; changing: readonly Phase[] },
  options: UpdateUnderLoadOptions,
): void {
  const { nameCount, changesPerSecond, queriesPerSecond, rounds, seconds } = options;
  const cost = (phases: readonly Phase[]): number =>
    median(phases.map(({ nsPerQuery }) => nsPerQuery));
  const answered = changing.flatMap(({ answeredMs }) => answeredMs);
  const milliseconds = (share: number): string => quantile(answered, share).toFixed(1);
  const total = (phases: readonly Phase[], of: (phase: Phase) => number): number =>
    phases.reduce((sum, phase) => sum + of(phase), 0);
  const row = (name: string, phases: readonly Phase[]): string[] => [
    name,
    cost(phases).toFixed(0),
    (cost(phases) / cost(quiet)).toFixed(2),
    String(total(phases, ({ sent }) => sent)),
    String(total(phases, ({ lost }) => lost)),
    median(phases.map(({ latencyUs }) => latencyUs)).toFixed(0),
    (total(phases, ({ changes }) => changes) / (phases.length * seconds)).toFixed(0),
  ];
  publish(
    {
      name: "update-under-load",
      title: "Changes while the zone is asked",
      method:
        `A zone of ${nameCount} A records, one worker, nothing pinned but dnsperf, which asks ` +
        `${queriesPerSecond} queries a second; ${changesPerSecond} changes a second as ` +
        `${batchesPerSecond} ChangeResourceRecordSets a second (UPSERT of names all over the zone) ` +
        `by the AWS SDK. ${rounds} rounds of ${seconds} s without and with changes. CPU time of ` +
        "the answering thread by answered query, and latency as dnsperf sees it: medians.",
      columns: [...["", "ns/query", "÷ quiet", "queries", "lost", "latency, µs", "changes/s"]],
      rows: [row("quiet", quiet), row("changing", changing)],
      tables: [
        {
          title: "From sending a change to its answer over UDP, while changing",
          columns: ["watched", "p50, ms", "p90, ms", "p99, ms", "max, ms"],
          rows: [[String(answered.length), ...[0.5, 0.9, 0.99, 1].map(milliseconds)]],
        },
      ],
    },
    options.results,
  );
}
