import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { startApiServer } from "../src/api/protocol/api-server.ts";
import type { ApiServer } from "../src/api/protocol/api-server.ts";
import { checkerRoutes } from "../src/api/signpost/checkers.ts";
import { systemClock } from "../src/base/clock.ts";
import { encodeCheckList } from "../src/health/checker/check-list.ts";
import type { CheckList } from "../src/health/checker/check-spec.ts";
import type { CheckerDesk } from "../src/health/checker/checker-desk.ts";
import { Verdict, VerdictTable } from "../src/health/checker/verdict-table.ts";
import { silentLogger } from "../src/telemetry/logger.ts";
import { freePort } from "../test/differential/peers/peer.ts";
import { Endpoints, httpChecks } from "./health-endpoints.ts";
import { measureHealthPeers } from "./health-peers.ts";
import { cpuTimeNs, proportionalMemoryKib } from "./process-tree.ts";
import { publish } from "./report.ts";
import { onServerCore } from "./servers.ts";

export type HealthCheckerOptions = {
  results: string | undefined;
  checkCount: number;
  /** Of each measurement; before each, one interval and a bit passes. */
  seconds: number;
};

const intervalMs = 10_000;
const key = { accessKeyId: "BENCH", secretAccessKey: "bench" };

/** Takes tables as the health thread does, and keeps the last one and their sizes. */
class MeasuringDesk implements CheckerDesk {
  list: CheckList = { version: 1, checks: [], allow: [] };
  table: VerdictTable | undefined;
  headers: VerdictTable["header"][] = [];
  octets = 0;

  async take({ table }: { table: Uint8Array }): Promise<number> {
    this.table = VerdictTable.read(table);
    this.headers.push(this.table.header);
    this.octets += table.length;
    return this.list.version;
  }

  async listFor(): Promise<Uint8Array> {
    return encodeCheckList(this.list);
  }

  async locations(): Promise<never[]> {
    return [];
  }

  async forget(): Promise<"unknown"> {
    return "unknown";
  }
}

/** CPU, lateness and memory of one checker process with many checks, on good and on bad days. */
export async function healthChecker(options: HealthCheckerOptions): Promise<void> {
  const { checkCount: count, seconds, results } = options;
  const endpoints = new Endpoints({ port: await freePort(), count });
  const rows: string[][] = [];
  try {
    await endpoints.start();
    rows.push(...(await measureSignpost(endpoints, options)));
    rows.push(...(await measureHealthPeers(endpoints, { seconds, intervalMs })));
  } finally {
    await endpoints.kill();
  }
  publish(
    {
      name: "health-checker",
      title: "One checker process",
      method:
        `\`signpost checker\` on core 0 with ${count} HTTP checks at 10 s (each probe a new TCP ` +
        "connection, Route 53's time limits), and gdnsd and PowerDNS with the same checks; " +
        "endpoints, each an address of its own, and control plane on core 1. CPU is of the " +
        "checker's process, lag is how late the latest probe of half a second began, tables are " +
        `what it sends to the control plane. Each row is measured over ${seconds} s.`,
      columns: [
        "checker",
        "endpoints",
        "probes/s",
        "CPU of one core",
        "CPU a probe",
        "lag p50",
        "lag max",
        "under way",
        "healthy",
        "tables",
        "memory (PSS)",
      ],
      rows,
      remarks: [
        "Silent endpoints take two seconds each, so the same checks make fewer probes.",
        "gdnsd's and PowerDNS's probes are counted by the endpoints.",
      ],
    },
    results,
  );
}

async function measureSignpost(
  endpoints: Endpoints,
  { checkCount, seconds }: HealthCheckerOptions,
): Promise<string[][]> {
  const { port } = endpoints;
  const desk = new MeasuringDesk();
  desk.list = httpChecks(checkCount, { port, intervalMs, version: 1 });
  const server = await serve(desk);
  const checker = await startChecker(server);
  const rows: string[][] = [];
  const measure = async (name: string): Promise<void> => {
    await sleep(intervalMs + 1_500);
    const cells = await measureFor(seconds * 1_000, { desk, pid: checker.pid });
    rows.push(["signpost", name, ...cells]);
    console.log(rows.at(-1)?.join(" | "));
  };
  try {
    await measure("all answer 200");
    await endpoints.kill();
    await measure("all refuse connections");
    await endpoints.start();
    endpoints.hang();
    await measure("all are silent until the time limit");
    await endpoints.kill();
    await endpoints.start();
    desk.list = httpChecks(checkCount, { port, intervalMs: 1_000, version: 2 });
    await measure("all answer 200, checks at 1 s: overload");
  } finally {
    checker.stop();
    await server.stop();
  }
  return rows;
}

async function measureFor(
  durationMs: number,
  { desk, pid }: { desk: MeasuringDesk; pid: number },
): Promise<string[]> {
  desk.headers = [];
  desk.octets = 0;
  const cpuBeforeNs = cpuTimeNs(pid);
  const startedAtMs = performance.now();
  await sleep(durationMs);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const cpuNs = cpuTimeNs(pid) - cpuBeforeNs;
  const lags = desk.headers.map(({ lagMs }) => lagMs).sort((a, b) => a - b);
  const rates = desk.headers.map(({ probesPerSecond }) => probesPerSecond);
  const rate = rates.reduce((sum, value) => sum + value, 0) / Math.max(rates.length, 1);
  return [
    rate.toFixed(0),
    `${(cpuNs / 1e7 / seconds).toFixed(0)} %`,
    `${(cpuNs / 1e3 / seconds / rate).toFixed(0)} µs`,
    `${lags[Math.floor(lags.length / 2)]} ms`,
    `${lags.at(-1)} ms`,
    String(Math.max(...desk.headers.map(({ underWay }) => underWay))),
    healthyShare(desk),
    `${(desk.octets / 1_000 / seconds).toFixed(0)} kB/s`,
    `${(proportionalMemoryKib(pid) / 1_024).toFixed(0)} MiB`,
  ];
}

function healthyShare({ table, list }: MeasuringDesk): string {
  const healthy = list.checks.filter(({ slot }) => table?.verdict(slot) === Verdict.healthy);
  return `${((healthy.length / list.checks.length) * 100).toFixed(0)} %`;
}

function serve(desk: CheckerDesk): Promise<ApiServer> {
  return startApiServer({
    listen: { address: "127.0.0.1", port: 0 },
    services: async () => [],
    routes: checkerRoutes({ desk, ownLocations: [] }),
    secretOf: () => key.secretAccessKey,
    clock: systemClock,
    logger: silentLogger,
  });
}

async function startChecker(server: ApiServer): Promise<{ pid: number; stop(): void }> {
  const command = [...onServerCore, join(import.meta.dirname, "../bin/signpost"), "checker"];
  const args = ["--location", "bench", "--join", `http://127.0.0.1:${server.port}`];
  const { accessKeyId, secretAccessKey } = key;
  const variables = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const child = spawn(command[0] as string, [...command.slice(1), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...variables },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("signpost checker ready")) break;
  }
  return { pid: child.pid as number, stop: () => void child.kill("SIGTERM") };
}
