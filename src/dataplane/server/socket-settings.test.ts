/** That what operators set for sockets and workers takes effect in the kernel. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { suite, test } from "node:test";
import type { TestContext } from "node:test";
import { allowCpus, allowedCpus } from "./cpu-affinity.ts";
import * as c from "./libc.ts";
import { loadLibc } from "./libc.ts";
import { closeListenSockets, openListenSockets } from "./listen-sockets.ts";
import type { ListenOptions, ListenSockets } from "./listen-sockets.ts";
import { startNameServer } from "./name-server.ts";
import { encodeSocketAddress } from "./socket-address.ts";
import { UdpClient, echoOf, messageOf } from "./test-clients.ts";

const libc = loadLibc();
const cpus = allowedCpus(libc);
const needsTwo = cpus.length < 2 ? { skip: "needs two CPUs" } : {};
const loopback = { address: "127.0.0.1", port: 0 };

suite("socket settings", () => {
  test("workers are pinned to a CPU each, and answer", needsTwo, async (t) => {
    const options = { listen: [loopback], io: "mmsg", answer: "echo" } as const;
    const workers = Math.min(cpus.length, 4);
    const server = await startNameServer({ ...options, workers, pinWorkers: true });
    t.after(() => server.stop());
    assert.deepEqual(pinnedThreads(), cpus.slice(0, workers));
    const [endpoint] = server.addresses;
    assert.ok(endpoint);
    const client = await UdpClient.open(endpoint);
    t.after(() => client.close());
    for (let id = 0; id < 10; id++) {
      const answer = await client.ask(messageOf(id), endpoint);
      assert.deepEqual(answer?.message, echoOf(messageOf(id)));
    }
  });

  test("a datagram goes to the socket of the CPU that received it", needsTwo, (t) => {
    const steerTo = cpus.toReversed();
    const [sockets] = open(t, { workerCount: cpus.length, steerTo });
    assert.ok(sockets);
    t.after(() => allowCpus(libc, cpus));
    for (let round = 0; round < 20; round++) {
      for (const cpu of cpus) {
        allowCpus(libc, [cpu]);
        sendFromHere(sockets.endpoint);
        assert.equal(takeFrom(sockets), steerTo.indexOf(cpu), `sent on CPU ${cpu}`);
      }
    }
  });

  test("a CPU without a worker has its datagrams answered by some worker", needsTwo, (t) => {
    const [sockets] = open(t, { workerCount: 2, steerTo: [1_000, 1_001] });
    assert.ok(sockets);
    sendFromHere(sockets.endpoint);
    assert.notEqual(takeFrom(sockets), -1);
  });

  test("busy polling is set, or the log says that the kernel refuses it", (t) => {
    const refused: string[] = [];
    const [sockets] = open(t, {
      workerCount: 2,
      busyPollUs: 70,
      onRefused: (option) => refused.push(option),
    });
    if (refused.length > 0) return assert.match(refused.join(), /^busy polling/);
    for (const fd of sockets?.udp ?? []) {
      const value = new Int32Array(1);
      const size = Int32Array.of(4);
      libc.getsockopt(fd, c.SOL_SOCKET, c.SO_BUSY_POLL, new Uint8Array(value.buffer), size);
      assert.equal(value[0], 70);
    }
  });
});

function open(t: TestContext, options: Omit<ListenOptions, "receiveTimeoutMs">): ListenSockets[] {
  const opened = openListenSockets(libc, [loopback], { ...options, receiveTimeoutMs: 100 });
  t.after(() => closeListenSockets(libc, opened));
  return opened;
}

/** The CPUs of this process's threads that have but one, in order. */
function pinnedThreads(): number[] {
  const found: number[] = [];
  for (const thread of readdirSync("/proc/self/task")) {
    const status = readFileSync(`/proc/self/task/${thread}/status`, "utf8");
    const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1] ?? "";
    if (/^\d+$/.test(list)) found.push(Number(list));
  }
  return found.sort((a, b) => a - b);
}

/** Sends on the CPU that this thread runs on, where loopback receives, too. */
function sendFromHere(endpoint: ListenSockets["endpoint"]): void {
  const fd = libc.socket(c.AF_INET, c.SOCK_DGRAM, 0);
  withMemory((memory, bytes) => {
    const address = encodeSocketAddress(endpoint);
    bytes.set(address, 64);
    assert.equal(libc.sendto(fd, memory, 20, 0, memory + 64, address.length), 20);
  });
  libc.close(fd);
}

/** @returns the index of the one socket that has a datagram; -1: none has */
function takeFrom(sockets: ListenSockets): number {
  const has = sockets.udp.map((fd) =>
    withMemory((memory) => libc.recvfrom(fd, memory, 64, c.MSG_DONTWAIT, 0, 0) === 20),
  );
  assert.ok(has.filter((each) => each).length <= 1);
  return has.indexOf(true);
}

function withMemory<T>(use: (address: number, bytes: Uint8Array) => T): T {
  const size = 4096;
  const address = libc.mmap(0, size, c.PROT_READ_WRITE, c.MAP_PRIVATE_ANONYMOUS, -1, 0);
  const result = use(address, new Uint8Array(libc.view(address, size)));
  libc.munmap(address, size);
  return result;
}
