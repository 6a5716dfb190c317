import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { stopChild } from "../test/differential/peers/peer.ts";
import { makeCertificate } from "../test/support/certificates.ts";
import { median, publish } from "./report.ts";
import { onServerCore } from "./servers.ts";

/** How much is measured. */
export type HealthProbesOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  readonly rounds: number;
  readonly seconds: number;
};

type Load = { name: string; kind: string; isTls: boolean };
type Sample = { probes: number; failed: number; elapsedSeconds: number; cpuMicros: number };

const loads: readonly Load[] = [
  { name: "TCP", kind: "tcp", isTls: false },
  { name: "HTTP", kind: "http", isTls: false },
  { name: "HTTP, string match", kind: "string", isTls: false },
  { name: "HTTPS with SNI", kind: "https", isTls: true },
  { name: "HTTP with undici instead", kind: "undici", isTls: false },
  { name: "HTTP with a bare socket", kind: "bare", isTls: false },
];

const root = join(import.meta.dirname, "..");
const onEndpointCore = ["taskset", "-c", "1"];

/** Probes per second and CPU time per probe of one core, against endpoints on the other. */
export async function healthProbes(options: HealthProbesOptions): Promise<void> {
  const endpoints = await startEndpoints();
  const samples = new Map(loads.map((load): [Load, Sample[]] => [load, []]));
  try {
    for (let round = 0; round < options.rounds; round++) {
      for (const [load, taken] of samples) {
        const port = load.isTls ? endpoints.httpsPort : endpoints.httpPort;
        taken.push(measure(load, { port, seconds: options.seconds }));
      }
    }
  } finally {
    await endpoints.stop();
  }
  publishSamples(samples, options);
}

async function startEndpoints() {
  const folder = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const { cert, key } = makeCertificate({ names: ["www.example"] });
  writeFileSync(join(folder, "cert"), cert);
  writeFileSync(join(folder, "key"), key);
  const script = [join(import.meta.dirname, "probe-endpoints.ts")];
  const files = [join(folder, "cert"), join(folder, "key")];
  const command = [...onEndpointCore, join(root, "tools/node"), ...script, ...files];
  const child = spawn(command[0] as string, command.slice(1), {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  let ports = ["", ""];
  for await (const line of createInterface({ input: child.stdout })) {
    ports = line.split(" ").slice(1);
    break;
  }
  rmSync(folder, { recursive: true });
  const [httpPort = "", httpsPort = ""] = ports;
  return { httpPort, httpsPort, stop: () => stopChild(child) };
}

function measure(load: Load, { port, seconds }: { port: string; seconds: number }): Sample {
  const script = join(import.meta.dirname, "probe-load.ts");
  const words = [join(root, "tools/node"), script, load.kind, port, String(seconds)];
  const [command = "", ...rest] = [...onServerCore, ...words];
  const sample = JSON.parse(execFileSync(command, rest, { encoding: "utf8" })) as Sample;
  console.error(`${load.name}: ${JSON.stringify(sample)}`);
  return sample;
}

function publishSamples(
  samples: ReadonlyMap<Load, readonly Sample[]>,
  { results, rounds, seconds }: HealthProbesOptions,
): void {
  const rows = [...samples].map(([{ name }, taken]) => {
    const micros = taken.map(({ cpuMicros, probes }) => cpuMicros / probes);
    const rate = median(taken.map(({ probes, elapsedSeconds }) => probes / elapsedSeconds));
    const perCore = 1e6 / median(micros);
    const range = `${Math.min(...micros).toFixed(0)}–${Math.max(...micros).toFixed(0)}`;
    const failed = taken.reduce((sum, sample) => sum + sample.failed, 0);
    const numbers = [median(micros), perCore, rate].map((number) => number.toFixed(0));
    return [name, numbers[0] ?? "", range, numbers[1] ?? "", numbers[2] ?? "", String(failed)];
  });
  publish(
    {
      name: "health-probes",
      title: "Health probes of one core",
      method:
        "One process on core 0 probes endpoints in a process on core 1, 64 at a time, each with a " +
        "connection of its own over loopback and a fresh handshake (TLS 1.3, ECDSA P-256). " +
        `${rounds} rounds of ${seconds} s over all kinds in turn, each after one second to warm ` +
        "up; medians. Per core: what one core's CPU time is enough for. Done: what was done a " +
        "second, which the endpoints' core limits too. The last two rows are no probes of " +
        "Signpost's: they show what another client and what the sockets alone cost.",
      columns: ["probe", "CPU µs/probe", "range", "per core, 1/s", "done, 1/s", "failed"],
      rows,
    },
    results,
  );
}
