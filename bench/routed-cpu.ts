import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { LocationView } from "../src/dataplane/geo/location-view.ts";
import { decodeMessage } from "../src/dns/wire/message.ts";
import { unpackTable } from "../src/geo/table/packed-table.ts";
import { DnsClient } from "../test/support/dns-client.ts";
import { benchOrigin } from "./corpus.ts";
import { barOf, costCells, type Cost, type Load, measureCpu } from "./cpu-rounds.ts";
import { gdnsdGeoip } from "./peers/gdnsd-geoip.ts";
import { powerdnsGeoip } from "./peers/powerdns-geoip.ts";
import { publish } from "./report.ts";
import {
  clientNetworks,
  routedQueries,
  writeCountryDatabase,
  writeMessages,
  type RoutedQuery,
} from "./routed-corpus.ts";
import { startRoutedSignpost } from "./routed-signpost.ts";
import { startBenchPeer, type Server } from "./servers.ts";

/** How much is measured. */
export type RoutedCpuOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  /** Names of each kind. */
  readonly nameCount: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
};

/** A load of the report; its queries are for names with `letter`. */
type Plan = {
  readonly name: string;
  readonly server: "signpost" | "signpost, peers' database" | "gdnsd" | "powerdns";
  readonly letter: "h" | "r" | "g" | "w";
  /** Whether queries tell of their client's network. */
  readonly subnets: boolean;
  /** Whether the answer hangs on where the client is. */
  readonly placed: boolean;
};

const simple = "Signpost, one address";
const simpleSubnet = "Signpost, one address, client subnets";
const routed = "Signpost, routed by the resolver's address";
const routedSubnet = "Signpost, routed by client subnets";
const routedDatabase = "Signpost, routed by client subnets, in the peers' database";
const plans: readonly Plan[] = [
  { name: simple, server: "signpost", letter: "h", subnets: false, placed: false },
  { name: simpleSubnet, server: "signpost", letter: "h", subnets: true, placed: false },
  { name: routed, server: "signpost", letter: "r", subnets: false, placed: true },
  { name: routedSubnet, server: "signpost", letter: "r", subnets: true, placed: true },
  {
    ...{ name: routedDatabase, server: "signpost, peers' database" },
    ...{ letter: "r", subnets: true, placed: true },
  },
  { name: "gdnsd, one address", server: "gdnsd", letter: "h", subnets: false, placed: false },
  { name: "gdnsd, geoip", server: "gdnsd", letter: "g", subnets: true, placed: true },
  { name: "gdnsd, weighted", server: "gdnsd", letter: "w", subnets: true, placed: false },
  { name: "gdnsd, geoip → weighted", server: "gdnsd", letter: "r", subnets: true, placed: true },
  { name: "PowerDNS, geoip", server: "powerdns", letter: "r", subnets: true, placed: true },
];

const networkCount = 5_000;
const queryCount = 100_000;
/** Queries asked of each load before it is measured: are the answers what they should be? */
const checkCount = 500;

/** CPU time of routed answers: Signpost's own simple ones and peers' plug-ins in the same run. */
export async function routedCpu(options: RoutedCpuOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const servers: Server[] = [];
  try {
    const networks = clientNetworks(shippedTable(), networkCount, options.seed);
    const database = join(directory, "countries.mmdb");
    writeCountryDatabase(database, networks);
    servers.push(await startRoutedSignpost(options.nameCount));
    servers.push(await startRoutedSignpost(options.nameCount, database));
    const zone = { origin: benchOrigin, file: "" };
    for (const kind of [gdnsdGeoip, powerdnsGeoip]) {
      const peer = await startBenchPeer(kind(database, options.nameCount), zone);
      if (peer) servers.push(peer);
    }
    const loads: Load[] = [];
    for (const { name, letter, subnets, placed, server: wanted } of plans) {
      const server = servers.find((each) => each.name === wanted);
      if (!server) continue;
      const clients = subnets ? networks : undefined;
      const queries = routedQueries({ ...options, letter, queryCount, clients });
      const queryFile = join(directory, `${letter}${subnets ? "-subnet" : ""}.queries`);
      writeMessages(queryFile, queries);
      await checkAnswers(server, { name, placed, queries: queries.slice(0, checkCount) });
      loads.push({ name, server, queryFile, binary: true });
    }
    publishCosts(await measureCpu(loads, options), options);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

function shippedTable(): LocationView {
  const file = new URL("../src/geo/data/locations.bin.br", import.meta.url);
  return new LocationView(unpackTable(readFileSync(file)));
}

/** @throws Error where an answer is not one address of the pool that it should be of */
async function checkAnswers(
  { port }: Server,
  load: { name: string; placed: boolean; queries: readonly RoutedQuery[] },
): Promise<void> {
  const client = await DnsClient.open({ port });
  try {
    for (const { message, pool } of load.queries) {
      const response = await client.askUdp(message);
      const records = response ? decodeMessage(response).answer : [];
      const isRight = records.length === 1 && (!load.placed || records[0]?.rdata[1] === pool);
      if (isRight) continue;
      const found = records.map(({ rdata }) => rdata.join(".")).join(", ") || "nothing";
      throw new Error(`${load.name}: answered ${found} where pool ${pool} is right`);
    }
  } finally {
    client.close();
  }
}

function publishCosts(costs: ReadonlyMap<Load, Cost>, options: RoutedCpuOptions): void {
  const costOf = (name: string): number =>
    [...costs].find(([load]) => load.name === name)?.[1].nsPerQuery ?? Number.NaN;
  const base = costOf(routedDatabase);
  const rows = [...costs].map(([load, cost]) => costCells(load, cost, base / cost.nsPerQuery));
  const { nameCount, rounds, seconds } = options;
  const byResolver = (costOf(routed) / costOf(simple)).toFixed(2);
  const bySubnet = (costOf(routedSubnet) / costOf(simpleSubnet)).toFixed(2);
  publish(
    {
      name: "routed-cpu",
      title: "CPU time of a routed answer",
      method:
        `${nameCount} names of each kind. Signpost's routed names are geolocation sets, aliases of ` +
        "weighted sets, aliases of failover sets with health checks, all with EvaluateTargetHealth; " +
        "one primary of three is down. Signpost looks clients up in the table that it ships, of the " +
        `whole Internet, or as the peers in a database of ${networkCount} networks with the same ` +
        "countries, in which the last column compares them. Each query tells " +
        "of another /24 in them as client subnet, or of none: then the client is 127.0.0.1, which " +
        "has no place, and the default answers. PowerDNS's pools are weighted, too. Answers are " +
        `compared before. Each server has core 0, dnsperf core 1. ${rounds} rounds of ${seconds} s ` +
        "over all loads in turn, after one to warm up. CPU time of the whole process tree (user and " +
        "system), divided by the queries answered: medians.",
      columns: ["load", "ns/query", "range", "Signpost routed ÷ it", "queries/s", "answers"],
      rows,
      plot: {
        title: "CPU time of a routed answer",
        unit: "ns/query",
        groups: [...costs].map(([{ name, server }, cost]) => ({
          name,
          bars: [barOf(server.name.split(",")[0] as string, cost)],
        })),
      },
      remarks: [
        `Routed ÷ one address, Signpost: ${byResolver} by the resolver's address, ${bySubnet} by ` +
          "client subnets (both with the option in the query and in the response).",
      ],
    },
    options.results,
  );
}
