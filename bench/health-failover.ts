import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beginOpenStore } from "../src/control/log/open-store.ts";
import type { Mutation } from "../src/control/model/mutation.ts";
import type { HealthCheckExtension } from "../src/control/model/health-check-extension.ts";
import { seededRandom } from "../src/base/random.ts";
import { formatRdata } from "../src/dns/rdata/rdata.ts";
import { decodeMessage } from "../src/dns/wire/message.ts";
import { freePort } from "../test/differential/peers/peer.ts";
import { Endpoint, HealthWorld, addressSet, until } from "../test/health/health-world.ts";
import { DnsClient } from "../test/support/dns-client.ts";
import { queryOf } from "../test/support/zone-under-test.ts";
import { Endpoints, endpointAddress } from "./health-endpoints.ts";
import { proportionalMemoryKib } from "./process-tree.ts";
import { publish, quantile } from "./report.ts";
import { cpuNsBetween, threadTimes } from "./thread-time.ts";
import type { ThreadTimes } from "./thread-time.ts";

export type HealthFailoverOptions = {
  results: string | undefined;
  /** Deaths that are looked at with checks at 1 s, and with Route 53's own settings. */
  deaths: number;
};

export type HealthMassFailureOptions = { results: string | undefined; checkCount: number };

const zone = "health.example.";
const alive = "192.0.2.1";
const dead = "192.0.2.2";
const random = seededRandom(4);

/** From the death of an endpoint to changed answers. */
export async function healthFailover({ results, deaths }: HealthFailoverOptions): Promise<void> {
  const quick = { intervalSeconds: 1, upThreshold: 2, downThreshold: 2 };
  const [quickRows, slowRows] = await Promise.all([
    measureDeaths("1 s, threshold 2", { extension: quick, count: deaths }),
    measureDeaths("10 s, threshold 3 (Route 53)", { extension: {}, count: Math.min(deaths, 100) }),
  ]);
  publish(
    {
      name: "health-failover",
      title: "From the death of an endpoint to the changed answer",
      method:
        "Web servers on loopback, an HTTP check and a pair of failover records each, one location. " +
        "Servers die at times of their own (connections are reset, the port is closed) and come " +
        "back; each name is asked over UDP every 10 ms. Seconds from the death (the return) to the " +
        "first answer with the other address. Everything runs on the same two cores.",
      columns,
      rows: [...quickRows, ...slowRows],
    },
    results,
  );
}

const columns = ["checks", "what happens", "times", "p50", "p90", "p99", "max"];

/** All endpoints of many checks die at once. */
export async function healthMassFailure(options: HealthMassFailureOptions): Promise<void> {
  const { row: deaths, remarks } = await measureMassFailure(options.checkCount);
  publish(
    {
      name: "health-mass-failure",
      title: "All endpoints die at once",
      method:
        `${options.checkCount} HTTP checks in one process, which is also the checker, and ` +
        `${sampleCount} pairs of failover records; the server of all endpoints is killed. Seconds ` +
        "until the answers for those names have changed, each asked over UDP every 50 ms.",
      columns,
      rows: [deaths],
      remarks,
    },
    options.results,
  );
}

type Plan = { extension: HealthCheckExtension; count: number };

const atOnce = 20;

async function measureDeaths(name: string, { extension, count }: Plan): Promise<string[][]> {
  const world = await HealthWorld.start();
  const asker = await Asker.open(world);
  const isSlow = extension.intervalSeconds === undefined;
  const lanes = isSlow ? count : Math.min(count, atOnce);
  const config = { type: "HTTP", ipAddress: "127.0.0.1", requestInterval: 10 } as const;
  const deaths: number[] = [];
  const returns: number[] = [];
  try {
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        const endpoint = await Endpoint.start();
        const label = `lane${lane}`;
        const id = await world.createOwnCheck({ ...config, port: endpoint.port }, extension);
        await createFailover(world, label, id);
        await until(() => isVotedOn(world, id), "a first verdict", 60_000);
        for (let round = 0; round < count / lanes; round++) {
          // At any time between two probes.
          await sleep(random.uint32() % (isSlow ? 10_000 : 1_000));
          await endpoint.die();
          deaths.push(await asker.waitFor(label, dead));
          if (isSlow) continue;
          await sleep(random.uint32() % 1_000);
          await endpoint.comeBack();
          returns.push(await asker.waitFor(label, alive));
        }
        await endpoint.die();
      }),
    );
  } finally {
    asker.close();
    await world.stop();
  }
  const rows = [row(name, "one endpoint dies", deaths)];
  return returns.length > 0 ? [...rows, row(name, "it comes back", returns)] : rows;
}

