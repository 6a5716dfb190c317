import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { whyNot } from "../test/xdp/veth-pair.ts";
import { benchOrigin, writeBenchQueries, writeBenchZone } from "./corpus.ts";
import { cpuTimeNs } from "./process-tree.ts";
import { median, publish } from "./report.ts";
import { cablePort, cableServers, type CableServer } from "./xdp-servers.ts";

/** How much is measured. */
export type XdpCpuOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  readonly nameCount: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
  /** Servers to measure, by name; none: all. */
  readonly peers: readonly string[];
  /** What kxdpgun offers. */
  readonly queriesPerSecond: number;
};

type Counted = { readonly sent: number; readonly answered: number; readonly rcodes: string };
type Generator = {
  readonly name: string;
  /** Words of the command line, to be run at the client's end. */
  command(server: CableServer): readonly string[];
  read(output: string): Counted;
};
type Sample = {
  processNs: number;
  systemNs: number;
  perSecond: number;
  lost: number;
  rcodes: string;
};

const run = promisify(execFile);
const idleSeconds = 2;
/** A twentieth of a core. */
const idleNsPerSecondMax = 5e7;
const nsPerTick = 1e7;

/**
 * CPU time per answered query over a cable (a veth pair) between namespaces, by AF_XDP and by
 * sockets. Servers have core 0, the load comes from core 1.
 */
