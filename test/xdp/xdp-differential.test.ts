/** The two paths to the same answers: packets by AF_XDP and by sockets, over the same zones. */
import assert from "node:assert/strict";
import { after, before, suite } from "node:test";
import { seededRandom } from "../../src/base/random.ts";
import { startNameServer } from "../../src/dataplane/server/name-server.ts";
import type { NameServer } from "../../src/dataplane/server/name-server.ts";
import type { Endpoint } from "../../src/dataplane/server/socket-address.ts";
import type { ZoneUpdate } from "../../src/dataplane/server/worker-setup.ts";
import type { ZoneImage } from "../../src/dataplane/image/zone-image.ts";
import { buildZoneImage } from "../../src/dataplane/image/zone-image-builder.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import { parseName } from "../../src/dns/wire/name.ts";
import { recordsOf } from "../differential/hard-records.ts";
import { queriesFor } from "../differential/query-corpus.ts";
import { describeQuery, queryOctets } from "../differential/query.ts";
import { fields, readResponse } from "../differential/response.ts";
import { hardZones } from "../differential/zone-files.ts";
import { groupRecords } from "../fuzz/in-process-server.ts";
import { imageOf, queryOf } from "../support/zone-under-test.ts";
import { inNamespace } from "./namespace-libc.ts";
import { BlockingClient } from "./namespace-sockets.ts";
import { openVethPair, whyNot, xdpTest } from "./veth-pair.ts";
import type { VethPair } from "./veth-pair.ts";
import { startAt } from "./xdp-server.ts";
import type { XdpServer } from "./xdp-server.ts";

const packets = "signpost_xdp_packets_total";
const queriesPerFamily = 1_500;
const texts = Array.from({ length: 7 }, (_, i) => `"${String(i).repeat(200)}"`);
const bigZone = `@ 60 SOA ns.test. host.test. 1 7200 900 1209600 300
@ 60 NS ns.test.
just 60 TXT ${texts.slice(0, 6).join(" ")} "${"x".repeat(150)}"
over 60 TXT ${texts.slice(0, 7).join(" ")} "${"x".repeat(150)}"
`;

suite("XDP beside sockets", () => {
  let pair: VethPair;
  let xdp: XdpServer;
  let sockets: NameServer;
  const clients: BlockingClient[] = [];

  before(async () => {
    if (whyNot() !== undefined) return;
    pair = openVethPair();
    const options = { answer: "nameserver", nsid: "one" } as const;
    xdp = await startAt(pair, options);
    const listen = [pair.server.ipv4, pair.server.ipv6].map((address) => ({ address, port: 54 }));
    sockets = await inNamespace(pair.server.namespace, () =>
      startNameServer({ ...options, listen, io: "mmsg", workers: 1 }),
    );
    for (const server of [xdp.server, sockets]) await server.publish(updates());
  });
  after(async () => {
    for (const client of clients) client.close();
    await Promise.all([xdp?.server.stop(), sockets?.stop()]);
    pair?.close();
  });
  function open({ address, port }: Endpoint): BlockingClient {
    const client = new BlockingClient(pair.client.namespace, { address, port });
    clients.push(client);
    return client;
  }

  for (const family of [4, 6] as const) {
    xdpTest(`IPv${family}: the same answers to the hard zones' questions`, () => {
      const endpoint = family === 4 ? xdp.ipv4 : xdp.ipv6;
      const [fast, slow] = [open(endpoint), open({ ...endpoint, port: 54 })];
      const before = xdp.metric(packets);
      let sameOctets = 0;
      for (const query of questions()) {
        const [one, other] = [fast, slow].map((client) => client.ask(queryOctets(query)));
        assert.ok(one && other, describeQuery(query));
        if (Buffer.compare(one, other) === 0) {
          sameOctets++;
          continue;
        }
        // Records of a set take turns, so their order may differ, and nothing else.
        assert.equal(one.length, other.length, describeQuery(query));
        const [got, want] = [readResponse(one), readResponse(other)];
        for (const field of fields) assert.equal(got[field], want[field], describeQuery(query));
      }
      assert.ok(sameOctets > queriesPerFamily / 2, `${sameOctets} with the same octets`);
      assert.equal(xdp.metric(packets) - before, queriesPerFamily);
    });
  }

  xdpTest(
    "an answer that fits into no packet has TC, whatever its client would take",
    async (t) => {
      const pair = openVethPair();
      t.after(() => pair.close());
      const dns = await startAt(pair, { answer: "nameserver", udpPayloadSizeMax: 4096 });
      t.after(() => dns.server.stop());
      await dns.server.publish([updateOf(imageOf("big.example.", bigZone), 0)]);
      for (const endpoint of [dns.ipv4, dns.ipv6]) {
        const client = new BlockingClient(pair.client.namespace, endpoint);
        t.after(() => client.close());
        const ask = (name: string, payloadSize: number) => {
          const query = queryOf(`${name}.big.example.`, "TXT", { edns: { payloadSize } });
          const octets = client.ask(query);
          assert.ok(octets, name);
          return { size: octets.length, ...decodeMessage(octets) };
        };
        const whole = ask("just", 4096);
        assert.deepEqual([whole.flags.tc ?? false, whole.answer.length], [false, 1]);
        assert.ok(whole.size > 1400 && whole.size <= 1452, `${whole.size} octets`);
        for (const cut of [ask("over", 4096), ask("just", 1232), ask("just", 512)]) {
          assert.deepEqual([cut.flags.tc, cut.answer.length], [true, 0]);
        }
      }
    },
  );
});

function updates() {
  const hard = hardZones().map((zone) =>
    buildZoneImage(parseName(zone.origin), groupRecords(recordsOf(zone))),
  );
  return hard.map(updateOf);
}

function updateOf({ buffer: image }: ZoneImage, index: number): ZoneUpdate {
  return { zoneKey: index + 1, image, queryLog: false };
}

/** Spread over all zones; by UDP only. */
function questions() {
  const random = seededRandom(7);
  const all = hardZones().flatMap((zone) => queriesFor(zone, random));
  const byUdp = all.filter(({ mode }) => mode !== "tcp");
  const step = byUdp.length / queriesPerFamily;
  return Array.from({ length: queriesPerFamily }, (_, i) => {
    const query = byUdp[Math.floor(i * step)];
    assert.ok(query);
    return query;
  });
}
