import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { formatIp } from "../../base/ip.ts";
import { FrameReader } from "../../dns/wire/frame-reader.ts";
import { tcpOptionsDefault } from "../../dataplane/server/tcp-options.ts";
import type { TcpOptions } from "../../dataplane/server/tcp-options.ts";
import { TcpListener } from "./tcp-listener.ts";
import type { StreamClient } from "./tcp-listener.ts";

type Answer = (query: Uint8Array, client: StreamClient) => Promise<Uint8Array | undefined>;

async function listening(t: TestContext, answer: Answer, tcp: Partial<TcpOptions> = {}) {
  const clock = { nowMs: 0 };
  const options = { tcp: { ...tcpOptionsDefault, ...tcp }, answer, nowMs: () => clock.nowMs };
  const listener = new TcpListener(options);
  const [endpoint] = await listener.listen([{ host: "127.0.0.1", port: 0, ipv6Only: false }]);
  t.after(() => listener.stop());
  const open = async (): Promise<Socket> => {
    const socket = connect(endpoint?.port ?? 0, "127.0.0.1");
    t.after(() => socket.destroy());
    await once(socket, "connect");
    return socket;
  };
  return { listener, clock, open };
}

/** A message of 12 octets or more whose first is its number. */
function message(number: number, size = 12): Uint8Array {
  const octets = new Uint8Array(size);
  octets[0] = number;
  return octets;
}

function framed(...messages: Uint8Array[]): Uint8Array {
  return Uint8Array.from(
    messages.flatMap((octets) => [octets.length >> 8, octets.length & 255, ...octets]),
  );
}

/** The first octets of so many messages. */
async function read(socket: Socket, count: number): Promise<number[]> {
  const reader = new FrameReader();
  const numbers: number[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    reader.push(chunk as Buffer);
    for (let size = reader.nextSize(); size >= 0; size = reader.nextSize()) {
      const octets = new Uint8Array(size);
      reader.take(size, octets, 0);
      numbers.push(octets[0] as number);
    }
    if (numbers.length >= count) break;
  }
  return numbers;
}

describe("TcpListener", () => {
  it("answers in the order in which answers are ready, and says who asks", async (t) => {
    const clients: StreamClient[] = [];
    const waiting: (() => void)[] = [];
    const { open } = await listening(t, async (query, client) => {
      clients.push(client);
      if (query[0] === 1) await new Promise<void>((resolve) => void waiting.push(resolve));
      return query;
    });
    const socket = await open();
    socket.write(framed(message(1), message(2), message(3)));
    assert.deepEqual(await read(socket, 2), [2, 3]);
    waiting[0]?.();
    assert.deepEqual(await read(socket, 1), [1]);
    assert.equal(clients[0] && formatIp(clients[0].address), "127.0.0.1");
    assert.equal(clients[0]?.port, socket.localPort);
    assert.equal(clients[0]?.local?.port, socket.remotePort);
  });

  it("takes queries in pieces, and sends nothing where there is nothing to say", async (t) => {
    const { open } = await listening(t, async (query) => (query[0] === 2 ? undefined : query));
    const socket = await open();
    for (const octet of framed(message(1), message(2), message(3, 300))) {
      socket.write(Uint8Array.of(octet));
    }
    assert.deepEqual(await read(socket, 2), [1, 3]);
  });

  it("reads no more than 100 queries ahead of their answers", async (t) => {
    let open100 = 0;
    const waiting: (() => void)[] = [];
    const { open } = await listening(t, async (query) => {
      open100++;
      await new Promise<void>((resolve) => void waiting.push(resolve));
      return query;
    });
    const socket = await open();
    socket.write(framed(...Array.from({ length: 250 }, (_, i) => message(i))));
    while (open100 < 100) await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(open100, 100);
    const reading = read(socket, 250);
    const pump = setInterval(() => waiting.splice(0).forEach((go) => go()), 1);
    assert.equal((await reading).length, 250);
    clearInterval(pump);
  });

  it("answers a client that has nothing more to send", async (t) => {
    const { open } = await listening(t, async (query) => {
      await new Promise((resolve) => setImmediate(resolve));
      return query;
    });
    const socket = await open();
    socket.end(framed(message(7)));
    assert.deepEqual(await read(socket, 2), [7]);
  });

  it("closes on what is no message", async (t) => {
    const { open } = await listening(t, async (query) => query);
    const socket = await open();
    socket.write(Uint8Array.of(0, 3, 1, 2, 3));
    assert.deepEqual(await read(socket, 1), []);
  });

  it("closes idle connections, but none that waits for an answer", async (t) => {
    let answer = (): void => undefined;
    const { open, clock, listener } = await listening(t, async (query) => {
      await new Promise<void>((resolve) => (answer = resolve));
      return query;
    });
    const busy = await open();
    busy.write(framed(message(1)));
    const idle = await open();
    while (listener.connectionCount < 2) await new Promise((resolve) => setImmediate(resolve));
    clock.nowMs += 60_000;
    await once(idle, "close");
    while (listener.connectionCount > 1) await new Promise((resolve) => setImmediate(resolve));
    answer();
    assert.deepEqual(await read(busy, 1), [1]);
  });

  it("has limits for one client and for all", async (t) => {
    const limits = { connectionsPerClientMax: 2, connectionCountMax: 10 };
    const { open, listener } = await listening(t, async (query) => query, limits);
    const sockets = [await open(), await open()];
    const third = await open();
    await once(third, "close");
    assert.equal(listener.connectionCount, 2);
    sockets[0]?.write(framed(message(1)));
    assert.deepEqual(await read(sockets[0] as Socket, 1), [1]);
    const few = await listening(t, async (query) => query, { connectionCountMax: 1 });
    const first = await few.open();
    await few.open();
    await once(first, "close");
    assert.equal(few.listener.connectionCount, 1);
  });
});
