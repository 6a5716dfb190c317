import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { whyNot } from "../test/xdp/veth-pair.ts";
import type { Bar } from "./bar-plot.ts";
import { benchOrigin, writeBenchQueries, writeBenchZone } from "./corpus.ts";
import { cpuTimeNs } from "./process-tree.ts";
import { median, publish } from "./report.ts";
import { cablePort, cableServers, socketPeers, type CableServer } from "./xdp-servers.ts";

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
/** What an answered query has cost. */
type Sample = {
  /** The server's processes. */
  processNs: number;
  /** The kernel's receiving for them. */
  receiveNs: number;
  totalNs: number;
  perSecond: number;
  lost: number;
  rcodes: string;
};

const run = promisify(execFile);
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
      command: ({ cable }) => [
        ...[...dnsperf, "-s", cable.server.ipv4],
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
      command: ({ cable }) => [
        ...[...kxdpgun, "-Q", String(queriesPerSecond), "-b", "32", "-F", "1"],
        ...["-I", cable.client.interface, cable.server.ipv4],
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
    for (const cell of cells) {
      const sample = await sampleOf(cell, options.seconds);
      const { processNs, receiveNs, perSecond, lost } = sample;
      const costs = `process ${processNs.toFixed(0)} ns, receiving ${receiveNs.toFixed(0)} ns`;
      const rates = `${perSecond.toFixed(0)} q/s, ${(lost * 100).toFixed(1)} % lost`;
      console.error(`${cell.generator.name}, ${cell.server.name}: ${costs}, ${rates}`);
      // The first round is to warm up.
      if (round > 0) cell.samples.push(sample);
    }
  }
  return cells;
}

/** @param seconds how long the load lasts; its generator takes longer, to begin and to end */
async function sampleOf({ generator, server }: Cell, seconds: number): Promise<Sample> {
  const { cable, pid } = server;
  const command = ["taskset", "-c", "1", ...generator.command(server)];
  const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
  const before = { process: cpuTimeNs(pid), receiver: cpuTimeNs(cable.receiverPid) };
  const words = ["netns", "exec", cable.client.namespace, ...command];
  const { stdout, stderr } = await run("ip", words, { env, maxBuffer: 64 << 20 });
  const { sent, answered, rcodes } = generator.read(stdout + stderr);
  const processNs = (cpuTimeNs(pid) - before.process) / answered;
  const receiveNs = (cpuTimeNs(cable.receiverPid) - before.receiver) / answered;
  return {
    ...{ processNs, receiveNs, totalNs: processNs + receiveNs },
    perSecond: answered / seconds,
    lost: 1 - answered / sent,
    rcodes,
  };
}

function publishAll(cells: readonly Cell[], options: XdpCpuOptions): void {
  const { nameCount, rounds, seconds, results } = options;
  const rows = cells.map((cell) => rowOf(cell, peersBySockets(cells, cell.generator)));
  const costs = ["ns/query", "range", "÷ sockets", "process", "÷ sockets", "receiving"];
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
      columns: ["server", "load", ...costs, "answers/s", "lost %", "answers"],
      rows,
      remarks: [
        "ns/query is CPU time on the server's side: of its processes (user and system) and of the " +
          "kernel's thread that receives at its end of the pair (threaded NAPI), on the same core. " +
          "Receiving at the client's end is in another such thread, on the client's core. " +
          "÷ sockets: by the cheapest peer that answers through sockets under the same load; for " +
          "the process alone, by what its process takes. Receiving is the same for all who use " +
          "XDP, and dearer than from a network card: the pair copies what a socket has sent.",
      ],
      plot: {
        title: "CPU time per answered query, AF_XDP and sockets",
        unit: "ns/query",
        groups: [...new Set(cells.map(({ generator }) => generator))].map((load) => ({
          name: load.name,
          bars: cells.filter(({ generator }) => generator === load).map(barOf),
        })),
      },
    },
    results,
  );
}

function peersBySockets(cells: readonly Cell[], load: Generator): Cell[] {
  return cells.filter(
    ({ generator, server }) => generator === load && socketPeers.includes(server.name),
  );
}

type Cost = Exclude<keyof Sample, "rcodes">;

function medianOf({ samples }: Cell, cost: Cost): number {
  return median(samples.map((sample) => sample[cost]));
}

function barOf(cell: Cell): Bar {
  const costs = cell.samples.map(({ totalNs }) => totalNs);
  const range = [Math.min(...costs), Math.max(...costs)] as const;
  return { name: cell.server.name, value: medianOf(cell, "totalNs"), range };
}

function rowOf(cell: Cell, peers: readonly Cell[]): string[] {
  const { generator, server, samples } = cell;
  const ratio = (cost: Cost): string =>
    (medianOf(cell, cost) / Math.min(...peers.map((peer) => medianOf(peer, cost)))).toFixed(2);
  const costs = samples.map(({ totalNs }) => totalNs);
  return [
    server.name,
    generator.name,
    medianOf(cell, "totalNs").toFixed(0),
    `${Math.min(...costs).toFixed(0)}–${Math.max(...costs).toFixed(0)}`,
    ratio("totalNs"),
    medianOf(cell, "processNs").toFixed(0),
    ratio("processNs"),
    medianOf(cell, "receiveNs").toFixed(0),
    medianOf(cell, "perSecond").toFixed(0),
    (medianOf(cell, "lost") * 100).toFixed(1),
    samples.at(-1)?.rcodes ?? "",
  ];
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}
