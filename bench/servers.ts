import { execFileSync, spawn } from "node:child_process";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { importZones } from "../test/differential/transfer-zones.ts";
import { bind } from "../test/differential/peers/bind.ts";
import { knot } from "../test/differential/peers/knot.ts";
import { nsd } from "../test/differential/peers/nsd.ts";
import {
  freePort,
  peerVersion,
  startPeer,
  stopChild,
  type PeerKind,
} from "../test/differential/peers/peer.ts";
import type { ZoneFile } from "../test/differential/zone-files.ts";
import { startSignpost, type SignpostProcess } from "../test/support/signpost-process.ts";
import { gdnsd } from "./peers/gdnsd.ts";
import { powerdns } from "./peers/powerdns.ts";

/** A server under load. */
export type Server = {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
};

/** The name servers that Signpost is measured against. */
export const peerKinds: readonly PeerKind[] = [gdnsd, nsd, knot, bind, powerdns];

/** Prefix of the command line of every server under load: all its threads on core 0. */
export const onServerCore: readonly string[] = ["taskset", "-c", "0"];

const root = join(import.meta.dirname, "..");

/** Signpost under load: its API, too. */
export type SignpostServer = Server & { readonly signpost: SignpostProcess };

/**
 * Signpost, with one answering worker on core 0, and the zone imported.
 * @param start further flags of `bin/signpost up`, and another prefix of its command line
 */
export async function startBenchSignpost(
  zone: ZoneFile,
  start: { readonly args?: readonly string[]; readonly prefix?: readonly string[] } = {},
): Promise<SignpostServer> {
  const { args = [], prefix = onServerCore } = start;
  const signpost = await startSignpost({ prefix, args: ["--workers", "1", ...args] });
  await importZones(signpost, [zone]);
  return {
    name: "signpost",
    signpost,
    port: signpost.dns.port,
    pid: signpost.pid,
    stop: () => signpost.stop(),
  };
}

/**
 * The peers that are installed, all serving the zone.
 * @param names of those that are wanted; none: all
 */
export async function startBenchPeers(zone: ZoneFile, names: readonly string[]): Promise<Server[]> {
  const servers: Server[] = [];
  for (const kind of peerKinds) {
    if (names.length > 0 && !names.includes(kind.name)) continue;
    const peer = await startBenchPeer(kind, zone);
    if (peer) servers.push(peer);
  }
  return servers;
}

/** A peer that serves the zone; `undefined` where it is not installed. */
export async function startBenchPeer(kind: PeerKind, zone: ZoneFile): Promise<Server | undefined> {
  if (peerVersion(kind) === undefined) return undefined;
  return startPeer(kind, { zones: [zone], prefix: onServerCore, readyTimeoutMs: 120_000 });
}

/** The bare echo over Signpost's own `mmsg` driver: what the socket path itself costs. */
export async function startEchoServer(): Promise<Server> {
  const port = await freePort();
  const script = join(import.meta.dirname, "echo-server.ts");
  const command = [...onServerCore, join(root, "tools/node"), script, String(port)];
  const child = spawn(command[0] as string, command.slice(1), {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.length > 0) break;
  }
  return { name: "echo", port, pid: child.pid as number, stop: () => stopChild(child) };
}

/** Name and version of Signpost, Node and each peer, and of the machine: a list for a report. */
export function versions(): string[] {
  const commit = output("git", ["-C", root, "rev-parse", "--short", "HEAD"]);
  const cpu = output("sh", ["-c", "grep -m1 'model name' /proc/cpuinfo | cut -d: -f2"]);
  const peers = peerKinds.map((kind) => peerVersion(kind) ?? `${kind.name}: not installed`);
  const size = `${availableParallelism()} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const system = `Linux ${output("uname", ["-r"])}, ${cpu}, ${size}`;
  return [`Signpost at ${commit}`, `Node ${process.version}`, system, ...peers];
}

function output(command: string, words: readonly string[]): string {
  return execFileSync(command, words, { encoding: "utf8" }).trim();
}
