import assert from "node:assert/strict";
import { test } from "node:test";

import {
  recordsOf,
  textOfMessage,
  upstreamQuery,
} from "../../../test/support/upstream-messages.ts";
import { seededRandom } from "../../base/random.ts";
import { encodeMessage } from "../../dns/wire/encode-message.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import type { Message } from "../../dns/wire/message.ts";
import { formatName, parseName } from "../../dns/wire/name.ts";
import { CLASS, TYPE } from "../../dns/wire/registries.ts";
import { cleanResponse } from "./clean-response.ts";
import { wireQueryOf } from "./wire-query.ts";

type Sections = { answer?: string[]; authority?: string[]; additional?: string[] };

function messageOf(sections: Sections, rest: Partial<Message> = {}): Message {
  return {
    id: 1,
    opcode: 0,
    rcode: 0,
    flags: { qr: true },
    questions: [],
    answer: recordsOf(...(sections.answer ?? [])),
    authority: recordsOf(...(sections.authority ?? [])),
    additional: recordsOf(...(sections.additional ?? [])),
    ...rest,
  };
}

const soa = "ns.example. host.example. 1 2 3 4 5";
const signature = (type: string, signer: string) =>
  `RRSIG ${type} 13 2 60 20300101000000 20200101000000 1 ${signer} AAAA`;

type Case = {
  name: string;
  ask: string;
  dnssecOk?: boolean;
  rcode?: number;
  has: Sections;
  keeps: Sections;
};