export async function xdpCpu(options: XdpCpuOptions): Promise<void> {
  const reason = whyNot();
  if (reason !== undefined) throw new Error(`Cannot measure XDP: ${reason}`);
  const directory = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const zone = { origin: benchOrigin, file: join(directory, "bench.zone") };
  const queryFile = join(directory, "queries.txt");
  writeBenchZone(zone.file, options.nameCount);
  writeBenchQueries(queryFile, { ...options, queryCount: 200_000 });
  const servers: CableServer[] = [];
  try {
    for (const { name, start } of cableServers(zone)) {
      if (options.peers.length > 0 && !options.peers.includes(name)) continue;
      const server = await start(name);
      if (server) servers.push(server);
    }
    publishAll(await measure(servers, generators(queryFile, options), options), options);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

function generators(queryFile: string, options: XdpCpuOptions): readonly Generator[] {
  const { seconds, queriesPerSecond } = options;
  const dnsperf = ["dnsperf", "-p", String(cablePort), "-d", queryFile, "-l", String(seconds)];
  const kxdpgun = ["kxdpgun", "-p", String(cablePort), "-i", queryFile, "-t", String(seconds)];
  return [
    {
      name: "dnsperf",
      command: ({ pair }) => [
        ...[...dnsperf, "-s", pair.server.ipv4],
        ...["-c", "8", "-T", "1", "-q", "256", "-t", "1"],
      ],
      read: (output) => ({
        sent: numberIn(output, /Queries sent:\s+(\d+)/),
        answered: numberIn(output, /Queries completed:\s+(\d+)/),
        rcodes: (/Response codes:\s+(.+)/.exec(output)?.[1] ?? "").replaceAll(/ \d+ /g, " "),
      }),
    },
    {
      name: `kxdpgun, ${queriesPerSecond} q/s offered`,
      command: ({ pair }) => [
        ...[...kxdpgun, "-Q", String(queriesPerSecond), "-b", "32", "-F", "1"],
        ...["-I", pair.client.interface, pair.server.ipv4],
      ],
      read: (output) => ({
        sent: numberIn(output, /total queries:\s+(\d+)/),
        answered: numberIn(output, /total replies:\s+(\d+)/),
        rcodes: [...output.matchAll(/responded (\w+):\s+(\d+)/g)]
          .map(([, rcode, count]) => `${rcode} ${count}`)
          .join(", "),
      }),
    },
  ];
}

type Cell = { generator: Generator; server: CableServer; samples: Sample[] };

async function measure(
  servers: readonly CableServer[],
  loads: readonly Generator[],
  options: XdpCpuOptions,
): Promise<Cell[]> {
  const cells = loads.flatMap((generator) =>
    servers.map((server): Cell => ({ generator, server, samples: [] })),
  );
  for (let round = 0; round <= options.rounds; round++) {
    const idle = await idleNsPerSecond();
    for (const cell of cells) {
      const sample = await sampleOf(cell, { idle, seconds: options.seconds });
      const { processNs, systemNs, perSecond, lost } = sample;
      const costs = `${processNs.toFixed(0)} ns, system ${systemNs.toFixed(0)} ns`;
      const rates = `${perSecond.toFixed(0)} q/s, ${(lost * 100).toFixed(1)} % lost`;
      console.error(`${cell.generator.name}, ${cell.server.name}: ${costs}, ${rates}`);
      // The first round is to warm up.
      if (round > 0) cell.samples.push(sample);
    }
  }
  return cells;
}

/** `seconds` is how long the load lasts; its generator takes longer, to begin and to end. */
async function sampleOf(
  { generator, server }: Cell,
  { idle, seconds }: { idle: number; seconds: number },
): Promise<Sample> {
  const command = ["taskset", "-c", "1", ...generator.command(server)];
  const timed = ["TIMEFORMAT='cpu %U %S'; time \"$@\"", "bash", ...command];
  const words = ["netns", "exec", server.pair.client.namespace, "bash", "-c", ...timed];
  const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
  const before = { process: cpuTimeNs(server.pid), system: busyNs(), at: performance.now() };
  const { stdout, stderr } = await run("ip", words, { env, maxBuffer: 64 << 20 });
  const elapsedSeconds = (performance.now() - before.at) / 1000;
  const processNs = cpuTimeNs(server.pid) - before.process;
  const [, user = "0", system = "0"] = /cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? [];
  const generatorNs = (Number(user) + Number(system)) * 1e9;
  const systemNs = busyNs() - before.system - generatorNs - idle * elapsedSeconds;
  const { sent, answered, rcodes } = generator.read(stdout + stderr);
  return {
    processNs: processNs / answered,
    systemNs: systemNs / answered,
    perSecond: answered / seconds,
    lost: 1 - answered / sent,
    rcodes,
  };
}

/** CPU time of all cores, interrupts included, in nanoseconds (proc(5), /proc/stat). */
function busyNs(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) * nsPerTick;
}

/** What the machine does anyway; not a number where that is too much to be taken off. */
async function idleNsPerSecond(): Promise<number> {
  const before = busyNs();
  await new Promise((done) => setTimeout(done, idleSeconds * 1000));
  const idle = (busyNs() - before) / idleSeconds;
  return idle > idleNsPerSecondMax ? Number.NaN : idle;
}

function publishAll(cells: readonly Cell[], options: XdpCpuOptions): void {
  const { nameCount, rounds, seconds, results } = options;
  const rows = cells.map(({ generator, server, samples }) => {
    const of = (key: "processNs" | "systemNs" | "perSecond" | "lost") => samples.map((s) => s[key]);
    const cost = of("processNs");
    return [
      server.name,
      generator.name,
      median(cost).toFixed(0),
      `${Math.min(...cost).toFixed(0)}–${Math.max(...cost).toFixed(0)}`,
      systemText(of("systemNs")),
      median(of("perSecond")).toFixed(0),
      (median(of("lost")) * 100).toFixed(1),
      samples.at(-1)?.rcodes ?? "",
    ];
  });
  const columns = ["server", "load", "ns/query", "range", "system ns/query", "answers/s", "lost %"];
  publish(
    {
      name: "cpu-per-query-xdp",
      title: "CPU time per answered query, AF_XDP",
      method:
        `One zone of ${nameCount} A records; 85 % answers, 10 % NXDOMAIN, 5 % NODATA. Each server ` +
        "stands in a network namespace of its own, on core 0 with one worker; the load comes from " +
        "core 1 over a veth pair, which has no hardware: the kernel copies every packet, and XDP " +
        `is in the driver's copy mode. ${rounds} rounds of ${seconds} s over all servers in turn, ` +
        "after one to warm up; medians.",
      columns: [...columns, "answers"],
      rows,
      remarks: [
        "ns/query is the CPU time of the server's processes (user and system). It leaves out what " +
          "the kernel does for the server in interrupts on the core of the sender, which is where " +
          "a veth pair receives, and takes in what it does for the client on the server's core. " +
          "system ns/query is the CPU time of the whole machine (/proc/stat, interrupts included) " +
          "less that of the load generator's process and what the idle machine uses: the fairer " +
          "number, with more noise (it means nothing on a machine that does other things), and with " +
          "the client's share of interrupts in it for all alike.",
      ],
    },
    results,
  );
}

function systemText(samples: readonly number[]): string {
  return samples.some(Number.isNaN) ? "machine not quiet" : median(samples).toFixed(0);
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}
