import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { knot } from "../test/differential/peers/knot.ts";
import { peerVersion, stopChild, type PeerKind } from "../test/differential/peers/peer.ts";
import { importZones } from "../test/differential/transfer-zones.ts";
import type { ZoneFile } from "../test/differential/zone-files.ts";
import { startSignpost } from "../test/support/signpost-process.ts";
import { queryOf } from "../test/support/zone-under-test.ts";
import { inNamespace } from "../test/xdp/namespace-libc.ts";
import { BlockingClient } from "../test/xdp/namespace-sockets.ts";
import { openCable, type Cable } from "./cable.ts";
import { gdnsd } from "./peers/gdnsd.ts";
import { onServerCore } from "./servers.ts";

/** A server at one end of a cable of its own; the load comes from the other end. */
export type CableServer = {
  readonly name: string;
  readonly cable: Cable;
  readonly pid: number;
  stop(): Promise<void>;
};

/** Every server has its own namespace, so all have the same port. */
export const cablePort = 5300;
const readyTimeoutMs = 60_000;
const readyPollMs = 200;
const knotSockets = "knot sockets";
const gdnsdSockets = "gdnsd sockets";
const cores = { server: "0", load: "1" };

/** A server and how to start it; `undefined` where it is not installed. */
type CableServerKind = { name: string; start(name: string): Promise<CableServer | undefined> };

/** All servers that are measured. */
export function cableServers(zone: ZoneFile): readonly CableServerKind[] {
  return [
    {
      name: "signpost xdp",
      start: (name) => startSignpostAt(zone, name, (on) => ["--io", `xdp:${on}`]),
    },
    {
      name: "signpost sockets",
      start: (name) => startSignpostAt(zone, name, () => ["--io", "mmsg"]),
    },
    { name: "echo xdp", start: (name) => startEchoAt(name) },
    { name: "knot xdp", start: (name) => startPeerAt(knot, zone, { name, more: knotXdp }) },
    { name: knotSockets, start: (name) => startPeerAt(knot, zone, { name }) },
    { name: gdnsdSockets, start: (name) => startPeerAt(gdnsd, zone, { name }) },
  ];
}

/** Peers that answer through sockets, by name. */
export const socketPeers: readonly string[] = [knotSockets, gdnsdSockets];

/** Knot answers from sockets beside. */
function knotXdp(cable: Cable): Readonly<Record<string, string>> {
  return { "knot.conf": `xdp:\n  listen: ${cable.server.interface}@${cablePort}\n` };
}

async function startSignpostAt(
  zone: ZoneFile,
  name: string,
  io: (interfaceName: string) => readonly string[],
): Promise<CableServer> {
  const cable = openCable(cores);
  const { namespace, ipv4, interface: interfaceName } = cable.server;
  const listen = ["--dns", `${ipv4}:${cablePort}`, "--workers", "1"];
  const signpost = await startSignpost({
    prefix: inside(namespace),
    args: [...listen, ...io(interfaceName)],
  });
  await inNamespace(namespace, () => importZones(signpost, [zone]));
  return {
    name,
    cable,
    pid: signpost.pid,
    stop: () => signpost.stop().finally(() => cable.close()),
  };
}

/** The bare echo over the same driver: what packets cost with no name server behind them. */
async function startEchoAt(name: string): Promise<CableServer> {
  const cable = openCable(cores);
  const script = join(import.meta.dirname, "echo-server.ts");
  const { ipv4, interface: interfaceName } = cable.server;
  const words = [script, `${ipv4}:${cablePort}`, `xdp:${interfaceName}`];
  return startAt(cable, { name, command: [process.execPath, ...words] });
}

async function startPeerAt(
  kind: PeerKind,
  zone: ZoneFile,
  options: { name: string; more?: (cable: Cable) => Readonly<Record<string, string>> },
): Promise<CableServer | undefined> {
  if (peerVersion(kind) === undefined) return undefined;
  const cable = openCable(cores);
  const directory = mkdtempSync(join(tmpdir(), `signpost-${kind.name}-`));
  const { files, arguments: words } = kind.configure({ directory, port: cablePort, zones: [zone] });
  const more = options.more?.(cable) ?? {};
  for (const [file, text] of Object.entries(files)) {
    const path = join(directory, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll("127.0.0.1", cable.server.ipv4) + (more[file] ?? ""));
  }
  const server = await startAt(cable, { name: options.name, command: [kind.program, ...words] });
  const stop = (): Promise<void> =>
    server.stop().finally(() => rmSync(directory, { recursive: true, force: true }));
  return { ...server, stop };
}

async function startAt(
  cable: Cable,
  { name, command }: { name: string; command: readonly string[] },
): Promise<CableServer> {
  const [program = "", ...words] = [...inside(cable.server.namespace), ...command];
  const path = `${process.env["PATH"]}:/usr/sbin:/sbin`;
  const child = spawn(program, words, {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
    env: { ...process.env, PATH: path },
  });
  const stop = (): Promise<void> => stopChild(child).finally(() => cable.close());
  try {
    await waitUntilAnswering(cable, child);
  } catch (error) {
    await stop();
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
  return { name, cable, pid: child.pid as number, stop };
}

async function waitUntilAnswering(cable: Cable, child: ChildProcess): Promise<void> {
  let output = "";
  child.stderr?.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4096)));
  const deadline = performance.now() + readyTimeoutMs;
  while (performance.now() < deadline && child.exitCode === null) {
    if (answers(cable)) return;
    await new Promise((done) => setTimeout(done, readyPollMs));
  }
  throw new Error(`no answer\n${output}`);
}

/** A refused port is an error of the socket. */
function answers({ client, server }: Cable): boolean {
  const socket = new BlockingClient(client.namespace, { address: server.ipv4, port: cablePort });
  try {
    socket.setTimeout(readyPollMs);
    return (socket.ask(queryOf("ns1.bench.test.", "A"))?.length ?? 0) > 0;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

function inside(namespace: string): readonly string[] {
  return ["ip", "netns", "exec", namespace, ...onServerCore];
}
