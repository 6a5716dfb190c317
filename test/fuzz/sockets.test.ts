import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { seededRandom } from "../../src/base/random.ts";
import { parseName } from "../../src/dns/wire/name.ts";
import { RCODE, TYPE } from "../../src/dns/wire/registries.ts";
import { DnsClient } from "../support/dns-client.ts";
import { recordsOf } from "../differential/hard-records.ts";
import { importZones } from "../differential/transfer-zones.ts";
import { ask, modes } from "../differential/query.ts";
import { readResponse } from "../differential/response.ts";
import { startSignpost, type SignpostProcess } from "../support/signpost-process.ts";
import { mutate } from "./mutate.ts";
import { seedQueries } from "./packet-checks.ts";

const origin = "services.test.";
const file = join(import.meta.dirname, "../differential/zones/services.test.zone");
const datagramCount = 20_000;
const datagramsPerPause = 200;
const connectionCount = 60;
const messagesPerConnection = 20;

describe("a running server that is sent garbage", { timeout: 120_000 }, () => {
  const random = seededRandom(7);
  const owners = recordsOf({ origin, file }).map(({ owner, type }) => ({ name: owner, type }));
  const seeds = seedQueries(owners, random);
  let signpost: SignpostProcess;
  let client: DnsClient;

  before(async () => {
    signpost = await startSignpost();
    await importZones(signpost, [{ origin, file }]);
    client = await DnsClient.open({ port: signpost.dns.port });
  });

  after(async () => {
    client?.close();
    await signpost?.stop();
  });

  it("answers on after mutated datagrams", async () => {
    const socket = createSocket("udp4");
    socket.on("error", () => {});
    for (let i = 0; i < datagramCount; i++) {
      socket.send(mutant(), signpost.dns.port, "127.0.0.1");
      if (i % datagramsPerPause === 0) await sleep(1);
    }
    await answersAsBefore();
    socket.close();
  });

  it("answers on after mutated messages over TCP, and frames that lie", async () => {
    for (let i = 0; i < connectionCount; i++) {
      const socket = connect(signpost.dns.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.resume();
      await once(socket, "connect");
      for (let k = 0; k < messagesPerConnection; k++) {
        const message = mutant();
        const size = random.uint32() % 8 === 0 ? random.uint32() & 0xffff : message.length;
        socket.write(Uint8Array.of(size >> 8, size & 255, ...message));
      }
      if (i % 3 === 0) socket.destroy();
      else socket.end();
    }
    await answersAsBefore();
  });

  it("counts each message once as a response or as dropped", async () => {
    const response = await fetch(`${signpost.api}/metrics`);
    const metrics = await response.text();
    const queries = sumOf(metrics, "signpost_dns_queries_total");
    const responses = sumOf(metrics, "signpost_dns_responses_total");
    const dropped = sumOf(metrics, "signpost_dns_dropped_total");
    assert.equal(responses + dropped, queries);
    assert.ok(queries > datagramCount / 2, `${queries} queries`);
  });

  it("loses no worker", () => {
    assert.doesNotMatch(signpost.log(), /AssertionError|TypeError|RangeError|restart/i);
  });

  function mutant(): Uint8Array {
    return mutate(seeds[random.uint32() % seeds.length] as Uint8Array, random);
  }

  async function answersAsBefore(): Promise<void> {
    for (const mode of modes) {
      const name = parseName(`www.${origin}`);
      const octets = await ask(client, { name, type: TYPE.A, mode, recursionDesired: false });
      assert.ok(octets, `no response (${mode})`);
      const response = readResponse(octets);
      assert.equal(response.rcode, String(RCODE.NOERROR));
      assert.equal(response.answer, `www.${origin} 300 A 0a170002`);
    }
  }
});

/** The sum of a counter's series in Prometheus' text form. */
function sumOf(metrics: string, name: string): number {
  const lines = metrics.split("\n").filter((line) => line.startsWith(`${name}{`));
  assert.ok(lines.length > 0, name);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
