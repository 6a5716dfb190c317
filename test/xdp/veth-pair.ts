import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { loadLibc } from "../../src/dataplane/server/libc.ts";
import { Bpf, MAP_SOCKETS } from "../../src/dataplane/server/xdp/bpf.ts";
import { testWith } from "../support/peers.ts";
import { inNamespace } from "./namespace-libc.ts";

const ip = "/usr/sbin/ip";

/** One end of the cable. */
export type End = {
  namespace: string;
  interface: string;
  ipv4: string;
  ipv6: string;
  mac: Uint8Array;
};

/** Two network namespaces with a cable between them. */
export type VethPair = { server: End; client: End; close(): void };

let pairCount = 0;

export function openVethPair(options: { queues?: number; mtu?: number } = {}): VethPair {
  const { queues = 1, mtu = 1500 } = options;
  const suffix = `${process.pid}-${++pairCount}`;
  const server = { namespace: `signpost-s-${suffix}`, interface: "dns0" };
  const client = { namespace: `signpost-c-${suffix}`, interface: "dns1" };
  const many = ["numrxqueues", String(queues), "numtxqueues", String(queues)];
  const close = (): void => {
    for (const { namespace } of [server, client]) run(["netns", "del", namespace]);
  };
  for (const { namespace } of [server, client]) run(["netns", "add", namespace]);
  try {
    const peer = ["peer", "name", client.interface, "netns", client.namespace];
    run([
      "-n",
      server.namespace,
      "link",
      "add",
      server.interface,
      ...many,
      "type",
      "veth",
      ...peer,
      ...many,
    ]);
    return {
      server: configure({ ...server, ipv4: "10.77.0.1", ipv6: "fd77::1" }, mtu),
      client: configure({ ...client, ipv4: "10.77.0.2", ipv6: "fd77::2" }, mtu),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** What `ip link show` says about an end. */
export function showLink({ namespace, interface: name }: End): string {
  return run(["-n", namespace, "link", "show", name]);
}

export function run(words: readonly string[]): string {
  return execFileSync(ip, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function configure(end: Omit<End, "mac">, mtu: number): End {
  const { namespace, interface: name } = end;
  const inside = (...words: string[]): string => run(["-n", namespace, ...words]);
  inside("addr", "add", `${end.ipv4}/24`, "dev", name);
  inside("addr", "add", `${end.ipv6}/64`, "dev", name, "nodad");
  inside("link", "set", name, "mtu", String(mtu), "up");
  inside("link", "set", "lo", "up");
  const text = /link\/ether ([0-9a-f:]{17})/.exec(showLink({ ...end, mac: new Uint8Array() }))?.[1];
  const mac = Uint8Array.from((text ?? "").split(":"), (octet) => parseInt(octet, 16));
  return { ...end, mac };
}

/**
 * A test with veth pairs and AF_XDP; skipped, and named so, where the machine has no privileges or no
 * kernel for it, which is no failure even under CI=true: nothing that could be installed helps.
 */
export function xdpTest(name: string, body: (t: TestContext) => Promise<void> | void): void {
  const reason = existsSync(ip) ? whyNot() : undefined;
  if (reason === undefined) testWith([ip], name, body);
  else test(name, { skip: reason }, () => {});
}

let known: { reason: string | undefined } | undefined;

/** Why this machine cannot run tests of AF_XDP; `undefined`: it can. */
export function whyNot(): string | undefined {
  known ??= { reason: findWhyNot() };
  return known.reason;
}

function findWhyNot(): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root, for network namespaces and AF_XDP";
  try {
    const pair = openVethPair();
    try {
      inNamespace(pair.server.namespace, tryBpf);
    } finally {
      pair.close();
    }
  } catch (error) {
    return `needs network namespaces, veth pairs and AF_XDP: ${(error as Error).message}`;
  }
  return undefined;
}

function tryBpf(): void {
  const libc = loadLibc();
  const bpf = new Bpf(libc);
  libc.close(bpf.createMap({ type: MAP_SOCKETS, keySize: 4, valueSize: 4, entries: 1 }));
  bpf.close();
}
