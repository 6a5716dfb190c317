import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { testWith } from "../support/peers.ts";

const ip = "/usr/sbin/ip";

/**
 * Four network namespaces, with nothing of the machine's own network in them:
 *
 *     a ── 10.1.0.0/24 ── resolver ── 10.9.0.0/24 ── servers
 *     b ── 10.2.0.0/24 ──┘
 *
 * The resolver's end of each cable has the addresses .1 and .2; in `a` and `b` is one client, .10;
 * in `servers` .53 and .54. Nothing is forwarded between the cables.
 */
export type Networks = {
  a: string;
  b: string;
  resolver: string;
  servers: string;
  close(): void;
};

const cables = [
  { to: "a", network: "10.1.0", addresses: [10] },
  { to: "b", network: "10.2.0", addresses: [10] },
  { to: "servers", network: "10.9.0", addresses: [53, 54] },
] as const;

let count = 0;

export function openNetworks(): Networks {
  const suffix = `${process.pid}-${++count}`;
  const names = {
    a: `signpost-a-${suffix}`,
    b: `signpost-b-${suffix}`,
    resolver: `signpost-r-${suffix}`,
    servers: `signpost-n-${suffix}`,
  };
  const all = Object.values(names);
  const close = (): void => {
    for (const name of all) runIp("netns", "del", name);
  };
  for (const name of all) {
    runIp("netns", "add", name);
    runIp("-n", name, "link", "set", "lo", "up");
  }
  try {
    for (const cable of cables) layCable(names.resolver, names[cable.to], cable);
  } catch (error) {
    close();
    throw error;
  }
  return { ...names, close };
}

function layCable(
  resolver: string,
  other: string,
  { to, network, addresses }: (typeof cables)[number],
): void {
  const near = `to-${to}`;
  const inside = (name: string, ...words: string[]): void => runIp("-n", name, ...words);
  inside(resolver, "link", "add", near, "type", "veth", "peer", "name", "eth0", "netns", other);
  for (const last of [1, 2]) inside(resolver, "addr", "add", `${network}.${last}/24`, "dev", near);
  for (const last of addresses) {
    inside(other, "addr", "add", `${network}.${last}/24`, "dev", "eth0");
  }
  inside(resolver, "link", "set", near, "up");
  inside(other, "link", "set", "eth0", "up");
  inside(other, "route", "add", "default", "via", `${network}.1`);
}

function runIp(...words: string[]): void {
  execFileSync(ip, words, { stdio: ["ignore", "ignore", "pipe"] });
}

/** The words before a command that run it in a namespace, under the same process id. */
export function within(namespace: string): string[] {
  return [ip, "netns", "exec", namespace];
}

/**
 * A test with network namespaces and programs; skipped, and named so, where the machine gives no
 * privileges for them, which is no failure even under CI=true: nothing that could be installed helps.
 */
export function networksTest(
  programs: readonly string[],
  name: string,
  body: (t: TestContext) => Promise<void> | void,
): void {
  const reason = existsSync(ip) ? whyNot() : undefined;
  if (reason === undefined) testWith([ip, ...programs], name, body);
  else test(name, { skip: reason }, () => {});
}

let known: { reason: string | undefined } | undefined;

function whyNot(): string | undefined {
  known ??= { reason: findWhyNot() };
  return known.reason;
}

function findWhyNot(): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root, for network namespaces";
  try {
    openNetworks().close();
  } catch (error) {
    return `needs network namespaces and veth pairs: ${(error as Error).message}`;
  }
  return undefined;
}
