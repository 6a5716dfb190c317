import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { formatName, parseName, type Name } from "../../../src/dns/wire/name.ts";
import { RCODE, TYPE } from "../../../src/dns/wire/registries.ts";
import { DnsClient } from "../../support/dns-client.ts";
import { ask } from "../query.ts";
import { readResponse } from "../response.ts";
import type { ZoneFile } from "../zone-files.ts";

/** What a peer is to serve, and where: `directory` is its own, to write into. */
export type PeerOptions = {
  readonly directory: string;
  readonly port: number;
  readonly zones: readonly ZoneFile[];
};

/** How one kind of name server is configured and started in the foreground. */
export type PeerKind = {
  readonly name: string;
  readonly program: string;
  /** Prints the version on stdout or stderr. */
  readonly versionArguments: readonly string[];
  configure(options: PeerOptions): {
    readonly files: Readonly<Record<string, string>>;
    readonly arguments: readonly string[];
  };
};

/** A running name server on a loopback port. */
export type Peer = {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from the start of the process to the first authoritative answer. */
  readonly startMs: number;
  stop(): Promise<void>;
};

const readyTimeoutMsDefault = 30_000;
const servedPollMs = 10;

/** The `PATH` with the folders where Debian puts servers. */
const searchPath = `${process.env["PATH"]}:/usr/sbin:/sbin`;

/** The version that an installed peer prints; `undefined` where it is not installed. */
export function peerVersion(kind: PeerKind): string | undefined {
  const { stdout, stderr, error } = spawnSync(kind.program, kind.versionArguments, {
    encoding: "utf8",
    env: { ...process.env, PATH: searchPath },
  });
  if (error) return undefined;
  const lines = `${stdout}\n${stderr}`.split("\n");
  const line = lines.find((text) => /\d+\.\d+\.\d+/.test(text)) ?? "";
  // PowerDNS begins it with the time.
  return line.replace(/^\w{3} \d+ [\d:]+ /, "").trim();
}

/** Options of a start. */
export type PeerStart = {
  readonly zones: readonly ZoneFile[];
  /** Prefix of the command line, such as `["taskset", "-c", "0"]`. */
  readonly prefix?: readonly string[];
  readonly readyTimeoutMs?: number;
};

/**
 * Starts a peer on a free loopback port and waits until it answers for all zones.
 * @throws Error with the peer's own output where it does not get there
 */
export async function startPeer(kind: PeerKind, start: PeerStart): Promise<Peer> {
  const directory = mkdtempSync(join(tmpdir(), `signpost-${kind.name}-`));
  const port = await freePort();
  const configuration = kind.configure({ directory, port, zones: start.zones });
  for (const [name, text] of Object.entries(configuration.files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  const command = [...(start.prefix ?? []), kind.program, ...configuration.arguments];
  const startedAt = performance.now();
  const child = spawn(command[0] as string, command.slice(1), {
    cwd: directory,
    env: { ...process.env, PATH: searchPath },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  killWhenWeEnd(child);
  const output = collectOutput(child);
  async function stop(): Promise<void> {
    await stopChild(child);
    rmSync(directory, { recursive: true, force: true });
  }
  try {
    await waitUntilServed({
      port,
      names: start.zones.map((zone) => parseName(zone.origin)),
      timeoutMs: start.readyTimeoutMs ?? readyTimeoutMsDefault,
      failed: () => (child.exitCode === null ? undefined : `exited with ${child.exitCode}`),
    });
  } catch (error) {
    await stop();
    throw new Error(`${kind.name}: ${(error as Error).message}\n${output()}`);
  }
  const startMs = performance.now() - startedAt;
  return { name: kind.name, port, pid: child.pid as number, startMs, stop };
}

/** A port that is free for UDP and TCP on 127.0.0.1 at the time of asking. */
export async function freePort(): Promise<number> {
  for (;;) {
    const tcp = createServer();
    await new Promise<void>((done) => tcp.listen(0, "127.0.0.1", done));
    const { port } = tcp.address() as { port: number };
    const udp = createSocket("udp4");
    const free = await new Promise<boolean>((done) => {
      udp.once("error", () => done(false));
      udp.bind(port, "127.0.0.1", () => done(true));
    });
    await new Promise<void>((done) => udp.close(() => done()));
    await new Promise((done) => tcp.close(done));
    if (free) return port;
  }
}

/** Keeps the last 64 KiB that the child printed. */
function collectOutput(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => (text = (text + chunk.toString()).slice(-65_536)));
  }
  return () => text;
}

/**
 * Waits until a server on a loopback port answers for all zones with authority.
 * @throws Error where it does not in time, or `failed` says why it never will
 */
export async function waitUntilServed(options: {
  readonly port: number;
  /** Apexes. */
  readonly names: readonly Name[];
  readonly timeoutMs: number;
  readonly failed?: () => string | undefined;
}): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  const client = await DnsClient.open({ port: options.port, timeoutMs: 50, tries: 1 });
  try {
    for (const name of options.names) {
      while (!(await zoneIsServed(client, name))) {
        const failure = options.failed?.();
        if (failure !== undefined) throw new Error(failure);
        if (performance.now() > deadline) throw new Error(`does not serve ${formatName(name)}`);
        await sleep(servedPollMs);
      }
    }
  } finally {
    client.close();
  }
}

/** Whether the server answers for the zone's SOA with authority. */
async function zoneIsServed(client: DnsClient, name: Name): Promise<boolean> {
  const octets = await ask(client, {
    name,
    type: TYPE.SOA,
    mode: "plain",
    recursionDesired: false,
  });
  if (!octets) return false;
  const response = readResponse(octets);
  return response.aa === "true" && response.rcode === String(RCODE.NOERROR);
}

/**
 * Ends a child that leads a process group, and the whole group: SIGTERM, and SIGKILL where that is
 * not heard within 3 s.
 */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  killGroup(child, "SIGTERM");
  const killer = setTimeout(() => killGroup(child, "SIGKILL"), 3_000);
  await gone;
  clearTimeout(killer);
}

/** Leaves no server behind when a test or a benchmark dies of an error. */
function killWhenWeEnd(child: ChildProcess): void {
  const kill = () => killGroup(child, "SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Gone by itself.
  }
}