function row(name: string, what: string, ms: readonly number[]): string[] {
  const cells = [0.5, 0.9, 0.99, 1].map((share) => (quantile(ms, share) / 1_000).toFixed(2));
  return [name, what, String(ms.length), ...cells];
}

async function isVotedOn(world: HealthWorld, id: string): Promise<boolean> {
  type Shown = { status: { votes?: { voting: number } } };
  const { status } = await world.own<Shown>("GET", `health-checks/${id}`);
  return status.votes?.voting === 1;
}

async function createFailover(world: HealthWorld, label: string, id: string): Promise<void> {
  const one = { SetIdentifier: "one", Failover: "PRIMARY", HealthCheckId: id } as const;
  const two = { SetIdentifier: "two", Failover: "SECONDARY" } as const;
  await world.createSets([addressSet(label, alive, one), addressSet(label, dead, two)]);
}

/** Asks for addresses again and again. */
class Asker {
  readonly #client: DnsClient;
  count = 0;

  private constructor(client: DnsClient) {
    this.#client = client;
  }

  static async open({ signpost }: HealthWorld): Promise<Asker> {
    return new Asker(await DnsClient.open(signpost.dns));
  }

  /** Milliseconds until a name has this address. */
  async waitFor(label: string, wanted: string): Promise<number> {
    const beganMs = performance.now();
    return (await this.until(label, wanted, 10)) - beganMs;
  }

  /** When a name first has this address. */
  async until(label: string, wanted: string, everyMs: number): Promise<number> {
    const query = queryOf(`${label}.${zone}`, "A");
    for (;;) {
      const response = await this.#client.askUdp(query);
      this.count++;
      const [record] = response ? decodeMessage(response).answer : [];
      if (record && formatRdata(record.type, record.rdata) === wanted) {
        return performance.now();
      }
      await sleep(everyMs);
    }
  }

  close(): void {
    this.#client.close();
  }
}

const massInterval = 10;
const massThreshold = 2;
const sampleCount = 100;
const quietMs = 15_000;

