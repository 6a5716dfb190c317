/** What every UDP driver must do, run over each of them. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { udpQuerySizeMax } from "../../base/limits.ts";
import { startNameServer } from "./name-server.ts";
import type { NameServer } from "./name-server.ts";
import type { Endpoint } from "./socket-address.ts";
import { UdpClient, echoOf, messageOf } from "./test-clients.ts";

const drivers = [{ io: "mmsg" }, { io: "dgram" }] as const;

for (const { io } of drivers) {
  suite(`driver ${io}`, () => {
    let server: NameServer;
    let wildcard: NameServer;
    const clients: UdpClient[] = [];

    before(async () => {
      const listen = [
        { address: "127.0.0.1", port: 0 },
        { address: "::1", port: 0 },
      ];
      const options = { io, workers: 2, answer: "echo", udpPayloadSizeMax: 4096 } as const;
      server = await startNameServer({ ...options, listen });
      wildcard = await startNameServer({
        ...options,
        listen: [
          { address: "0.0.0.0", port: 0 },
          { address: "::", port: 0 },
        ],
      });
    });
    after(async () => {
      for (const client of clients) client.close();
      await Promise.all([server.stop(), wildcard.stop()]);
    });
    async function open(endpoint: Endpoint, from?: string): Promise<UdpClient> {
      const client = await UdpClient.open(endpoint, from);
      clients.push(client);
      return client;
    }

    test("answers on every listen address, with the port it got", async () => {
      assert.deepEqual(
        server.addresses.map(({ address }) => address),
        ["127.0.0.1", "::1"],
      );
      for (const address of server.addresses) {
        const client = await open(address);
        const answer = await client.ask(messageOf(7), address);
        assert.deepEqual(answer, { message: echoOf(messageOf(7)), from: address });
      }
    });

    test("passes every size of query, and drops what is longer", async () => {
      const [address] = server.addresses as [Endpoint];
      const client = await open(address);
      for (const size of [12, 13, 511, 512, 513, 1232, 1500, 4000, udpQuerySizeMax]) {
        const answer = await client.ask(messageOf(size, size), address);
        const want = echoOf(messageOf(size, size));
        assert.equal(answer?.message.join(), want.join(), `${size} octets`);
      }
      const count = client.answers.length;
      client.send(messageOf(1, udpQuerySizeMax + 1), address);
      client.send(messageOf(1, 60_000), address);
      await client.ask(messageOf(2), address);
      assert.equal(client.answers.length, count + 1);
      assert.match(server.metricsText(), /^signpost_udp_oversized_total 2$/m);
    });

    test("sends nothing where the answerer says so, and the rest goes on", async () => {
      const [address] = server.addresses as [Endpoint];
      const client = await open(address);
      for (let id = 0; id < 100; id++) {
        client.send(id % 3 === 0 ? messageOf(id, 12).subarray(0, 5) : messageOf(id), address);
      }
      await client.waitFor(66);
      const ids = client.answers.map(({ message }) => message[1]);
      const want = Array.from({ length: 100 }, (_, id) => id).filter((id) => id % 3 !== 0);
      assert.deepEqual(ids.toSorted(byNumber), want);
    });

    test("answers bursts whole, each to the client that asked", async () => {
      const [address] = server.addresses as [Endpoint];
      const askers = await Promise.all(Array.from({ length: 4 }, () => open(address)));
      for (let burst = 1; burst <= 10; burst++) {
        askers.forEach((client, i) => {
          for (let n = 0; n < 25; n++) client.send(burstMessage(burst, i, n), address);
        });
        await Promise.all(askers.map((client) => client.waitFor(25 * burst)));
      }
      askers.forEach((client, i) => {
        assert.equal(client.answers.length, 250);
        const got = new Set(client.answers.map(({ message }) => message.join()));
        for (let n = 0; n < 250; n++) {
          const want = echoOf(burstMessage(1 + Math.floor(n / 25), i, n % 25));
          assert.ok(got.has(want.join()), `client ${i}, message ${n}`);
        }
      });
    });

    test("answers from the address that was asked, on a wildcard address too", async () => {
      const [ipv4, ipv6] = wildcard.addresses as [Endpoint, Endpoint];
      const asked = [
        { address: "127.0.0.1", port: ipv4.port },
        { address: "::1", port: ipv6.port },
      ];
      // A driver of Node alone only has the addresses that interfaces are configured with.
      if (io === "mmsg") asked.push({ address: "127.0.0.2", port: ipv4.port });
      for (const address of asked) {
        const client = await open(address);
        const answer = await client.ask(messageOf(9), address);
        assert.deepEqual(answer?.from, address);
      }
    });

    test("answers from the address that was asked after dropped queries of the batch", async () => {
      if (io !== "mmsg") return;
      const { port } = wildcard.addresses[0] as Endpoint;
      const client = await open({ address: "127.0.0.1", port });
      for (let id = 0; id < 60; id++) {
        const message = id % 4 === 0 ? Uint8Array.of(id) : messageOf(id);
        client.send(message, { address: `127.0.0.${1 + (id % 4)}`, port });
      }
      await client.waitFor(45);
      for (const { message, from } of client.answers) {
        assert.deepEqual(from, { address: `127.0.0.${1 + ((message[1] as number) % 4)}`, port });
      }
      assert.equal(client.answers.length, 45);
    });
  });
}

function burstMessage(burst: number, client: number, n: number): Uint8Array {
  return messageOf((burst << 8) | (client << 5) | n, 30 + n * 5);
}

function byNumber(a: number | undefined, b: number | undefined): number {
  return (a ?? 0) - (b ?? 0);
}
