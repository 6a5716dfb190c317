/** AF_XDP from start to end: queues, modes, addresses that come and go, death, and machines without. */
import assert from "node:assert/strict";
import { suite } from "node:test";
import type { TestContext } from "node:test";
import { seededRandom } from "../../src/base/random.ts";
import { echoOf, messageOf, pause } from "../../src/dataplane/server/test-clients.ts";
import { mutate } from "../fuzz/mutate.ts";
import { startSignpost } from "../support/signpost-process.ts";
import { queryOf } from "../support/zone-under-test.ts";
import * as f from "./frames.ts";
import { BlockingClient, FrameSocket } from "./namespace-sockets.ts";
import { openVethPair, run, showLink, xdpTest } from "./veth-pair.ts";
import type { VethPair } from "./veth-pair.ts";
import { startAt } from "./xdp-server.ts";
import type { XdpServer } from "./xdp-server.ts";

const packets = "signpost_xdp_packets_total";

suite("XDP", () => {
  function openPair(t: TestContext, options?: Parameters<typeof openVethPair>[0]): VethPair {
    const pair = openVethPair(options);
    t.after(() => pair.close());
    return pair;
  }
  async function start(t: TestContext, ...args: Parameters<typeof startAt>): Promise<XdpServer> {
    const dns = await startAt(...args);
    t.after(() => dns.server.stop());
    return dns;
  }
  /** Asks from a port of its own, so as another flow. */
  function askOnce({ client }: VethPair, server: XdpServer["ipv4"], message: Uint8Array) {
    const socket = new BlockingClient(client.namespace, server);
    try {
      return socket.ask(message);
    } finally {
      socket.close();
    }
  }

  xdpTest("serves several queues with fewer workers, and with more", async (t) => {
    for (const [queues, workers] of [
      [4, 2],
      [3, 4],
    ] as const) {
      const pair = openVethPair({ queues });
      try {
        const dns = await startAt(pair, { workers });
        assert.equal(dns.metric("signpost_xdp_queues"), queues);
        // Sockets for each queue and the kernel's, and one for TCP.
        const want = workers + Math.min(queues, workers) + 1;
        assert.equal(dns.server.workers.live, want);
        for (let id = 0; id < 100; id++) {
          const endpoint = id % 2 === 0 ? dns.ipv4 : dns.ipv6;
          assert.deepEqual(askOnce(pair, endpoint, messageOf(id)), echoOf(messageOf(id)));
        }
        assert.equal(dns.metric(packets), 100);
        await dns.server.stop();
      } finally {
        pair.close();
      }
    }
    t.diagnostic("100 flows each");
  });

  xdpTest("goes on with all its frames after its worker died, also in a query", async (t) => {
    const pair = openPair(t);
    const dns = await start(t, pair);
    const client = new BlockingClient(pair.client.namespace, dns.ipv4);
    t.after(() => client.close());
    const ask = (id: number) => {
      assert.deepEqual(client.ask(messageOf(id)), echoOf(messageOf(id)), `query ${id}`);
    };
    ask(1);
    for (let i = 0; i < 3; i++) {
      const before = dns.server.workers.restarts;
      await dns.server.killWorker(1);
      // What arrives meanwhile waits in the queue.
      client.send(messageOf(100 + i));
      while (dns.server.workers.restarts === before || dns.server.workers.live < 3) await pause(5);
      assert.deepEqual(client.receive(), echoOf(messageOf(100 + i)));
    }
    // More packets than there are frames.
    for (let id = 0; id < 2_500; id++) ask(id);
    assert.equal(dns.metric("signpost_xdp_kernel_dropped_total"), 0);
  });

  xdpTest("follows wildcards to the addresses that the machine has", async (t) => {
    const pair = openPair(t);
    const dns = await start(t, pair, {
      listen: [
        { address: "0.0.0.0", port: 53 },
        { address: "::", port: 53 },
      ],
    });
    const { server, client } = pair;
    // An anycast address, on the loopback interface as usual.
    run(["-n", server.namespace, "addr", "add", "10.99.0.1/32", "dev", "lo"]);
    run(["-n", client.namespace, "route", "add", "10.99.0.1/32", "via", server.ipv4]);
    for (const address of [server.ipv4, server.ipv6]) {
      const before = dns.metric(packets);
      assert.ok(askOnce(pair, { address, port: 53 }, messageOf(1)), address);
      assert.equal(dns.metric(packets) - before, 1, address);
    }
    const anycast = { address: "10.99.0.1", port: 53 };
    const before = dns.metric(packets);
    assert.ok(askOnce(pair, anycast, messageOf(1)), "answered by the kernel's sockets at once");
    assert.equal(dns.metric(packets), before);
  });

  xdpTest("works in the kernel where the driver cannot", async (t) => {
    const pair = openPair(t, { mtu: 9000 });
    const dns = await start(t, pair, { udpPayloadSizeMax: 4096 });
    assert.equal(dns.log.find(({ msg }) => msg.startsWith("XDP answers"))?.mode, "generic");
    for (const size of [20, 1232, 3500]) {
      for (const endpoint of [dns.ipv4, dns.ipv6]) {
        assert.deepEqual(askOnce(pair, endpoint, messageOf(7, size)), echoOf(messageOf(7, size)));
      }
    }
    assert.equal(dns.metric(packets), 6);
    // Longer than a frame holds: the kernel's.
    assert.ok(askOnce(pair, dns.ipv4, messageOf(7, 4000)));
    assert.equal(dns.metric(packets), 6);
  });

  xdpTest("detaches when it is stopped, and answers what has come in", async (t) => {
    const pair = openPair(t);
    const dns = await startAt(pair);
    const client = new BlockingClient(pair.client.namespace, dns.ipv4);
    t.after(() => client.close());
    for (let id = 0; id < 200; id++) client.send(messageOf(id));
    await dns.server.stop();
    for (let id = 0; id < 200; id++) assert.deepEqual(client.receive(), echoOf(messageOf(id)));
    assert.doesNotMatch(showLink(pair.server), /xdp/);
    const again = await start(t, pair);
    assert.deepEqual(askOnce(pair, again.ipv4, messageOf(1)), echoOf(messageOf(1)));
    assert.equal(again.metric(packets), 1);
  });

  xdpTest("is gone from the interface after kill -9", async (t) => {
    const pair = openPair(t);
    const { namespace, interface: name, ipv4: address } = pair.server;
    const signpost = await startSignpost({
      prefix: ["ip", "netns", "exec", namespace],
      args: ["--dns", `${address}:53`, "--io", `xdp:${name}`, "--workers", "1"],
    });
    t.after(() => signpost.stop());
    assert.match(showLink(pair.server), /prog\/xdp/);
    const answer = askOnce(pair, { address, port: 53 }, queryOf("nobody.test.", "A"));
    assert.equal((answer?.[3] ?? 0) & 15, 5, "REFUSED");
    await signpost.kill("SIGKILL");
    assert.doesNotMatch(showLink(pair.server), /xdp/);
  });

  xdpTest("survives thousands of mutated packets", async (t) => {
    const pair = openPair(t);
    const dns = await start(t, pair, { answer: "nameserver" });
    const socket = new FrameSocket(pair.client);
    t.after(() => socket.close());
    const route = { from: pair.client, to: pair.server, fromPort: 40_000, toPort: 53 };
    const random = seededRandom(0xdb);
    const before = dns.metric(packets);
    for (let i = 0; i < 6_000; i++) {
      const family = i % 2 === 0 ? 4 : 6;
      const frame = f.udpFrame(route, family, queryOf("www.example.", "A", { edns: {} }));
      // Most of the Ethernet header stays, or nothing would come to us.
      const head = frame.slice(0, 14);
      const body = mutate(frame.slice(14), random).slice(0, 1500);
      if (body.length > 0) socket.send(f.concat(head, body));
    }
    await pause(50);
    assert.equal(dns.server.workers.restarts, 0);
    const taken = dns.metric(packets) - before;
    assert.ok(taken > 500, `${taken} came through the program`);
    assert.ok(dns.metric("signpost_xdp_dropped_total") > 100);
    const answer = askOnce(pair, dns.ipv4, queryOf("nobody.test.", "A"));
    assert.equal((answer?.[3] ?? 0) & 15, 5, "REFUSED");
  });

  xdpTest("answers from sockets, and says why, without privileges", async (t) => {
    const pair = openPair(t);
    // Ports above 1023: sockets need no privileges there.
    const listen = [{ address: pair.server.ipv4, port: 5300 }];
    const dns = await start(t, pair, { listen, asNobody: true });
    const line = dns.log.find(({ msg }) => msg.startsWith("no XDP here"));
    assert.match(line?.reason ?? "", /EPERM; needs root, or CAP_NET_ADMIN/);
    assert.ok(askOnce(pair, dns.ipv4, messageOf(1)));
  });

  xdpTest("answers from sockets beside another program's XDP", async (t) => {
    const pair = openPair(t);
    await start(t, pair);
    const second = await start(t, pair, { listen: [{ address: pair.server.ipv4, port: 54 }] });
    const line = second.log.find(({ msg }) => msg.startsWith("no XDP here"));
    assert.match(line?.reason ?? "", /EBUSY; another program uses the interface/);
    assert.ok(askOnce(pair, second.ipv4, messageOf(1)));
  });

  xdpTest("does not start on an interface that is down or not there", async (t) => {
    const pair = openPair(t);
    const on = (io: `xdp:${string}`) => startAt(pair, { io });
    await assert.rejects(on("xdp:nope0"), /Cannot use XDP on nope0: no such interface/);
    run(["-n", pair.server.namespace, "link", "set", pair.server.interface, "down"]);
    await assert.rejects(on(`xdp:${pair.server.interface}`), /the interface is down/);
  });

  xdpTest("goes on over sockets when its interface disappears", async (t) => {
    const pair = openPair(t);
    const dns = await start(t, pair, { listen: [{ address: "0.0.0.0", port: 53 }] });
    run(["-n", pair.server.namespace, "link", "del", pair.server.interface]);
    await pause(100);
    const usage = process.cpuUsage();
    await pause(200);
    const { user, system } = process.cpuUsage(usage);
    assert.ok(user + system < 150_000, `${user + system} µs of CPU in 200 ms of nothing to do`);
    assert.equal(dns.server.workers.restarts, 0);
    const local = { address: "127.0.0.1", port: 53 };
    const client = new BlockingClient(pair.server.namespace, local);
    assert.deepEqual(client.ask(messageOf(1)), echoOf(messageOf(1)));
    client.close();
  });
});
