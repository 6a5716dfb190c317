import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { stopChild } from "../differential/peers/peer.ts";
import { eventually } from "../support/eventually.ts";
import { dig } from "./dig.ts";
import { within } from "./networks.ts";

export const knotPath = "/usr/sbin/knotd";
export const unboundPath = "/usr/sbin/unbound";

export type NameServer = {
  pid: number;
  /** Lets it hang, or go on: its sockets stay open. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** What it has printed, the last 64 KiB. */
  output(): string;
  stop(): Promise<void>;
};

export type KnotOptions = {
  namespace: string;
  addresses: readonly string[];
  /** Records by origin, without SOA and NS. */
  zones: Readonly<Record<string, readonly string[]>>;
};

/** Knot in a namespace, at port 53 of its addresses. */
export async function startKnot({ namespace, addresses, zones }: KnotOptions): Promise<NameServer> {
  return startServer({
    namespace,
    program: knotPath,
    file: "knot.conf",
    text: (folder) => knotConfiguration(folder, { addresses, origins: Object.keys(zones) }),
    files: Object.fromEntries(
      Object.entries(zones).map(([origin, records]) => [
        fileOf(origin),
        `$ORIGIN ${origin}\n$TTL 60\n@ SOA ns hostmaster 1 7200 900 1209600 60\n${records.join("\n")}\n`,
      ]),
    ),
    ready: { server: addresses[0] ?? "", name: Object.keys(zones)[0] ?? "" },
  });
}

function fileOf(origin: string): string {
  return `${origin === "." ? "root" : origin}.zone`;
}

function knotConfiguration(
  folder: string,
  { addresses, origins }: { addresses: readonly string[]; origins: readonly string[] },
): string {
  const listen = addresses.map((address) => `${address}@53`).join(", ");
  const entries = origins.map(
    (origin) => `  - domain: "${origin}"\n    file: "${fileOf(origin)}"\n`,
  );
  return `server:
  rundir: "${folder}"
  listen: [ ${listen} ]
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "${folder}"
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: "${folder}"
    semantic-checks: off
    zonefile-sync: -1
    journal-content: none
zone:
${entries.join("")}`;
}

export type UnboundOptions = {
  namespace: string;
  port: number;
  /** Where the root zone is served: the only server it begins at. */
  rootServer: string;
  /** Further lines of the server's section. */
  lines?: readonly string[];
};

/** Debian's Unbound on loopback of a namespace: a recursive resolver with a root of its own. */
export async function startUnbound(options: UnboundOptions): Promise<NameServer> {
  const { namespace, port } = options;
  return startServer({
    namespace,
    program: unboundPath,
    file: "unbound.conf",
    text: (folder) => unboundConfiguration(folder, options),
    files: {},
    flags: ["-d"],
    ready: { server: `127.0.0.1#${port}`, name: "." },
  });
}

function unboundConfiguration(folder: string, { port, rootServer, lines = [] }: UnboundOptions) {
  return `server:
  interface: 127.0.0.1
  port: ${port}
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  num-threads: 1
  log-queries: yes
  module-config: "iterator"
  do-not-query-localhost: no
${lines.map((line) => `  ${line}\n`).join("")}remote-control:
  control-enable: no
stub-zone:
  name: "."
  stub-addr: ${rootServer}
  stub-prime: no
`;
}

type ServerStart = {
  namespace: string;
  program: string;
  file: string;
  text(folder: string): string;
  files: Readonly<Record<string, string>>;
  flags?: readonly string[];
  /** Answers for this name's SOA when it is ready. */
  ready: { server: string; name: string };
};

async function startServer(start: ServerStart): Promise<NameServer> {
  const { namespace, program, file, files, flags = [], ready } = start;
  const folder = mkdtempSync(join(tmpdir(), "signpost-resolver-"));
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries({ ...files, [file]: start.text(folder) })) {
    writeFileSync(join(folder, name), text);
  }
  const [first = "", ...rest] = within(namespace);
  const child = spawn(first, [...rest, program, ...flags, "-c", join(folder, file)], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const output = collect(child);
  const stop = async (): Promise<void> => {
    child.kill("SIGCONT");
    await stopChild(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await eventually(`${program} answers`, async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      const { status } = await dig(namespace, ready.server, ready.name, "SOA", "+time=1");
      return status === "NOERROR";
    });
  } catch (error) {
    await stop();
    throw new Error(`Cannot start ${program}: ${(error as Error).message}\n${output()}`);
  }
  return { pid: child.pid ?? 0, signal: (signal) => void child.kill(signal), output, stop };
}

/** The last 64 KiB that it has printed. */
function collect(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (octets: Buffer) => (text = (text + octets.toString()).slice(-65_536)));
  }
  return () => text;
}
