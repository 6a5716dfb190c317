import assert from "node:assert/strict";
import { afterEach, suite, test } from "node:test";
import { startNameServer } from "./name-server.ts";
import type { NameServer } from "./name-server.ts";
import type { TcpOptions } from "./tcp-options.ts";
import type { Endpoint } from "./socket-address.ts";
import { TcpClient, echoOf, frameOf, messageOf, pause } from "./test-clients.ts";

suite("TcpServer", () => {
  const servers: NameServer[] = [];
  const clients: TcpClient[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  async function start(tcp: Partial<TcpOptions> = {}): Promise<[NameServer, Endpoint]> {
    const server = await startNameServer({
      listen: [{ address: "127.0.0.1", port: 0 }],
      io: "auto",
      workers: 1,
      answer: "echo",
      tcp,
    });
    servers.push(server);
    return [server, server.addresses[0] as Endpoint];
  }

  async function open(address: Endpoint, from?: string): Promise<TcpClient> {
    const client = await TcpClient.open(address, from ? { localAddress: from } : {});
    clients.push(client);
    return client;
  }

  test("answers pipelined queries in their order", async () => {
    const [, address] = await start();
    const client = await open(address);
    const queries = Array.from({ length: 500 }, (_, id) => messageOf(id, 12 + (id % 300)));
    client.send(...queries);
    assert.deepEqual(texts(await client.waitForAnswers(500)), texts(queries.map(echoOf)));
  });

  test("puts queries together from single octets", async () => {
    const [, address] = await start();
    const client = await open(address);
    const queries = [messageOf(1, 20), messageOf(2, 33)];
    for (const octet of Buffer.concat(queries.map(frameOf))) {
      client.socket.write(Uint8Array.of(octet));
      await pause(1);
    }
    assert.deepEqual(texts(await client.waitForAnswers(2)), texts(queries.map(echoOf)));
  });

  test("answers the longest message there is", async () => {
    const [, address] = await start();
    const client = await open(address);
    const queries = [messageOf(1, 65_535), messageOf(2, 65_535), messageOf(3, 12)];
    client.send(...queries);
    assert.deepEqual(texts(await client.waitForAnswers(3)), texts(queries.map(echoOf)));
  });

  test("closes on a message that is shorter than a header", async () => {
    const [server, address] = await start();
    for (const size of [0, 1, 11]) {
      const client = await open(address);
      client.send(new Uint8Array(size));
      await client.waitFor(({ isClosed, hasEnded }) => isClosed || hasEnded);
      assert.ok(client.isClosed || client.hasEnded, `${size} octets`);
    }
    await expectMetric(server, /^signpost_tcp_connections_closed_total\{reason="malformed"\} 3$/m);
  });

  test("closes connections that send no whole query in time, and no others", async () => {
    const [server, address] = await start({ idleTimeoutMs: 600 });
    const silent = await open(address);
    const dripping = await open(address);
    const active = await open(address);
    for (let i = 1; i <= 12; i++) {
      dripping.socket.write(Uint8Array.of(0));
      if (i === 1) dripping.socket.write(Uint8Array.of(200));
      active.send(messageOf(i));
      await pause(100);
    }
    assert.ok(silent.isClosed || silent.hasEnded, "silent");
    assert.ok(dripping.isClosed || dripping.hasEnded, "dripping");
    assert.equal((await active.waitForAnswers(12)).length, 12);
    assert.ok(!active.isClosed);
    await expectMetric(server, /^signpost_tcp_connections_closed_total\{reason="idle"\} 2$/m);
  });

  test("closes the longest idle connection for one too many", async () => {
    const [server, address] = await start({ connectionCountMax: 3 });
    const [first, second, third] = [await open(address), await open(address), await open(address)];
    first.send(messageOf(1));
    await first.waitForAnswers(1);
    const fourth = await open(address);
    fourth.send(messageOf(4));
    await fourth.waitForAnswers(1);
    await second.waitFor(({ isClosed, hasEnded }) => isClosed || hasEnded);
    assert.ok(second.isClosed || second.hasEnded, "second");
    third.send(messageOf(3));
    first.send(messageOf(5));
    assert.equal((await third.waitForAnswers(1)).length, 1);
    assert.equal((await first.waitForAnswers(2)).length, 2);
    await expectMetric(server, /^signpost_tcp_connections_closed_total\{reason="evicted"\} 1$/m);
  });

  test("refuses a client with too many connections, and no other client", async () => {
    const [server, address] = await start({ connectionsPerClientMax: 2 });
    const [first, second] = [await open(address), await open(address)];
    const refused = await open(address);
    await refused.waitFor(({ isClosed, hasEnded }) => isClosed || hasEnded);
    assert.ok(refused.isClosed || refused.hasEnded);
    const other = await open(address, "127.0.0.3");
    for (const client of [first, second, other]) {
      client.send(messageOf(1));
      assert.equal((await client.waitForAnswers(1)).length, 1);
    }
    first.close();
    await expectMetric(server, /^signpost_tcp_connections_closed_total\{reason="client"\} 1$/m);
    const again = await open(address);
    again.send(messageOf(2));
    assert.equal((await again.waitForAnswers(1)).length, 1);
  });

  test("reads no more queries from a client that takes no answers", async () => {
    const [server, address] = await start({ unsentSizeMax: 100_000 });
    const client = await open(address);
    client.socket.pause();
    const count = 400;
    const queries = Array.from({ length: count }, (_, id) => messageOf(id, 60_000));
    client.send(...queries);
    let answered = -1;
    for (let now = 0; now !== answered; now = await queryCount(server)) {
      answered = now;
      await pause(500);
    }
    assert.ok(answered > 0 && answered < count, `${answered} answered`);
    client.socket.resume();
    await client.waitFor(({ receivedSize }) => receivedSize >= count * 60_002, 20_000);
    assert.equal(client.receivedSize, count * 60_002);
  });

  test("answers what was asked before the client closed its side", async () => {
    const [, address] = await start();
    const client = await open(address);
    client.send(messageOf(1), messageOf(2));
    client.socket.end(frameOf(messageOf(3)).subarray(0, 9));
    await client.waitFor(({ hasEnded }) => hasEnded);
    assert.deepEqual(texts(client.answers), texts([messageOf(1), messageOf(2)].map(echoOf)));
    assert.ok(client.hasEnded);
  });

  test("survives garbage and resets", async () => {
    const [, address] = await start();
    for (let i = 0; i < 20; i++) {
      const client = await open(address);
      client.socket.write(new Uint8Array(65_535).fill(255 - i));
      if (i % 2) client.socket.resetAndDestroy();
    }
    const client = await open(address);
    client.send(messageOf(1));
    assert.equal((await client.waitForAnswers(1)).length, 1);
  });
});

function texts(messages: readonly Uint8Array[]): string[] {
  return messages.map((message) => Buffer.from(message).toString("base64url").slice(0, 100));
}

async function queryCount(server: NameServer): Promise<number> {
  const match = /^signpost_dns_queries_total\{transport="tcp"\} (\d+)$/m.exec(server.metricsText());
  return Number(match?.[1]);
}

/** Counters are read from shared memory: what another thread counts shows up a little later. */
async function expectMetric(server: NameServer, pattern: RegExp): Promise<void> {
  for (let i = 0; i < 200 && !pattern.test(server.metricsText()); i++) await pause(5);
  assert.match(server.metricsText(), pattern);
}
