import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateServiceCommand } from "@aws-sdk/client-servicediscovery";
import { askAddress } from "../test/support/ask-address.ts";
import { cloudMapClient, publicNamespace } from "../test/support/cloud-map-client.ts";
import { startDiscover } from "../test/support/discover-process.ts";
import { DockerEngineStandIn } from "../test/support/docker-engine.ts";
import { startSignpost } from "../test/support/signpost-process.ts";
import type { SignpostProcess } from "../test/support/signpost-process.ts";
import { cpuTimeNs, proportionalMemoryKib } from "./process-tree.ts";
import { publish, quantile } from "./report.ts";

export type ContainersOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  /** Containers that run all the time. */
  readonly containerCount: number;
  readonly changes: number;
};

const serviceCount = 20;
const namespace = "shop.example";
/** The service of the container that changes. */
const measured = `measured.${namespace}`;
const labels = { "signpost.service": measured };
const timeoutMs = 10_000;
const metricsAddress = "127.0.0.1:9399";

type World = {
  signpost: SignpostProcess;
  engine: DockerEngineStandIn;
  directory: string;
};

/** Container → Cloud Map → DNS: how long an answer takes to follow, with many others running. */
export async function containers(options: ContainersOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const signpost = await startSignpost({ args: ["--log-level", "error"] });
  const engine = new DockerEngineStandIn({ socketPath: join(directory, "docker.sock") });
  await engine.listen();
  const world = { signpost, engine, directory };
  try {
    await createServices(world);
    runContainers(engine, options.containerCount);
    const first = await watch(world);
    const registered = await untilSettled(first.startMs, () => settled(options));
    await first.watcher.kill("SIGKILL");
    const second = await watch(world);
    const rows = await measure(world, options.changes);
    const usage = usageOf(second.watcher.pid);
    await second.watcher.kill("SIGKILL");
    report({ options, rows, remarks: remarks({ options, registered, second, usage }) });
  } finally {
    await engine.close();
    await signpost.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function createServices({ signpost }: World): Promise<void> {
  const client = cloudMapClient(signpost);
  const NamespaceId = await publicNamespace(client, namespace);
  const names = Array.from({ length: serviceCount }, (_, i) => `s${i}`);
  for (const Name of [...names, "measured"]) {
    await client.send(
      new CreateServiceCommand({
        ...{ Name, NamespaceId },
        DnsConfig: { RoutingPolicy: "MULTIVALUE", DnsRecords: [{ Type: "A", TTL: 1 }] },
        // The measured service shows a sick container as one that is out.
        ...(Name === "measured" ? {} : { HealthCheckCustomConfig: { FailureThreshold: 1 } }),
      }),
    );
  }
  client.destroy();
}

function runContainers(engine: DockerEngineStandIn, count: number): void {
  for (let i = 0; i < count; i += 1) {
    engine.run({
      name: `c${i}`,
      labels: { "signpost.service": `s${i % serviceCount}.${namespace}` },
      networks: { bridge: { ipv4: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` } },
    });
  }
}

async function watch({ signpost, engine, directory }: World) {
  const startMs = performance.now();
  const watcher = startDiscover([
    ...["--data", signpost.dataDir, "--docker", engine.socketPath, "--log-level", "error"],
    ...["--control", join(directory, "discover.sock"), "--metrics", metricsAddress],
  ]);
  await watcher.ready;
  return { watcher, startMs, readyMs: performance.now() - startMs };
}

async function settled(options: ContainersOptions): Promise<boolean> {
  const text = await (await fetch(`http://${metricsAddress}/metrics`)).text();
  const isAll = text.includes(`signpost_discover_instances ${options.containerCount}\n`);
  return isAll && text.includes("signpost_discover_instances_unsettled 0\n");
}

async function untilSettled(startMs: number, isSo: () => Promise<boolean>): Promise<number> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
  return performance.now() - startMs;
}

async function measure({ signpost, engine }: World, changes: number): Promise<string[][]> {
  const samples = new Map<string, number[]>();
  const follow = async (what: string, wanted: string, change: () => void): Promise<void> => {
    const startMs = performance.now();
    change();
    await untilAnswer(signpost, wanted);
    samples.set(what, [...(samples.get(what) ?? []), performance.now() - startMs]);
  };
  for (let i = 0; i < changes; i += 1) {
    const ipv4 = `172.31.${i >> 8}.${i & 255}`;
    const spec = { name: `m${i}`, labels, networks: { bridge: { ipv4 } } };
    let id = "";
    await follow("starts", `${ipv4} 1`, () => (id = engine.run(spec)));
    await follow("turns unhealthy", "NXDOMAIN", () => engine.setHealth(id, "unhealthy"));
    await follow("turns healthy", `${ipv4} 1`, () => engine.setHealth(id, "healthy"));
    await follow("gets its stop signal", "NXDOMAIN", () => engine.signal(id, 15));
    engine.die(id);
    await follow("starts again", `${ipv4} 1`, () => engine.start(id));
    await follow("dies", "NXDOMAIN", () => engine.die(id));
    engine.remove(id);
  }
  return [...samples].map(([what, values]) => [
    what,
    ...[0.5, 0.99, 1].map((share) => quantile(values, share).toFixed(1)),
  ]);
}

async function untilAnswer({ dns }: SignpostProcess, wanted: string): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while ((await askAddress(dns, measured)) !== wanted) {
    if (performance.now() > endMs) throw new Error(`${measured} is not ${wanted}`);
  }
}

function usageOf(pid: number): { cpuSeconds: number; memoryMib: number } {
  return { cpuSeconds: cpuTimeNs(pid) / 1e9, memoryMib: proportionalMemoryKib(pid) / 1024 };
}

function remarks(found: {
  options: ContainersOptions;
  registered: number;
  second: { readyMs: number };
  usage: { cpuSeconds: number; memoryMib: number };
}): string[] {
  const { options, registered, second, usage } = found;
  const count = options.containerCount;
  return [
    `The first start registered all ${count} after ${(registered / 1000).toFixed(1)} s. After a SIGKILL` +
      ` the next start had compared them all after ${(second.readyMs / 1000).toFixed(1)} s, and` +
      " had nothing to change.",
    `That watcher then took ${usage.cpuSeconds.toFixed(1)} s of CPU time for its start and all` +
      ` changes, and ${usage.memoryMib.toFixed(0)} MiB (PSS).`,
  ];
}

function report(made: { options: ContainersOptions; rows: string[][]; remarks: string[] }): void {
  const { containerCount, results, changes } = made.options;
  publish(
    {
      name: "containers",
      title: "From a container to its answer",
      method:
        `A stand-in for the Docker Engine with ${containerCount} labelled containers in` +
        ` ${serviceCount} services, \`signpost discover docker\`, and Signpost. One more container` +
        " starts, turns unhealthy (in a service that takes no health) and healthy, is told to" +
        ` stop, dies: time from the engine's event until a UDP query, repeated without a pause,` +
        ` has the new answer. Each ${changes} times, one after the other. Milliseconds.`,
      columns: ["the container", "p50", "p99", "max"],
      rows: made.rows,
      remarks: made.remarks,
    },
    results,
  );
}
