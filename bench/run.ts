/**
 * `bench/run NAME [options]` runs a benchmark and writes its results to `bench/results`; without a
 * name it lists them. bench/README.md says what each measures, and its options.
 */
import { parseArgs } from "node:util";

import { measureAnswerKinds } from "./answer-kinds.ts";
import { changeLatency } from "./change-latency.ts";
import { cloudMapScale } from "./cloud-map-scale.ts";
import { containers } from "./containers.ts";
import { cpuPerQuery } from "./cpu-per-query.ts";
import { fuzzLong } from "./fuzz-long.ts";
import { healthChecker } from "./health-checker.ts";
import { healthFailover, healthMassFailure } from "./health-failover.ts";
import { healthProbes } from "./health-probes.ts";
import { measureImageSizes } from "./image-sizes.ts";
import { importStart } from "./import-start.ts";
import { locationLookup } from "./location-lookup.ts";
import { resolverCpu } from "./resolver-cpu.ts";
import { resolverMemory } from "./resolver-memory.ts";
import { routedCpu } from "./routed-cpu.ts";
import { routingCompile } from "./routing-compile.ts";
import { manyZones } from "./many-zones.ts";
import { measureSocketSettings } from "./socket-settings.ts";
import { updateUnderLoad } from "./update-under-load.ts";
import { xdpCpu } from "./xdp-cpu.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    names: { type: "string" },
    zones: { type: "string" },
    deaths: { type: "string", default: "200" },
    instances: { type: "string", default: "50000" },
    checks: { type: "string", default: "10000" },
    containers: { type: "string", default: "1000" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "6" },
    changes: { type: "string", default: "300" },
    packets: { type: "string", default: "1000000" },
    qps: { type: "string" },
    seed: { type: "string", default: "1" },
    mmdb: { type: "string", multiple: true, default: [] },
    peer: { type: "string", multiple: true, default: [] },
    results: { type: "string" },
  },
});
const seed = Number(values.seed);
const { results } = values;
const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  "cpu-per-query": () =>
    cpuPerQuery({
      results,
      peers: values.peer,
      nameCount: Number(values.names ?? 100_000),
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      seed,
    }),
  "answer-kinds": () =>
    measureAnswerKinds({
      results,
      peers: values.peer,
      nameCount: Number(values.names ?? 100_000),
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      seed,
    }),
  "cpu-per-query-xdp": () =>
    xdpCpu({
      results,
      peers: values.peer,
      nameCount: Number(values.names ?? 100_000),
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      seed,
      queriesPerSecond: Number(values.qps ?? 150_000),
    }),
  "routed-cpu": () =>
    routedCpu({
      results,
      nameCount: Number(values.names ?? 10_000),
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      seed,
    }),
  "resolver-cpu": () =>
    resolverCpu({
      results,
      nameCount: Number(values.names ?? 10_000),
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      seed,
    }),
  "resolver-memory": () =>
    resolverMemory({
      results,
      zoneCount: Number(values.zones ?? 5_000),
      nameCount: Number(values.names ?? 100_000),
    }),
  "change-latency": () =>
    changeLatency({
      results,
      nameCounts: (values.names ?? "1000,1000000").split(",").map(Number),
      changes: Number(values.changes),
    }),
  "cloud-map-scale": () =>
    cloudMapScale({
      results,
      instanceCount: Number(values.instances),
      changes: Number(values.changes),
    }),
  "update-under-load": () =>
    updateUnderLoad({
      results,
      nameCount: Number(values.names ?? 1_000_000),
      changesPerSecond: 1_000,
      queriesPerSecond: Number(values.qps ?? 20_000),
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      seed,
    }),
  "image-sizes": () =>
    measureImageSizes({ results, nameCount: Number(values.names ?? 10_000_000) }),
  "many-zones": () =>
    manyZones({
      results,
      zoneCount: Number(values.zones ?? 100_000),
      nameCount: Number(values.names ?? 10),
      changes: Number(values.changes),
      seed,
    }),
  "import-start": () => importStart({ results, nameCount: Number(values.names ?? 1_000_000) }),
  "socket-settings": () =>
    measureSocketSettings({
      results,
      nameCount: Number(values.names ?? 100_000),
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      seed,
    }),
  fuzz: () => fuzzLong({ results, packets: Number(values.packets), seed }),
  "routing-compile": () => routingCompile({ results, rounds: Number(values.rounds) }),
  "health-checker": () =>
    healthChecker({
      results,
      checkCount: Number(values.checks),
      seconds: Number(values.seconds),
    }),
  "health-probes": () =>
    healthProbes({ results, rounds: Number(values.rounds), seconds: Number(values.seconds) }),
  containers: () =>
    containers({
      results,
      containerCount: Number(values.containers),
      changes: Number(values.changes),
    }),
  "health-failover": () => healthFailover({ results, deaths: Number(values.deaths) }),
  "health-mass-failure": () => healthMassFailure({ results, checkCount: Number(values.checks) }),
  "location-lookup": () => locationLookup({ results, mmdb: values.mmdb, seed }),
};
const benchmark = benchmarks[positionals[0] ?? ""];
if (benchmark) {
  await benchmark();
} else {
  console.error(`usage: bench/run ${Object.keys(benchmarks).join("|")} [options]`);
  process.exitCode = 2;
}