const cases: Case[] = [
  {
    name: "keeps the records asked for",
    ask: "www.example. A",
    has: { answer: ["www.example. 60 A 192.0.2.1", "www.example. 60 A 192.0.2.2"] },
    keeps: { answer: ["www.example. 60 A 192.0.2.1", "www.example. 60 A 192.0.2.2"] },
  },
  {
    name: "leaves out other names and other types",
    ask: "www.example. A",
    has: {
      answer: [
        "www.bank.test. 60 A 203.0.113.6",
        "www.example. 60 A 192.0.2.1",
        "www.example. 60 TXT x",
        "example. 60 A 203.0.113.6",
        "x.www.example. 60 A 203.0.113.6",
      ],
    },
    keeps: { answer: ["www.example. 60 A 192.0.2.1"] },
  },
  {
    name: "follows CNAMEs in any order",
    ask: "www.example. A",
    has: {
      answer: [
        "b.test. 60 A 192.0.2.1",
        "a.example. 60 CNAME b.test.",
        "www.example. 60 CNAME a.example.",
      ],
    },
    keeps: {
      answer: [
        "www.example. 60 CNAME a.example.",
        "a.example. 60 CNAME b.test.",
        "b.test. 60 A 192.0.2.1",
      ],
    },
  },
  {
    name: "leaves out what hangs on no link of the chain",
    ask: "www.example. A",
    has: {
      answer: [
        "www.example. 60 CNAME a.example.",
        "b.example. 60 CNAME c.example.",
        "c.example. 60 A 203.0.113.6",
      ],
    },
    keeps: { answer: ["www.example. 60 CNAME a.example."] },
  },
  {
    name: "ends a chain that turns in a circle",
    ask: "a.example. A",
    has: { answer: ["a.example. 60 CNAME b.example.", "b.example. 60 CNAME a.example."] },
    keeps: { answer: ["a.example. 60 CNAME b.example.", "b.example. 60 CNAME a.example."] },
  },
  {
    name: "does not follow the CNAME that was asked for",
    ask: "a.example. CNAME",
    has: { answer: ["a.example. 60 CNAME b.example.", "b.example. 60 CNAME c.example."] },
    keeps: { answer: ["a.example. 60 CNAME b.example."] },
  },
  {
    name: "makes a DNAME's CNAME anew",
    ask: "www.old.example. A",
    has: {
      answer: [
        "old.example. 60 DNAME new.test.",
        "www.old.example. 60 CNAME www.evil.test.",
        "www.new.test. 60 A 192.0.2.1",
        "www.evil.test. 60 A 203.0.113.6",
      ],
    },
    keeps: {
      answer: [
        "old.example. 60 DNAME new.test.",
        "www.old.example. 60 CNAME www.new.test.",
        "www.new.test. 60 A 192.0.2.1",
      ],
    },
  },
  {
    name: "takes no DNAME of another tree",
    ask: "www.old.example. A",
    has: { answer: ["ld.example. 60 DNAME new.test.", "other.test. 60 DNAME new.test."] },
    keeps: {},
  },
  {
    name: "keeps SOA and NS of zones around the names",
    ask: "www.example. A",
    has: {
      answer: ["www.example. 60 CNAME a.test."],
      authority: [
        `test. 60 SOA ${soa}`,
        "example. 60 NS ns.example.",
        ". 60 NS ns.example.",
        `other. 60 SOA ${soa}`,
        "b.test. 60 NS evil.test.",
        "example. 60 A 203.0.113.6",
      ],
    },
    keeps: {
      answer: ["www.example. 60 CNAME a.test."],
      authority: [`test. 60 SOA ${soa}`, "example. 60 NS ns.example.", ". 60 NS ns.example."],
    },
  },
  {
    name: "leaves the additional section out",
    ask: "example. MX",
    has: { answer: ["example. 60 MX 1 mx.example."], additional: ["mx.example. 60 A 203.0.113.6"] },
    keeps: { answer: ["example. 60 MX 1 mx.example."] },
  },
  {
    name: "keeps addresses of a referral's servers, if they are in the zone they serve",
    ask: "www.sub.example. A",
    has: {
      authority: ["sub.example. 60 NS ns1.sub.example.", "sub.example. 60 NS ns.test."],
      additional: [
        "ns1.sub.example. 60 A 192.0.2.53",
        "ns1.sub.example. 60 AAAA 2001:db8::53",
        "www.sub.example. 60 A 203.0.113.6",
        "ns2.sub.example. 60 A 203.0.113.6",
        "ns.test. 60 A 203.0.113.6",
      ],
    },
    keeps: {
      authority: ["sub.example. 60 NS ns1.sub.example.", "sub.example. 60 NS ns.test."],
      additional: ["ns1.sub.example. 60 A 192.0.2.53", "ns1.sub.example. 60 AAAA 2001:db8::53"],
    },
  },
  {
    name: "leaves signatures out without DO",
    ask: "www.example. A",
    has: {
      answer: ["www.example. 60 A 192.0.2.1", `www.example. 60 ${signature("A", "example.")}`],
      authority: [
        "a.example. 60 NSEC b.example. A",
        `a.example. 60 ${signature("NSEC", "example.")}`,
      ],
    },
    keeps: { answer: ["www.example. 60 A 192.0.2.1"] },
  },
  {
    name: "keeps signatures and signed denials with DO",
    ask: "www.example. A",
    dnssecOk: true,
    has: {
      answer: ["www.example. 60 A 192.0.2.1", `www.example. 60 ${signature("A", "example.")}`],
      authority: [
        "a.example. 60 NSEC b.example. A",
        `a.example. 60 ${signature("NSEC", "example.")}`,
        "c.example. 60 NSEC d.example. A",
        "a.test. 60 NSEC b.test. A",
        `a.test. 60 ${signature("NSEC", "test.")}`,
      ],
    },
    keeps: {
      answer: ["www.example. 60 A 192.0.2.1", `www.example. 60 ${signature("A", "example.")}`],
      authority: [
        "a.example. 60 NSEC b.example. A",
        `a.example. 60 ${signature("NSEC", "example.")}`,
      ],
    },
  },
  {
    name: "keeps nothing of an error",
    ask: "www.example. A",
    rcode: 2,
    has: { answer: ["www.example. 60 A 192.0.2.1"], authority: [`example. 60 SOA ${soa}`] },
    keeps: {},
  },
  {
    name: "counts a TTL beyond 31 bits as 0",
    ask: "www.example. A",
    has: { answer: ["www.example. 2147483648 A 192.0.2.1"] },
    keeps: { answer: ["www.example. 0 A 192.0.2.1"] },
  },
];