/** All checks fail at once; some of them are watched over DNS. */
async function measureMassFailure(
  checkCount: number,
): Promise<{ row: string[]; remarks: string[] }> {
  const port = await freePort();
  const endpoints = new Endpoints({ port, count: sampleCount });
  await endpoints.start();
  const dataDir = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const emptyMib = await emptyMemoryMib();
  await prepareChecks(dataDir, checkCount, port);
  const world = await HealthWorld.start({ dataDir, args: ["--workers", "1"] });
  const { pid } = world.signpost;
  const asker = await Asker.open(world);
  try {
    const samples = await createSamples(world, checkCount);
    await sleep((massInterval * massThreshold + 1) * 1_000);
    await until(async () => (await healthyCount(world)) === checkCount, "all healthy");
    const watching = Promise.all(samples.map((label) => asker.until(label, dead, 50)));
    const quiet = await observe(pid, asker, () => sleep(quietMs));
    const killedAtMs = performance.now();
    await endpoints.kill();
    const failing = await observe(pid, asker, () => watching);
    await until(async () => (await healthyCount(world)) === 0, "all unhealthy");
    const deaths = (await watching).map((changedAtMs) => changedAtMs - killedAtMs);
    const setting = `${massInterval} s, threshold ${massThreshold}`;
    const remarks = [
      `With ${checkCount} checks (the checker's thread and everything else in one process):`,
      describe("a quiet time", quiet),
      describe("while all fail", failing),
      `- Memory of the process (PSS): ${emptyMib.toFixed(0)} MiB without checks, ` +
        `${quiet.memoryMib.toFixed(0)} with them, ${failing.memoryMib.toFixed(0)} after all failed`,
    ];
    return { row: row(setting, `all ${checkCount} endpoints die at once`, deaths), remarks };
  } finally {
    asker.close();
    await world.stop();
    await endpoints.kill();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function emptyMemoryMib(): Promise<number> {
  const world = await HealthWorld.start({ args: ["--workers", "1"] });
  const memoryMib = proportionalMemoryKib(world.signpost.pid) / 1_024;
  await world.stop();
  return memoryMib;
}

/** Fills a data directory with checks, by entries of the log as the API makes them. */
async function prepareChecks(dataDir: string, count: number, port: number): Promise<void> {
  const store = await beginOpenStore(dataDir).store;
  const extension: HealthCheckExtension = {
    ...{ intervalSeconds: massInterval, upThreshold: 2, downThreshold: massThreshold },
  };
  const perEntry = 500;
  for (let first = 0; first < count; first += perEntry) {
    const mutations: Mutation[] = [];
    for (let i = first; i < Math.min(first + perEntry, count); i++) {
      const id = checkId(i);
      const value = { id, callerReference: id, version: 1, config: massConfig(i, port) };
      const slot = i + 1;
      mutations.push(
        { put: "healthCheck", key: [id], value },
        { put: "healthCheckExtension", key: [id], value: extension },
        { put: "healthCheckByCallerReference", key: [id], value: id },
        { put: "healthSlot", key: [id], value: slot },
        { put: "healthSlotOwner", key: [String(slot).padStart(5, "0")], value: id },
      );
    }
    await store.log.append(`bench ${first}`, 0, { action: "bench", mutations });
  }
  await store.close();
}

function checkId(i: number): string {
  return `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`;
}

function massConfig(i: number, port: number) {
  return {
    ...{ type: "HTTP", inverted: false, disabled: false, ipAddress: endpointAddress(i % 100) },
    ...{ port, resourcePath: `/health/${i}`, requestInterval: 10, failureThreshold: 3 },
    ...{ measureLatency: false, enableSni: false },
  };
}

/** Failover records for some of the checks; their labels. */
async function createSamples(world: HealthWorld, checkCount: number): Promise<string[]> {
  const labels: string[] = [];
  for (let i = 0; i < sampleCount; i++) {
    const check = Math.floor((i * checkCount) / sampleCount);
    labels.push(`mass${check}`);
    await createFailover(world, `mass${check}`, checkId(check));
  }
  return labels;
}

async function healthyCount({ signpost }: HealthWorld): Promise<number> {
  const text = await (await fetch(`${signpost.api}/metrics`)).text();
  return Number(/^signpost_health_checks\{status="healthy"\} (\d+)$/m.exec(text)?.[1] ?? NaN);
}

type Observation = {
  seconds: number;
  queries: number;
  before: ThreadTimes;
  after: ThreadTimes;
  memoryMib: number;
};

async function observe(
  pid: number,
  asker: Asker,
  during: () => Promise<unknown>,
): Promise<Observation> {
  const beganMs = performance.now();
  const countBefore = asker.count;
  const before = threadTimes(pid);
  await during();
  const seconds = (performance.now() - beganMs) / 1_000;
  const after = threadTimes(pid);
  const memoryMib = proportionalMemoryKib(pid) / 1_024;
  return { seconds, queries: asker.count - countBefore, before, after, memoryMib };
}

function describe(what: string, { seconds, queries, before, after }: Observation): string {
  const cpu = (isWanted: (name: string) => boolean): number =>
    cpuNsBetween(before, after, isWanted);
  const share = (ns: number): string => `${(ns / 1e7 / seconds).toFixed(1)} %`;
  const worker = cpu((name) => name.startsWith("mmsg"));
  return (
    `- ${what}: CPU of one core ${share(cpu(() => true))} in all, of it the health thread ` +
    `${share(cpu((name) => name === "health"))}; the answering worker ` +
    `${(worker / 1e3 / queries).toFixed(1)} µs a query (${(queries / seconds).toFixed(0)} a second)`
  );
}
