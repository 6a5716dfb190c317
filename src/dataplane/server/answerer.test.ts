/** Workers with the real name server behind their drivers. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { EdnsOption } from "../../dns/wire/edns.ts";
import { encodeMessage } from "../../dns/wire/encode-message.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import { parseName } from "../../dns/wire/name.ts";
import { CLASS, OPCODE, RCODE, TYPE } from "../../dns/wire/registries.ts";
import { buildZoneImage } from "../image/zone-image-builder.ts";
import { openNameServer, startNameServer } from "./name-server.ts";
import type { NameServer } from "./name-server.ts";
import type { QueryLogEntry } from "./query-log-entry.ts";
import type { Endpoint } from "./socket-address.ts";
import { TcpClient, UdpClient, pause } from "./test-clients.ts";

const clientSubnet = { code: 8, data: Uint8Array.of(0, 1, 24, 0, 192, 0, 2) };

for (const io of ["mmsg", "dgram"] as const) {
  suite(`name server over ${io}`, () => {
    let server: NameServer;
    let address: Endpoint;
    let client: UdpClient;
    const entries: QueryLogEntry[] = [];

    before(async () => {
      const listen = [{ address: "127.0.0.1", port: 0 }];
      server = await startNameServer({ listen, io, workers: 2, nsid: "edge-1" });
      server.onQueryLog((entry) => entries.push(entry));
      address = server.addresses[0] as Endpoint;
      client = await UdpClient.open(address);
    });
    after(async () => {
      client.close();
      await server.stop();
    });

    async function ask(name: string, type: number, options: readonly EdnsOption[] = []) {
      const query = queryOf(name, type, options);
      const answer = await client.ask(query, address);
      assert.ok(answer, `no answer for ${name}`);
      return decodeMessage(answer.message);
    }

    test("refuses names of zones that it does not serve", async () => {
      assert.equal((await ask("www.example.com.", TYPE.A)).rcode, RCODE.REFUSED);
    });

    test("serves a zone once publish() has resolved, and the next image after the next", async () => {
      for (let last = 1; last <= 20; last++) {
        await server.publish([zoneUpdate(1, "example.com.", last)]);
        const { answer: answers } = await ask("www.example.com.", TYPE.A);
        assert.deepEqual([...(answers[0]?.rdata ?? [])], [192, 0, 2, last]);
      }
    });

    test("a worker that starts again serves all zones", async () => {
      await server.publish([zoneUpdate(2, "example.net.", 7)]);
      for (const index of [0, 1]) {
        await server.killWorker(index);
        // Workers that own their sockets take unanswered queries with them.
        while (io === "dgram" && !/^signpost_workers 3$/m.test(server.metricsText()))
          await pause(5);
        const { answer: answers } = await ask("www.example.net.", TYPE.A);
        assert.deepEqual([...(answers[0]?.rdata ?? [])], [192, 0, 2, 7]);
      }
    });

    test("serves a zone no more once it was published as null", async () => {
      await server.publish([{ zoneKey: 2, image: null, queryLog: false }]);
      assert.equal((await ask("www.example.net.", TYPE.A)).rcode, RCODE.REFUSED);
      assert.match(server.metricsText(), /^signpost_zones_served 1$/m);
    });

    test("answers over TCP what it truncates over UDP", async () => {
      await server.publish([zoneUpdate(1, "example.com.", 1)]);
      assert.equal((await ask("big.example.com.", TYPE.TXT)).flags.tc, true);
      const tcp = await TcpClient.open(address);
      tcp.send(queryOf("big.example.com.", TYPE.TXT));
      const [answer] = await tcp.waitForAnswers(1);
      assert.equal(decodeMessage(answer as Uint8Array).answer.length, 30);
      tcp.close();
    });

    test("logs queries of the zones that say so, and of no other", async () => {
      const logged = { ...zoneUpdate(3, "logged.example.", 1), queryLog: true };
      await server.publish([logged]);
      entries.length = 0;
      const begin = Date.now();
      await ask("www.example.com.", TYPE.A);
      await ask("www.Logged.example.", TYPE.A, [clientSubnet]);
      await ask("odd\\.label.logged.example.", TYPE.AAAA);
      for (let i = 0; i < 100 && entries.length < 2; i++) await pause(10);
      const [first, second] = entries;
      assert.ok(first && first.timeMs >= begin && first.timeMs <= Date.now());
      assert.deepEqual({ ...first, timeMs: 0 }, {
        timeMs: 0,
        zoneKey: 3,
        qname: "www.Logged.example.",
        qtype: "A",
        rcode: "NOERROR",
        protocol: "UDP",
        resolverIp: "127.0.0.1",
        ednsClientSubnet: "192.0.2.0/24",
      } satisfies QueryLogEntry);
      assert.equal(second?.qname, "odd\\056label.logged.example.");
      assert.deepEqual([second?.rcode, second?.ednsClientSubnet], ["NXDOMAIN", "-"]);
      await server.publish([{ ...logged, queryLog: false }]);
      await ask("www.logged.example.", TYPE.A);
      await pause(250);
      assert.equal(entries.length, 2);
    });

    test("counts what it answers, by transport", () => {
      const text = server.metricsText();
      assert.match(text, /^signpost_dns_queries_total\{transport="tcp"\} 1$/m);
      assert.match(text, /^signpost_dns_responses_total\{transport="udp",rcode="NXDOMAIN"\} 1$/m);
      assert.match(text, /^signpost_dns_questions_total\{transport="tcp",type="TXT"\} 1$/m);
      for (const line of text.trimEnd().split("\n")) {
        assert.match(
          line,
          /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [\d.e+]+)$/,
        );
      }
    });
  });
}

test("openNameServer() lets queries wait until start(), and serves what was published", async () => {
  const listen = [{ address: "127.0.0.1", port: 0 }];
  const server = await openNameServer({ listen, io: "mmsg", workers: 1 });
  const address = server.addresses[0] as Endpoint;
  const udp = await UdpClient.open(address);
  const tcp = await TcpClient.open(address);
  udp.send(queryOf("www.example.com.", TYPE.A), address);
  tcp.send(queryOf("www.example.com.", TYPE.A));
  await server.publish([zoneUpdate(1, "example.com.", 9)]);
  await server.start();
  await udp.waitFor(1);
  for (const message of [udp.answers[0]?.message, (await tcp.waitForAnswers(1))[0]]) {
    const { answer } = decodeMessage(message as Uint8Array);
    assert.deepEqual([...(answer[0]?.rdata ?? [])], [192, 0, 2, 9]);
  }
  udp.close();
  tcp.close();
  await server.stop();
});

function queryOf(name: string, type: number, options: readonly EdnsOption[] = []): Uint8Array {
  return encodeMessage({
    id: 4711,
    opcode: OPCODE.QUERY,
    rcode: RCODE.NOERROR,
    flags: {},
    questions: [{ name: parseName(name), type, class: CLASS.IN }],
    answer: [],
    authority: [],
    additional: [],
    edns: { udpPayloadSize: 1232, version: 0, dnssecOk: false, options },
  });
}

function zoneUpdate(zoneKey: number, apex: string, lastOctet: number) {
  const at = (label: string) => parseName(`${label}${apex}`);
  const soa = [...at("ns1."), ...at("host."), ...new Uint8Array(20).fill(1)];
  const texts = Array.from({ length: 30 }, (_, i) =>
    Uint8Array.of(100, ...Buffer.alloc(100, i + 1)),
  );
  const image = buildZoneImage(parseName(apex), [
    { owner: parseName(apex), type: TYPE.SOA, ttl: 900, rdatas: [Uint8Array.from(soa)] },
    { owner: parseName(apex), type: TYPE.NS, ttl: 900, rdatas: [at("ns1.")] },
    { owner: at("www."), type: TYPE.A, ttl: 60, rdatas: [Uint8Array.of(192, 0, 2, lastOctet)] },
    { owner: at("big."), type: TYPE.TXT, ttl: 60, rdatas: texts },
  ]);
  return { zoneKey, image: image.buffer, queryLog: false };
}