for (const { name, ask, dnssecOk = false, rcode = 0, has, keeps } of cases) {
  test(`cleanResponse() ${name}`, () => {
    const query = wireQueryOf(upstreamQuery(ask, [], { dnssecOk }), {
      mixCase: undefined,
      hasEdns: true,
    });
    const cleaned = cleanResponse(messageOf(has, { rcode }), query);
    assert.ok(cleaned);
    const { answer = [], authority = [], additional = [] } = keeps;
    assert.deepEqual(textOfMessage(cleaned), [answer, authority, additional]);
    assert.deepEqual(cleaned.questions, [query.question]);
  });
}

const query = wireQueryOf(upstreamQuery("www.example. A"), { mixCase: undefined, hasEdns: true });

test("cleanResponse() refuses a record that is kept and malformed", () => {
  const owner = parseName("www.example.");
  const record = (type: number, ...rdata: number[]) => ({
    owner,
    type,
    class: CLASS.IN,
    ttl: 60,
    rdata: Uint8Array.from(rdata),
  });
  const malformed = [record(TYPE.A, 1, 2, 3), record(TYPE.CNAME), record(TYPE.CNAME, 0, 1)];
  for (const each of malformed) {
    assert.equal(cleanResponse({ ...messageOf({}), answer: [each] }, query), undefined);
  }
  const soaCut = record(TYPE.SOA, 0, 0, 1);
  assert.equal(cleanResponse({ ...messageOf({}), authority: [soaCut] }, query), undefined);
  const nsCut = { ...messageOf({}), authority: [record(TYPE.NS)] };
  assert.equal(cleanResponse(nsCut, query), undefined);
  const other = { ...record(TYPE.A, 1), owner: parseName("x.example.") };
  assert.ok(cleanResponse({ ...messageOf({}), answer: [other] }, query));
});

test("cleanResponse() ends a chain of any length", () => {
  const answer = Array.from(
    { length: 200 },
    (_, i) => `n${i}.example. 60 CNAME n${i + 1}.example.`,
  );
  const long = wireQueryOf(upstreamQuery("n0.example. A"), { mixCase: undefined, hasEdns: true });
  const cleaned = cleanResponse(messageOf({ answer }), long);
  assert.equal(cleaned?.answer.length, 16);
});

test("cleanResponse() gives names in the case they were asked in", () => {
  const asked = upstreamQuery("www.MyExample. A");
  const mixed = wireQueryOf(asked, { mixCase: seededRandom(7), hasEdns: true });
  const name = formatName(mixed.wireName);
  const zone = name.slice(4);
  assert.notEqual(name, "www.MyExample.");
  const whole = messageOf(
    {
      answer: [`${name} 60 CNAME Other.${zone}`, `Other.${zone} 60 A 192.0.2.1`],
      authority: [`${zone} 60 NS Ns.${zone}`, `${zone.toUpperCase()} 60 NS ns.test.`],
    },
    { questions: [{ ...asked.question, name: mixed.wireName }] },
  );
  const cleaned = cleanResponse(decodeMessage(encodeMessage(whole, { compress: false })), mixed);
  assert.ok(cleaned);
  assert.deepEqual(textOfMessage(cleaned).slice(0, 2), [
    ["www.MyExample. 60 CNAME Other.MyExample.", "Other.MyExample. 60 A 192.0.2.1"],
    ["MyExample. 60 NS Ns.MyExample.", "MYEXAMPLE. 60 NS ns.test."],
  ]);
});
