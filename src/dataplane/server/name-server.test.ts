import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, suite, test } from "node:test";
import { ListenError } from "./listen-error.ts";
import { startNameServer } from "./name-server.ts";
import type { NameServer, NameServerOptions } from "./name-server.ts";
import type { Endpoint } from "./socket-address.ts";
import { TcpClient, UdpClient, messageOf, pause } from "./test-clients.ts";

suite("startNameServer()", () => {
  const servers: NameServer[] = [];
  const clients: { close(): void }[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  async function start(options: Partial<NameServerOptions> = {}): Promise<[NameServer, Endpoint]> {
    const server = await startNameServer({
      listen: [{ address: "127.0.0.1", port: 0 }],
      io: "mmsg",
      workers: 2,
      answer: "echo",
      ...options,
    });
    servers.push(server);
    return [server, server.addresses[0] as Endpoint];
  }

  async function openUdp(address: Endpoint): Promise<UdpClient> {
    const client = await UdpClient.open(address);
    clients.push(client);
    return client;
  }

  /** A socket on a port that is free for TCP: connections of other processes may have the number. */
  async function takeUdpPortAlone(): Promise<Socket> {
    for (;;) {
      const udp = createSocket({ type: "udp4", reusePort: true });
      udp.bind(0, "127.0.0.1");
      await once(udp, "listening");
      const probe = createServer().listen(udp.address().port, "127.0.0.1");
      const isFree = await once(probe, "listening").then(
        () => true,
        () => false,
      );
      probe.close();
      if (isFree) return udp;
      udp.close();
    }
  }

  for (const io of ["mmsg", "dgram"] as const) {
    test(`says which address cannot be had (${io})`, async () => {
      const tcp = createServer().listen(0, "127.0.0.1");
      clients.push({ close: () => tcp.close() });
      await once(tcp, "listening");
      const { port } = tcp.address() as { port: number };
      const udp = await takeUdpPortAlone();
      clients.push({ close: () => udp.close() });
      const cases = [
        [{ address: "127.0.0.1", port }, "EADDRINUSE", `TCP 127.0.0.1:${port}`],
        [{ address: "127.0.0.1", port: udp.address().port }, "EADDRINUSE", "UDP 127.0.0.1"],
        [{ address: "192.0.2.1", port: 5300 }, "EADDRNOTAVAIL", "192.0.2.1:5300"],
        [{ address: "2001:db8::1", port: 5300 }, "EADDRNOTAVAIL", "[2001:db8::1]:5300"],
      ] as const;
      for (const [address, code, text] of cases) {
        const free = { address: "127.0.0.1", port: 0 };
        await assert.rejects(start({ io, listen: [free, address] }), (error) => {
          assert.ok(error instanceof ListenError, String(error));
          assert.equal(error.code, code);
          assert.ok(error.message.includes(text), error.message);
          return true;
        });
      }
    });

    test(`gives the port back after stop() (${io})`, async () => {
      const [server, address] = await start({ io });
      await server.stop();
      const [, again] = await start({ io, listen: [address] });
      assert.deepEqual(again, address);
      const client = await openUdp(address);
      assert.ok(await client.ask(messageOf(1), address));
    });
  }

  test("answers what was received before stop()", async () => {
    const [server, address] = await start({ workers: 1 });
    const client = await openUdp(address);
    for (let id = 0; id < 100; id++) client.send(messageOf(id), address);
    await pause(1);
    await server.stop();
    await client.waitFor(100);
    assert.equal(client.answers.length, 100);
  });

  test("replaces a worker that dies; the others notice nothing, its own queries wait", async () => {
    const [server, address] = await start();
    const askers = await Promise.all(Array.from({ length: 16 }, () => openUdp(address)));
    let sent = 0;
    const timer = setInterval(() => {
      sent++;
      for (const client of askers) client.send(messageOf(sent), address);
    }, 10);
    await pause(100);
    await server.killWorker(0);
    await pause(600);
    clearInterval(timer);
    await Promise.all(askers.map((client) => client.waitFor(sent, 1_000)));
    const lost = askers.map((client) => sent - client.answers.length);
    // Only what the worker had in its hands when it died.
    assert.ok(Math.max(...lost) <= 1 && lost.filter((count) => count > 0).length < 16, `${lost}`);
    assert.match(server.metricsText(), /^signpost_worker_restarts_total 1$/m);
    assert.match(server.metricsText(), /^signpost_workers 3$/m);
  });

  test("replaces the TCP worker on the same listening socket", async () => {
    const [server, address] = await start({ workers: 1 });
    await server.killWorker(1);
    // No pause: until the successor runs, connections wait in the listening socket.
    const client = await TcpClient.open(address);
    clients.push(client);
    client.send(messageOf(1));
    assert.equal((await client.waitForAnswers(1)).length, 1);
  });

  test("restarts a worker that dies again and again, ever more slowly", async () => {
    const [server] = await start({ workers: 1 });
    for (let i = 1; i <= 3; i++) {
      await server.killWorker(0);
      for (let n = 0; n < 400 && !isLive(server, 2); n++) await pause(5);
      assert.ok(isLive(server, 2), `after death ${i}`);
    }
    assert.match(server.metricsText(), /^signpost_worker_restarts_total 3$/m);
  });

  for (const io of ["mmsg", "dgram"] as const) {
    test(`publish() resolves once live workers serve it, dead ones or not (${io})`, async () => {
      const [server] = await start({ io });
      const zone = { zoneKey: 1, image: new SharedArrayBuffer(64), queryLog: false };
      const begin = performance.now();
      await server.publish([zone]);
      assert.ok(performance.now() - begin < 500);
      await Promise.all([server.killWorker(0), server.publish([zone]), server.publish([])]);
      await Promise.all(Array.from({ length: 50 }, () => server.publish([zone])));
      assert.match(server.metricsText(), /^signpost_generation 53$/m);
    });
  }

  test("publish() does not keep memory of replaced images", async () => {
    const [server] = await start({ workers: 1 });
    const publishMany = async () => {
      for (let i = 0; i < 50; i++) {
        const image = new SharedArrayBuffer(4 << 20);
        new Uint8Array(image).fill(i);
        await server.publish([{ zoneKey: 1, image, queryLog: false }]);
      }
    };
    await publishMany();
    const before = process.memoryUsage().rss;
    await publishMany();
    const grown = (process.memoryUsage().rss - before) >> 20;
    assert.ok(grown < 100, `${grown} MiB more`);
  });
});

function isLive(server: NameServer, count: number): boolean {
  return server.metricsText().includes(`\nsignpost_workers ${count}\n`);
}
