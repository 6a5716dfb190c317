import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { freePort, stopChild } from "../../test/differential/peers/peer.ts";
import { DnsClient } from "../../test/support/dns-client.ts";
import { encodeQuery, wireQueryOf } from "../../src/resolver/upstream/wire-query.ts";
import { upstreamQuery } from "../../test/support/upstream-messages.ts";
import { onServerCore, type Server } from "../servers.ts";

/** A caching resolver or proxy that Signpost's resolver is measured against. */
export type ResolverKind = {
  readonly name: string;
  readonly program: string;
  readonly versionArguments: readonly string[];
  configure(at: ResolverPlace): {
    /** The configuration's text. */
    readonly text: string;
    arguments(file: string): readonly string[];
  };
};

export type ResolverPlace = {
  readonly directory: string;
  readonly port: number;
  /** The zone, and the port of the name server that has it. */
  readonly origin: string;
  readonly upstreamPort: number;
};

/** Unbound with one thread, and caches that hold all of it. */
export const unbound: ResolverKind = {
  name: "unbound",
  program: "/usr/sbin/unbound",
  versionArguments: ["-V"],
  configure: ({ directory, port, origin, upstreamPort }) => ({
    text: `server:
  interface: 127.0.0.1
  port: ${port}
  directory: "${directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  minimal-responses: yes
  msg-cache-size: 64m
  rrset-cache-size: 128m
  cache-max-negative-ttl: 86400
  local-zone: "test." nodefault
remote-control:
  control-enable: no
stub-zone:
  name: "${origin}"
  stub-addr: 127.0.0.1@${upstreamPort}
`,
    arguments: (file) => ["-d", "-c", file],
  }),
};

/** dnsdist, which answers from its cache of packets. */
export const dnsdist: ResolverKind = {
  name: "dnsdist",
  program: "/usr/bin/dnsdist",
  versionArguments: ["--version"],
  configure: ({ port, upstreamPort }) => ({
    text: `setLocal("127.0.0.1:${port}")
newServer({address="127.0.0.1:${upstreamPort}", checkInterval=60})
getPool(""):setCache(newPacketCache(200000, {maxTTL=86400, maxNegativeTTL=86400}))
setSecurityPollSuffix("")
`,
    arguments: (file) => ["--supervised", "--disable-syslog", "-C", file],
  }),
};

export const resolverKinds: readonly ResolverKind[] = [unbound, dnsdist];

/** The version it prints; `undefined` where it is not installed. */
export function resolverVersion({ program, versionArguments }: ResolverKind): string | undefined {
  const { stdout, error } = spawnSync(program, versionArguments, { encoding: "utf8" });
  return error ? undefined : stdout.split("\n")[0];
}

/** Starts it on core 0 and waits until it answers. */
export async function startResolver(
  kind: ResolverKind,
  zone: Pick<ResolverPlace, "origin" | "upstreamPort">,
): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), `signpost-${kind.name}-`));
  const port = await freePort();
  const { text, arguments: words } = kind.configure({ ...zone, directory, port });
  const file = join(directory, "configuration");
  writeFileSync(file, text);
  const [first = "", ...rest] = [...onServerCore, kind.program, ...words(file)];
  const child = spawn(first, rest, { stdio: ["ignore", "ignore", "ignore"], detached: true });
  const stop = async (): Promise<void> => {
    await stopChild(child);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilAnswers(port, zone.origin);
  } catch (error) {
    await stop();
    throw error;
  }
  return { name: kind.name, port, pid: child.pid as number, stop };
}

const startTimeoutMs = 10_000;

/** @throws Error where the port does not answer in time */
export async function untilAnswers(port: number, name: string): Promise<void> {
  const client = await DnsClient.open({ port, timeoutMs: 200, tries: 1 });
  const wire = wireQueryOf(upstreamQuery(`${name} SOA`), { mixCase: undefined, hasEdns: false });
  const query = encodeQuery(wire, { id: 0, padded: false });
  const endMs = performance.now() + startTimeoutMs;
  try {
    for (;;) {
      const response = await client.askUdp(query);
      // NOERROR.
      if (response && ((response[3] ?? 0) & 15) === 0) return;
      if (performance.now() > endMs) throw new Error(`Cannot start: port ${port} is silent`);
      await sleep(20);
    }
  } finally {
    client.close();
  }
}
