import assert from "node:assert/strict";
import { test } from "node:test";

import { allow } from "../../../test/support/probe-cases.ts";
import { startScriptedNameServer } from "../../../test/support/scripted-name-server.ts";
import type { Reply } from "../../../test/support/scripted-name-server.ts";
import { parseRdata } from "../../dns/rdata/rdata.ts";
import type { Message } from "../../dns/wire/message.ts";
import { parseName, rootName } from "../../dns/wire/name.ts";
import { CLASS, RCODE, TYPE } from "../../dns/wire/registries.ts";
import { probe } from "./probe.ts";
import type { DnsProbeSpec } from "./probe-spec.ts";
import { Reason } from "./reason.ts";

const spec: Omit<DnsProbeSpec, "port"> = {
  kind: "dns",
  transport: "udp",
  address: "127.0.0.1",
  qname: "www.example",
  qtype: "A",
  rcode: "NOERROR",
  timeoutMs: 10_000,
};

const owner = parseName("www.example.");
const record = (type: number, value: string) => ({
  owner,
  type,
  class: CLASS.IN,
  ttl: 1,
  rdata: parseRdata(type, value, rootName),
});
const a = (value: string) => record(TYPE.A, value);
const answering =
  (...answer: Message["answer"]): Reply =>
  () => ({ answer });

type Case = [string, Reply, Partial<DnsProbeSpec>, Reason, number];

const { dnsAnswered, dnsWrongRcode, dnsWrongAnswer, dnsTimeout, badResponse } = Reason;
const other = { questions: [{ name: parseName("x."), type: TYPE.A, class: CLASS.IN }] };

const cases: Case[] = [
  ["any answer", answering(), {}, dnsAnswered, 0],
  ["over TCP", answering(), { transport: "tcp" }, dnsAnswered, 0],
  ["the record", answering(a("192.0.2.1"), a("192.0.2.2")), { expect: "192.0.2.2" }, 5, 0],
  ["another record", answering(a("192.0.2.1")), { expect: "192.0.2.2" }, dnsWrongAnswer, 0],
  ["no record", answering(), { expect: "192.0.2.2" }, dnsWrongAnswer, 0],
  ["the value at another type", answering(record(TYPE.TXT, "x")), { expect: "192.0.2.1" }, 50, 0],
  [
    "a name in another case",
    answering(record(TYPE.CNAME, "A.Example.")),
    { qtype: "CNAME", expect: "a.example" },
    dnsAnswered,
    0,
  ],
  [
    "a text in another case",
    answering(record(TYPE.TXT, '"Up"')),
    { qtype: "TXT", expect: '"up"' },
    dnsWrongAnswer,
    0,
  ],
  ["TYPE65", answering(record(65, "1 .")), { qtype: "TYPE65", expect: "1 ." }, dnsAnswered, 0],
  ["SERVFAIL", () => ({ rcode: RCODE.SERVFAIL }), {}, dnsWrongRcode, 2],
  ["NXDOMAIN that is expected", () => ({ rcode: RCODE.NXDOMAIN }), { rcode: "NXDOMAIN" }, 5, 3],
  ["NOERROR where NXDOMAIN is expected", answering(), { rcode: "NXDOMAIN" }, dnsWrongRcode, 0],
  ["REFUSED without the question", () => ({ rcode: 5, questions: [] }), {}, dnsWrongRcode, 5],
  ["silence", () => null, { timeoutMs: 60 }, dnsTimeout, 0],
  ["silence over TCP", () => null, { timeoutMs: 60, transport: "tcp" }, dnsTimeout, 0],
  ["another id", ({ id }) => ({ id: id ^ 1 }), { timeoutMs: 60 }, dnsTimeout, 0],
  ["another question", () => other, { timeoutMs: 60 }, dnsTimeout, 0],
  ["the query sent back", () => ({ flags: { qr: false } }), { timeoutMs: 60 }, dnsTimeout, 0],
  ["garbage", ({ id }) => Uint8Array.of(id >> 8, id, 0x80, 0, 0, 9), {}, badResponse, 0],
  ["an octet", () => Uint8Array.of(1), { timeoutMs: 60 }, dnsTimeout, 0],
  ["another id over TCP", ({ id }) => ({ id: id ^ 1 }), { transport: "tcp" }, badResponse, 0],
  [
    "truncated, then whole over TCP",
    (_, transport) =>
      transport === "udp" ? { flags: { tc: true } } : { answer: [a("192.0.2.1")] },
    { expect: "192.0.2.1" },
    dnsAnswered,
    0,
  ],
  [
    "a malformed record",
    answering({ ...a("192.0.2.1"), rdata: Uint8Array.of(1, 2, 3) }),
    { expect: "192.0.2.1" },
    dnsWrongAnswer,
    0,
  ],
  ["an expectation that is no record", () => null, { expect: "192.0.2" }, Reason.internal, 0],
  ["no such type", answering(), { qtype: "NONSENSE" }, Reason.internal, 0],
  ["no such name", answering(), { qname: "a..b" }, Reason.internal, 0],
];

for (const [name, reply, given, reason, detail] of cases) {
  test(`probeDns() ${name}`, async () => {
    const server = await startScriptedNameServer(reply);
    const result = await probe({ ...spec, port: server.port, ...given }, { allow });
    await server.stop();
    assert.deepEqual([result.reason, result.detail], [reason, detail]);
  });
}

test("probeDns() asks a second time what may have been lost", async () => {
  let count = 0;
  const server = await startScriptedNameServer(() => (++count === 1 ? null : {}));
  const result = await probe({ ...spec, port: server.port, timeoutMs: 500 }, { allow });
  await server.stop();
  assert.equal(result.reason, Reason.dnsAnswered);
  assert.equal(server.queries.length, 2);
});

test("probeDns() finds nobody listening", async () => {
  const server = await startScriptedNameServer(() => null);
  await server.stop();
  for (const transport of ["udp", "tcp"] as const) {
    const { reason } = await probe({ ...spec, port: server.port, transport }, { allow });
    assert.equal(reason, Reason.connectionRefused);
  }
});
