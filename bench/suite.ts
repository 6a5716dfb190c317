/**
 * All benchmarks, one after the other, or some: `npm run bench -- [--only NAME,…] [--quick]`. Each runs
 * in a process of its own (bench/run) and writes its results; one that fails does not stop the others.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

type Section = {
  readonly name: string;
  readonly help: string;
  /** Words for bench/run: what is published, and what only shows that the section works. */
  readonly words: string;
  readonly quick: string;
};

const sections: readonly Section[] = [
  {
    name: "cpu",
    help: "CPU time per query, addresses of 100,000 names, beside all peers and a bare echo",
    words: "cpu-per-query --rounds 6 --seconds 4",
    quick: "cpu-per-query --names 1000 --rounds 1 --seconds 1",
  },
  {
    name: "answers",
    help: "the same by kind of answer, over TCP, and mixed with names by Zipf's law",
    words: "answer-kinds --rounds 4 --seconds 3",
    quick: "answer-kinds --names 1000 --rounds 1 --seconds 1",
  },
  {
    name: "routed",
    help: "routed answers, beside gdnsd's and PowerDNS's plug-ins",
    words: "routed-cpu --rounds 5 --seconds 5",
    quick: "routed-cpu --names 100 --rounds 1 --seconds 1",
  },
  {
    name: "xdp",
    help: "AF_XDP over veth pairs, beside Knot's and sockets (as root)",
    words: "cpu-per-query-xdp --rounds 5 --seconds 5",
    quick: "cpu-per-query-xdp --names 1000 --rounds 1 --seconds 1",
  },
  {
    name: "sockets",
    help: "the socket driver's settings: gathering, pinning, steering by CPU, busy polling",
    words: "socket-settings --rounds 5 --seconds 4",
    quick: "socket-settings --names 1000 --rounds 1 --seconds 1",
  },
  {
    name: "memory",
    help: "import, start and memory with 1,000,000 records, beside all peers",
    words: "import-start",
    quick: "import-start --names 10000",
  },
  {
    name: "images",
    help: "many zones and big ones: memory of their images, CPU time inside the process",
    words: "image-sizes",
    quick: "image-sizes --names 10000",
  },
  {
    name: "zones",
    help: "100,000 zones of ten names: start, memory, changes, listing",
    words: "many-zones",
    quick: "many-zones --zones 300 --changes 10",
  },
  {
    name: "update",
    help: "a change until its answer",
    words: "change-latency",
    quick: "change-latency --names 1000 --changes 20",
  },
  {
    name: "discovery",
    help: "50,000 instances of Cloud Map: memory, register until answered",
    words: "cloud-map-scale",
    quick: "cloud-map-scale --instances 200 --changes 20",
  },
  {
    name: "containers",
    help: "containers start, fall sick, stop and die until DNS answers so",
    words: "containers",
    quick: "containers --containers 20 --changes 5",
  },
  {
    name: "load",
    help: "1,000 changes a second into a zone of 1,000,000 names while it is asked",
    words: "update-under-load --rounds 6 --seconds 10",
    quick: "update-under-load --names 10000 --rounds 1 --seconds 3",
  },
  {
    name: "resolver",
    help: "the VPCs' resolver: CPU time per query, beside Unbound's and dnsdist's caches",
    words: "resolver-cpu --rounds 5 --seconds 5",
    quick: "resolver-cpu --names 1000 --rounds 1 --seconds 1",
  },
  {
    name: "private",
    help: "memory and start with 5,000 private zones of 100,000 names",
    words: "resolver-memory",
    quick: "resolver-memory --zones 50 --names 1000",
  },
];

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    quick: { type: "boolean", default: false },
    results: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const wanted = values.only.flatMap((names) => names.split(","));
const unknown = wanted.filter((name) => !sections.some((section) => section.name === name));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`Cannot run: no section ${unknown.join(", ")}\n`);
  console.error(usage());
  process.exit(unknown.length > 0 ? 2 : 0);
}
await runSections(sections.filter(({ name }) => wanted.length === 0 || wanted.includes(name)));

function usage(): string {
  const lines = sections.map(({ name, help }) => `  ${name.padEnd(10)} ${help}`);
  return [
    "usage: npm run bench -- [--only NAME,…] [--quick] [--results FOLDER]",
    "",
    ...lines,
    "",
    "--quick shows that they work; its results go to a new folder, not to bench/results.",
  ].join("\n");
}

async function runSections(chosen: readonly Section[]): Promise<void> {
  const quickFolder = values.quick ? mkdtempSync(join(tmpdir(), "signpost-bench-")) : undefined;
  const folder = values.results ?? quickFolder;
  const outcomes: { name: string; outcome: string; seconds: number }[] = [];
  for (const { name, words, quick } of chosen) {
    console.error(`\n=== ${name}`);
    const startedAt = performance.now();
    const results = folder === undefined ? [] : ["--results", folder];
    const code = await runBenchmark([...(values.quick ? quick : words).split(" "), ...results]);
    const outcome = code === 0 ? "done" : `failed (${code})`;
    outcomes.push({ name, outcome, seconds: Math.round((performance.now() - startedAt) / 1000) });
  }
  console.error(`\nresults in ${folder ?? "bench/results"}`);
  console.table(outcomes);
  if (outcomes.some(({ outcome }) => outcome !== "done")) process.exitCode = 1;
}

async function runBenchmark(words: readonly string[]): Promise<number | string> {
  const child = spawn(join(import.meta.dirname, "run"), words, { stdio: "inherit" });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  return code ?? signal ?? "ended";
}
