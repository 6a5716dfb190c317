/** The front over real sockets; the test stands for the resolver thread. */
import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { emptyPlan, planned } from "../../../test/support/front-under-test.ts";
import { apexRecords, imageOf, queryOf } from "../../../test/support/zone-under-test.ts";
import { cacheEntry } from "../../../test/support/cache-answers.ts";
import { cacheSizeMin } from "../../base/limits.ts";
import { StatusTable } from "../../dataplane/policy/status-table.ts";
import { loadLibc } from "../../dataplane/server/libc.ts";
import type { Endpoint } from "../../dataplane/server/socket-address.ts";
import { tcpOptionsDefault } from "../../dataplane/server/tcp-options.ts";
import { UdpClient, pause } from "../../dataplane/server/test-clients.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import { RCODE } from "../../dns/wire/registries.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import { CacheWriter } from "../cache/cache-writer.ts";
import { ClientReplies } from "./client-replies.ts";
import { openFront } from "./front-server.ts";
import type { Front, FrontOptions } from "./front-server.ts";
import { HandOverReader } from "./hand-over-reader.ts";
import type { HandedQuery, ViewPlan } from "./hand-over.ts";

suite("openFront()", () => {
  const open: { close(): void | Promise<void> }[] = [];
  after(async () => {
    for (const each of open.reverse()) await each.close();
  });

  async function start(options: Partial<FrontOptions> = {}): Promise<Front> {
    const front = await openFront({
      listen: [{ endpoint: { address: "127.0.0.1", port: 0 } }],
      ...{ io: "mmsg", workers: 2, udpPayloadSizeMax: 1232, coalesceUs: 0 },
      ...{ pinWorkers: false, busyPollUs: 0, tcp: tcpOptionsDefault, cacheSize: cacheSizeMin },
      ...{ status: new StatusTable().buffer, logger: silentLogger },
      ...options,
    });
    open.push({
      async close() {
        await front.stop();
        front.close();
      },
    });
    await front.start();
    return front;
  }

  async function client(address: Endpoint, from?: string): Promise<UdpClient> {
    const opened = await UdpClient.open(address, from);
    open.push(opened);
    return opened;
  }

  function publish(front: Front, plan: Partial<ViewPlan> = {}): Promise<void> {
    const views = [{ ...emptyPlan(1), cidrs: ["127.0.0.0/8", "::1/128"], ...plan }];
    return front.publish({ zones: [], views: { views, removed: [], replacesAll: false } });
  }

  /** Answers what is handed over with the query itself, as a response. */
  function echoThread(front: Front): HandedQuery[] {
    const reader = new HandOverReader(front.resolverStart.handOver);
    const replies = new ClientReplies(loadLibc());
    const seen: HandedQuery[] = [];
    let isOpen = true;
    open.push({
      close() {
        isOpen = false;
        replies.close();
      },
    });
    const run = async (): Promise<void> => {
      while (isOpen) {
        await reader.wait(50);
        for (let query = reader.take(); query && isOpen; query = reader.take()) {
          seen.push(query);
          const response = query.query.slice();
          response[2] = (response[2] ?? 0) | 0x80;
          assert.equal(replies.send(query, response), 0);
        }
      }
    };
    void run();
    return seen;
  }

  test("answers by itself what it can, and lets the thread answer the rest", async () => {
    const front = await start();
    const seen = echoThread(front);
    const [address] = front.addresses as [Endpoint];
    const udp = await client(address);
    const ask = async (name: string, type = "A") => {
      const answer = await udp.ask(queryOf(name, type), address);
      return decodeMessage(answer?.message ?? new Uint8Array(12));
    };
    assert.equal((await ask("www.a.test.")).rcode, RCODE.REFUSED);
    const image = imageOf("a.test.", `${apexRecords}www A 192.0.2.1\n`).buffer;
    await front.publish({ zones: [{ zoneKey: 1, zoneId: "Z1", isPrivate: true, image }] });
    await publish(front, { zones: [planned("Z1", "a.test.")] });
    assert.deepEqual((await ask("www.a.test.")).answer[0]?.rdata, Uint8Array.of(192, 0, 2, 1));
    assert.equal((await ask("www.b.test.")).flags.qr, true);
    assert.equal(seen.length, 1);
    new CacheWriter(front.resolverStart.cache).put(
      cacheEntry("x.test.", { lifeSeconds: 2 ** 30, ttl: 2 ** 30 }),
    );
    assert.equal((await ask("x.test.", "TXT")).answer.length, 1);
    assert.equal(seen.length, 1);
    const metrics = front.metricsText();
    assert.match(metrics, /\nsignpost_resolver_cache_hits_total 1\n/);
    assert.match(metrics, /\nsignpost_resolver_handed_over_total 1\n/);
    assert.match(metrics, /\nsignpost_resolver_refused_clients_total 1\n/);
    assert.match(metrics, /\nsignpost_resolver_cache_entries 1\n/);
    assert.match(metrics, /\nsignpost_resolver_zone_answers_total\{zones="private"\} 1\n/);
    assert.match(metrics, /\nsignpost_resolver_queries_total 4\n/);
    assert.doesNotMatch(metrics, /signpost_dns_|signpost_udp_/);
  });

  test("a handed query is answered from the address that was asked, over IPv6 too", async () => {
    const front = await start({
      listen: [
        { endpoint: { address: "0.0.0.0", port: 0 } },
        { endpoint: { address: "::", port: 0 } },
      ],
    });
    const seen = echoThread(front);
    await publish(front);
    const [v4, v6] = front.addresses as [Endpoint, Endpoint];
    const asked = { address: "127.0.0.7", port: v4.port };
    const udp4 = await client(asked);
    assert.deepEqual((await udp4.ask(queryOf("a.test.", "A"), asked))?.from, asked);
    const udp6 = await client(v6);
    const loopback = { address: "::1", port: v6.port };
    assert.deepEqual((await udp6.ask(queryOf("a.test.", "A"), loopback))?.from, loopback);
    assert.deepEqual(
      seen.map(({ listener, view }) => [listener, view]),
      [
        [0, 1],
        [1, 1],
      ],
    );
  });

  test("a worker that is replaced goes by all that was published", async () => {
    const front = await start({ workers: 1 });
    echoThread(front);
    await publish(front);
    await front.killWorker(0);
    for (let i = 0; i < 500 && front.workers.live === 0; i++) await pause(10);
    assert.deepEqual(front.workers, { wanted: 1, live: 1, restarts: 1 });
    const [address] = front.addresses as [Endpoint];
    const udp = await client(address);
    const answer = await udp.ask(queryOf("a.test.", "A"), address);
    assert.equal(decodeMessage(answer?.message ?? new Uint8Array(12)).rcode, RCODE.NOERROR);
  });

  test("has no workers with node:dgram, and says where the thread is to listen", async () => {
    const front = await start({ io: "dgram" });
    await publish(front);
    const { listeners, udpEndpoints } = front.resolverStart;
    assert.deepEqual(udpEndpoints, front.addresses);
    assert.deepEqual(
      listeners.map(({ tcpFd }) => tcpFd),
      [undefined],
    );
    assert.deepEqual(front.workers, { wanted: 0, live: 0, restarts: 0 });
  });

  test("tells the thread its TCP sockets, and listeners of one VPC", async () => {
    const endpoint = { address: "127.0.0.1", port: 0 };
    const front = await start({ listen: [{ endpoint }, { endpoint, vpcId: "vpc-1" }] });
    const { listeners, udpEndpoints } = front.resolverStart;
    assert.deepEqual(udpEndpoints, []);
    assert.deepEqual(
      listeners.map(({ vpcId }) => vpcId),
      [undefined, "vpc-1"],
    );
    for (const { tcpFd, endpoint: bound } of listeners)
      assert.ok((tcpFd ?? -1) > 2 && bound.port > 0);
  });
});
