import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { answerKinds, writeAnswerQueries, writeAnswerZone } from "./answer-corpus.ts";
import type { AnswerKindName } from "./answer-corpus.ts";
import { createAliases } from "./answer-aliases.ts";
import { benchOrigin } from "./corpus.ts";
import { barOf, type Cost, type Load, measureCpu } from "./cpu-rounds.ts";
import { publish, type Table } from "./report.ts";
import { startBenchPeers, startBenchSignpost, startEchoServer, type Server } from "./servers.ts";

/** How much is measured. */
export type AnswerKindsOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  /** Peers to measure, by name; none: all. */
  readonly peers: readonly string[];
  readonly nameCount: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
};

type KindLoad = Load & { readonly kind: AnswerKindName };

/** CPU time per answered query by kind of answer, of Signpost, a bare echo and the peers. */
export async function measureAnswerKinds(options: AnswerKindsOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const zone = { origin: benchOrigin, file: join(directory, "bench.zone") };
  writeAnswerZone(zone.file, options);
  const servers: Server[] = [];
  try {
    const signpost = await startBenchSignpost(zone);
    servers.push(signpost, await startEchoServer());
    await createAliases(signpost);
    servers.push(...(await startBenchPeers(zone, options.peers)));
    const loads = loadsOf(servers, directory, options);
    publishKinds(await measureCpu(loads, options), options);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

function loadsOf(
  servers: readonly Server[],
  directory: string,
  options: AnswerKindsOptions,
): KindLoad[] {
  return answerKinds.flatMap(({ name: kind }) => {
    const queryFile = join(directory, `${kind}.queries`);
    writeAnswerQueries(queryFile, kind, options);
    const able = kind === "alias" ? servers.slice(0, 2) : servers;
    return able.map((server) => ({
      kind,
      name: `${kind}, ${server.name}`,
      server,
      queryFile,
      edns: kind === "big" || kind === "mixed",
      transport: kind === "TCP" ? "tcp" : "udp",
    }));
  });
}

function publishKinds(costs: ReadonlyMap<KindLoad, Cost>, options: AnswerKindsOptions): void {
  const groups = answerKinds.map(({ name, help }) => ({
    name,
    help,
    costs: [...costs].filter(([load]) => load.kind === name),
  }));
  const names = [...new Set([...costs.keys()].map(({ server }) => server.name))];
  const rows = groups.map(({ name, costs: own }) => [name, ...comparison(names, own)]);
  const { nameCount, rounds, seconds } = options;
  publish(
    {
      name: "answer-kinds",
      title: "CPU time per answered query, by kind of answer",
      method:
        `One zone of ${nameCount} addresses and, for each hundredth, a wildcard, a delegation, a ` +
        "CNAME and a set of 30 addresses. Each server has core 0, dnsperf core 1. " +
        `${rounds} rounds of ${seconds} s over all kinds and servers in turn, after one to warm ` +
        "up. CPU time of the whole process tree (user and system), divided by the queries " +
        "answered: medians in ns. The echo sends the query back, over the same driver as " +
        "Signpost; where answers are larger than queries, so is what the kernel does for them. " +
        "Aliases are Signpost's alone.",
      columns: ["answer", ...names, "Signpost ÷ best peer", "Signpost ÷ echo"],
      rows,
      tables: groups.map(detail),
      remarks: [
        groups.map(({ name, help }) => `- ${name}: ${help}`).join("\n"),
        "Where answers differ in size, servers say different things: gdnsd sends a CNAME without " +
          "the address that it leads to.",
      ],
      plot: {
        title: "CPU time per answered query, by kind of answer",
        unit: "ns/query",
        groups: groups.map(({ name, costs: own }) => ({
          name,
          bars: own.map(([{ server }, cost]) => barOf(server.name, cost)),
        })),
      },
    },
    options.results,
  );
}

/** One row: each server's cost, and two ratios. */
function comparison(names: readonly string[], costs: readonly (readonly [Load, Cost])[]): string[] {
  const byName = new Map(costs.map(([{ server }, cost]) => [server.name, cost.nsPerQuery]));
  const [signpost = Number.NaN, echo = Number.NaN, ...peers] = names.map((name) =>
    byName.get(name),
  );
  const best = Math.min(...peers.filter((cost) => cost !== undefined));
  const ratio = (other: number): string =>
    Number.isFinite(other) ? (signpost / other).toFixed(2) : "–";
  const cells = names.map((name) => byName.get(name)?.toFixed(0) ?? "–");
  return [...cells, ratio(best), ratio(echo)];
}

function detail(group: {
  readonly name: string;
  readonly costs: readonly (readonly [Load, Cost])[];
}): Table {
  const counted = group.costs.some(([, cost]) => cost.instructionsPerQuery !== undefined);
  return {
    title: group.name,
    columns: [
      ...["server", "ns/query", "range", "queries/s", "octets", "answers"],
      ...(counted ? ["instructions/query"] : []),
    ],
    rows: group.costs.map(([{ server }, cost]) => [
      server.name,
      cost.nsPerQuery.toFixed(0),
      cost.range,
      cost.queriesPerSecond.toFixed(0),
      String(cost.responseSize),
      cost.rcodes,
      ...(counted ? [cost.instructionsPerQuery?.toFixed(0) ?? "–"] : []),
    ]),
  };
}
