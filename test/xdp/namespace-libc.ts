import { createRequire } from "node:module";
import { closeSync, openSync } from "node:fs";
import type * as Koffi from "koffi";

/** What tests call of the C library: sockets of another network namespace, without an event loop. */
type TestLibc = {
  setns(fd: number, kind: number): number;
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, size: number): number;
  connect(fd: number, address: Uint8Array, size: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, size: number): number;
  send(fd: number, bytes: Uint8Array, size: number, flags: number): number;
  recv(fd: number, bytes: Uint8Array, size: number, flags: number): number;
  close(fd: number): number;
  if_nametoindex(name: string): number;
  errno(): number;
};

const declarations = {
  setns: "int setns(int, int)",
  socket: "int socket(int, int, int)",
  bind: "int bind(int, void *, uint)",
  connect: "int connect(int, void *, uint)",
  setsockopt: "int setsockopt(int, int, int, void *, uint)",
  send: "int send(int, void *, size_t, int)",
  recv: "int recv(int, void *, size_t, int)",
  close: "int close(int)",
  if_nametoindex: "uint if_nametoindex(str)",
} as const;

let loaded: TestLibc | undefined;

export function testLibc(): TestLibc {
  if (loaded) return loaded;
  const koffi = createRequire(import.meta.url)("koffi") as typeof Koffi;
  const library = koffi.load("libc.so.6");
  const functions = Object.entries(declarations).map(([name, text]) => [name, library.func(text)]);
  loaded = { ...Object.fromEntries(functions), errno: () => koffi.errno() } as TestLibc;
  return loaded;
}

const cloneNewNet = 0x4000_0000;

/**
 * Calls back with this thread in a network namespace (`ip netns`). Sockets and threads that are made
 * meanwhile stay there.
 */
export function inNamespace<T>(name: string, act: () => T): T {
  const libc = testLibc();
  const home = openSync("/proc/thread-self/ns/net", "r");
  const there = openSync(`/run/netns/${name}`, "r");
  const enter = (fd: number): void => {
    if (libc.setns(fd, cloneNewNet) !== 0) throw new Error(`Cannot enter namespace ${name}`);
  };
  try {
    enter(there);
    return act();
  } finally {
    enter(home);
    closeSync(there);
    closeSync(home);
  }
}
