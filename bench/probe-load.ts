/**
 * Probes without pause, for `bench/health-probes.ts`: `tools/node bench/probe-load.ts KIND PORT
 * SECONDS` prints as JSON how many probes of a kind it has done, and the CPU time that they took.
 */
import { connect } from "node:net";
import { Client } from "undici";

import { present } from "../src/base/assert.ts";
import { parseCidr } from "../src/base/ip.ts";
import { probe } from "../src/health/probes/probe.ts";
import type { ProbeSpec } from "../src/health/probes/probe-spec.ts";
import { isSuccess } from "../src/health/probes/reason.ts";

/** Probes under way at a time; and the addresses of 127.0.0.0/8 that they go to in turn. */
const concurrency = 64;
const addressCount = 200;
const warmUpSeconds = 1;

const [kind = "", portText = "", secondsText = ""] = process.argv.slice(2);
const port = Number(portText);
const surroundings = { allow: [present(parseCidr("127.0.0.0/8"), "a block")] };
const limits = { connectTimeoutMs: 4_000, responseTimeoutMs: 2_000, bodyTimeoutMs: 2_000 };
const http = { ...limits, kind: "http", host: "www.example", path: "/health", port } as const;

const specs: Readonly<Record<string, ProbeSpec>> = {
  tcp: { kind: "tcp", port, connectTimeoutMs: 10_000 },
  http: { ...http, tls: false, sni: false },
  string: { ...http, tls: false, sni: false, search: "all is well" },
  https: { ...http, tls: true, sni: true },
};

/** The least that an HTTP probe could do: no parser, no guard, no result. */
function bareSocket(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const timer = setTimeout(() => socket.destroy(), limits.connectTimeoutMs);
    socket.once("connect", () =>
      socket.write("GET /health HTTP/1.1\r\nHost: www.example\r\nConnection: close\r\n\r\n"),
    );
    socket.once("data", (octets) => {
      socket.destroy();
      clearTimeout(timer);
      resolve(octets.toString("latin1", 9, 12) === "200");
    });
    socket.on("error", () => {});
  });
}

/** The same with undici, the other client that there is: one for each probe. */
async function undiciClient(address: string): Promise<boolean> {
  const client = new Client(`http://${address}:${port}`, { pipelining: 0, maxHeaderSize: 16_384 });
  const status = await new Promise<number>((resolve) => {
    client.dispatch(
      { path: "/health", method: "GET", headers: { host: "www.example" }, reset: true },
      {
        onRequestStart() {},
        onResponseStart(controller, statusCode) {
          resolve(statusCode);
          controller.abort(new Error("seen enough"));
        },
        onResponseData() {},
        onResponseEnd() {},
        onResponseError: () => resolve(0),
      },
    );
  });
  await client.destroy();
  return status === 200;
}

async function once(address: string): Promise<boolean> {
  if (kind === "bare") return bareSocket(address);
  if (kind === "undici") return undiciClient(address);
  const spec = present(specs[kind], `a kind of probe: ${kind}`);
  return isSuccess((await probe({ ...spec, address } as ProbeSpec, surroundings)).reason);
}

async function load(seconds: number): Promise<{ probes: number; failed: number }> {
  const until = performance.now() + seconds * 1_000;
  let probes = 0;
  let failed = 0;
  const turn = async (): Promise<void> => {
    while (performance.now() < until) {
      const succeeded = await once(`127.0.0.${1 + (probes++ % addressCount)}`);
      if (!succeeded) failed++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, turn));
  return { probes, failed };
}

await load(warmUpSeconds);
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
const done = await load(Number(secondsText));
const cpu = process.cpuUsage(cpuBefore);
const elapsedSeconds = (performance.now() - startedAt) / 1_000;
console.log(JSON.stringify({ ...done, elapsedSeconds, cpuMicros: cpu.user + cpu.system }));
