import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { request as httpsRequest } from "node:https";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { makeCertificate, opensslPath } from "../../../test/support/certificates.ts";
import { testWith } from "../../../test/support/peers.ts";
import { tcpOptionsDefault } from "../../dataplane/server/tcp-options.ts";
import { encodeMessage } from "../../dns/wire/encode-message.ts";
import { parseName } from "../../dns/wire/name.ts";
import { CLASS, TYPE } from "../../dns/wire/registries.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import { CertificateFile } from "./certificate-file.ts";
import { InboundListeners, inboundPlaces } from "./inbound-listeners.ts";
import type { InboundClient, InboundListenersOptions, InboundPlace } from "./inbound-listeners.ts";

const question = { name: parseName("www.corp.test"), type: TYPE.A, class: CLASS.IN };
const message = { id: 1, opcode: 0, rcode: 0, questions: [question], additional: [] };
const query = encodeMessage({ ...message, flags: { rd: true }, answer: [], authority: [] });
const record = {
  ...{ owner: question.name, type: TYPE.A, class: CLASS.IN, ttl: 77 },
  rdata: Uint8Array.of(192, 0, 2, 1),
};
const response = encodeMessage({
  ...message,
  flags: { qr: true },
  answer: [record],
  authority: [],
});

const folder = mkdtempSync(join(tmpdir(), "signpost-inbound-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let clients: InboundClient[] = [];
beforeEach(() => (clients = []));

function listeners(change: Partial<InboundListenersOptions> = {}): InboundListeners {
  const made = new InboundListeners({
    tcp: { ...tcpOptionsDefault, idleTimeoutMs: 2_000 },
    certificate: undefined,
    isLocalAddress: (address) => address.startsWith("127."),
    isCovered: () => false,
    answer: (octets, client) => {
      clients.push(client);
      return Promise.resolve(octets.length === query.length ? response : undefined);
    },
    onChange: () => undefined,
    ...change,
  });
  after(() => made.stop());
  return made;
}

/** A port that nothing listens on at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function place(change: Partial<InboundPlace> = {}): Promise<InboundPlace> {
  const port = await freePort();
  return {
    address: "127.0.0.9",
    port,
    protocol: "Do53",
    endpointId: "rslvr-in-1",
    isDelegation: false,
    ...change,
  };
}

async function askUdp({ address, port }: InboundPlace): Promise<Uint8Array> {
  const socket = createSocket("udp4");
  socket.send(query, port, address);
  const [answer] = (await once(socket, "message")) as [Buffer];
  socket.close();
  return new Uint8Array(answer);
}

test("queries arrive over UDP and TCP at the addresses of this machine alone", async () => {
  const changes: string[] = [];
  const inbound = listeners({ onChange: () => void changes.push("changed") });
  const near = await place();
  const far = { ...near, address: "192.0.2.1", endpointId: "rslvr-in-2" };
  await inbound.update([near, far]);
  assert.deepEqual(inbound.report(), {
    open: ["127.0.0.9"],
    problems: [["192.0.2.1", "192.0.2.1 is no address of this machine: nothing arrives at it."]],
  });
  assert.deepEqual(changes, ["changed"]);
  assert.deepEqual(await askUdp(near), new Uint8Array(response));
  const [client] = clients;
  assert.equal(client?.transport, "UDP");
  assert.deepEqual(client.local, near);

  await inbound.update([near]);
  assert.deepEqual(inbound.report(), { open: ["127.0.0.9"], problems: [] });
  assert.deepEqual(await askUdp(near), new Uint8Array(response));
  await inbound.update([]);
  assert.deepEqual(inbound.report(), { open: [], problems: [] });
  const again = createSocket("udp4");
  again.bind(near.port, near.address); // it is free
  await once(again, "listening");
  again.close();
});

test("a place that cannot be had is a problem until it can", async () => {
  const near = await place();
  const other = createServer().listen(near.port, near.address);
  await once(other, "listening");
  const inbound = listeners();
  await inbound.update([near]);
  assert.deepEqual(inbound.report().problems, [
    ["127.0.0.9", `Cannot listen on 127.0.0.9 port ${near.port}: another program has it.`],
  ]);
  other.close();
  await once(other, "close");
  await inbound.retry();
  assert.deepEqual(inbound.report(), { open: ["127.0.0.9"], problems: [] });
  await inbound.stop();
});

test("an address that leaves the machine is left", async () => {
  let isLocal = true;
  const inbound = listeners({ isLocalAddress: () => isLocal });
  await inbound.update([await place()]);
  assert.equal(inbound.report().open.length, 1);
  isLocal = false;
  await inbound.retry();
  assert.deepEqual([inbound.report().open.length, inbound.report().problems.length], [0, 1]);
});

test("a place that a listener of the settings has is not listened on twice", async () => {
  const near = await place();
  const other = createServer().listen(near.port, "0.0.0.0");
  await once(other, "listening");
  const inbound = listeners({ isCovered: ({ port }) => port === near.port });
  await inbound.update([near]);
  assert.deepEqual(inbound.report(), { open: ["127.0.0.9"], problems: [] });
  await inbound.stop();
  other.close();
});

test("without a certificate there is neither DoT nor DoH", async () => {
  const inbound = listeners();
  await inbound.update([await place({ protocol: "DoH" })]);
  assert.deepEqual(inbound.report().problems, [
    ["127.0.0.9", "DoH on 127.0.0.9 needs a certificate (setting resolver-certificate)."],
  ]);
});

test("inboundPlaces() gives a place for each address and protocol", () => {
  const addresses = [{ id: "rni-1", subnetId: "subnet-1", ip: "10.0.0.1", createdAt: "" }];
  const endpoint = { id: "rslvr-in-1", addresses, protocols: ["Do53", "DoH"] } as never;
  const ports = { Do53: 53, DoT: 853, DoH: 443 };
  const rest = { endpointId: "rslvr-in-1", isDelegation: false };
  assert.deepEqual(inboundPlaces([endpoint], ports), [
    { address: "10.0.0.1", protocol: "Do53", port: 53, ...rest },
    { address: "10.0.0.1", protocol: "DoH", port: 443, ...rest },
  ]);
});

function certificateFile(name: string): CertificateFile {
  const { cert, key } = makeCertificate({ names: [name] });
  const paths = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  writeFileSync(paths.certificate, cert);
  writeFileSync(paths.key, key);
  const file = new CertificateFile(paths, silentLogger);
  after(() => file.stop());
  return file;
}

testWith([opensslPath], "queries arrive over TLS, and a renewed certificate is shown", async () => {
  const certificate = certificateFile("first.test");
  const inbound = listeners({ certificate });
  const secure = await place({ protocol: "DoT" });
  await inbound.update([secure]);
  const ask = async (): Promise<{ name: string; answer: Buffer }> => {
    const socket = connectTls({
      host: secure.address,
      port: secure.port,
      ALPNProtocols: ["dot"],
      rejectUnauthorized: false,
    });
    await once(socket, "secureConnect");
    const name = String(socket.getPeerCertificate().subject.CN);
    socket.write(Buffer.concat([Buffer.from([0, query.length]), query]));
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.ok(inbound.connectionCount > 0);
    socket.destroy();
    return { name, answer: answer.subarray(2) };
  };
  const first = await ask();
  assert.equal(first.name, "first.test");
  assert.deepEqual(new Uint8Array(first.answer), new Uint8Array(response));
  assert.equal(clients[0]?.transport, "TLS");
  certificateFile("second.test");
  certificate.refresh();
  assert.equal((await ask()).name, "second.test");
  writeFileSync(join(folder, "key.pem"), "no key");
  certificate.refresh();
  assert.equal((await ask()).name, "second.test");
  await inbound.stop();
});

testWith([opensslPath], "queries arrive over HTTPS, as RFC 8484 has them", async () => {
  const inbound = listeners({ certificate: certificateFile("doh.test") });
  const secure = await place({ protocol: "DoH" });
  await inbound.update([secure]);
  const origin = `https://${secure.address}:${secure.port}`;
  const session = connectHttp2(origin, { rejectUnauthorized: false });
  const ask = async (headers: Record<string, string>, body?: Uint8Array) => {
    const stream = session.request(headers, { endStream: body === undefined });
    if (body) stream.end(body);
    const [answered] = (await once(stream, "response")) as [Record<string, string | number>];
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    return { headers: answered, body: new Uint8Array(Buffer.concat(chunks)) };
  };
  const dns = Buffer.from(query).toString("base64url");
  const got = await ask({ ":path": `/dns-query?dns=${dns}` });
  assert.equal(got.headers[":status"], 200);
  assert.equal(inbound.connectionCount, 1);
  assert.equal(got.headers["content-type"], "application/dns-message");
  assert.equal(got.headers["cache-control"], "max-age=77");
  assert.deepEqual(got.body, new Uint8Array(response));
  const post = {
    ":method": "POST",
    ":path": "/dns-query",
    "content-type": "application/dns-message",
  };
  assert.deepEqual((await ask(post, query)).body, new Uint8Array(response));
  assert.equal(clients[0]?.transport, "HTTPS");
  const cases: [Record<string, string>, Uint8Array | undefined, number][] = [
    [{ ":path": "/" }, undefined, 404],
    [{ ":path": "//" }, undefined, 400],
    [{ ":path": "/dns-query" }, undefined, 400],
    [{ ":path": "/dns-query?dns=a*" }, undefined, 400],
    [{ ":path": "/dns-query?dns=AAAA" }, undefined, 400],
    [{ ...post, "content-type": "text/plain" }, query, 415],
    [{ ...post, ":method": "PUT" }, query, 405],
    [post, new Uint8Array(66_000), 413],
    [post, new Uint8Array(100), 400], // no answer
  ];
  for (const [headers, body, status] of cases) {
    assert.equal((await ask(headers, body)).headers[":status"], status);
  }
  session.close();

  const url = `${origin}/dns-query?dns=${dns}`; // HTTP/1.1
  const old = httpsRequest(url, { rejectUnauthorized: false, agent: false }).end();
  const [answer] = (await once(old, "response")) as [{ statusCode: number; resume(): void }];
  assert.equal(answer.statusCode, 200);
  answer.resume();
  await inbound.stop();
});
