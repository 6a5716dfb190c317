import assert from "node:assert/strict";
import { test } from "node:test";

import { recordsOf, upstreamQuery } from "../../../test/support/upstream-messages.ts";
import { encodeMessage } from "../../dns/wire/encode-message.ts";
import type { Message } from "../../dns/wire/message.ts";
import { parseName } from "../../dns/wire/name.ts";
import { CLASS, RCODE, TYPE } from "../../dns/wire/registries.ts";
import { matchResponse } from "./match-response.ts";
import type { Mismatch } from "./match-response.ts";
import { wireQueryOf } from "./wire-query.ts";

const query = wireQueryOf(upstreamQuery("wWw.exAmple. A"), { mixCase: undefined, hasEdns: true });
const expected = { query, id: 0x1234, sizeMax: 1232, anyCase: false };
const right: Message = {
  id: 0x1234,
  opcode: 0,
  rcode: 0,
  flags: { qr: true },
  questions: [query.question],
  answer: recordsOf("www.example. 60 A 192.0.2.1"),
  authority: [],
  additional: [],
};
const octetsOf = (change: Partial<Message>): Uint8Array => encodeMessage({ ...right, ...change });
const asked = (name: string, type: number = TYPE.A, of: number = CLASS.IN) => ({
  questions: [{ name: parseName(name), type, class: of }],
});

test("matchResponse() takes the response to the query", () => {
  for (const change of [
    {},
    { rcode: RCODE.NXDOMAIN, answer: [] },
    { flags: { qr: true, tc: true } },
  ]) {
    assert.equal(typeof matchResponse(octetsOf(change), expected), "object");
  }
});

test("matchResponse() takes an error without the question, and no more than an error", () => {
  const bare = { questions: [], answer: [], rcode: RCODE.FORMERR };
  assert.equal(typeof matchResponse(octetsOf(bare), expected), "object");
  assert.equal(matchResponse(octetsOf({ ...bare, rcode: RCODE.NOERROR }), expected), "question");
  assert.equal(matchResponse(octetsOf({ ...bare, rcode: RCODE.NXDOMAIN }), expected), "question");
});

/** The name at the question points to itself. */
function loopingName(): Uint8Array {
  const octets = octetsOf({});
  octets.set([0xc0, 12], 12 + query.wireName.length + 4);
  octets.set([0xc0, 12 + query.wireName.length + 4], 12 + query.wireName.length + 4);
  return octets;
}

const big = {
  answer: Array.from({ length: 90 }, (_, i) => recordsOf(`www.example. 1 A 192.0.2.${i}`)).flat(),
};

const wrong: [string, Uint8Array, Mismatch][] = [
  ["no octets", new Uint8Array(0), "malformed"],
  ["less than a header", octetsOf({}).subarray(0, 11), "malformed"],
  ["another id", octetsOf({ id: 0x1235 }), "id"],
  ["a query", octetsOf({ flags: {} }), "header"],
  ["another opcode", octetsOf({ opcode: 4 }), "header"],
  ["another name", octetsOf(asked("wWx.exAmple.")), "question"],
  ["a longer name", octetsOf(asked("wWw.exAmple.com.")), "question"],
  ["a shorter name", octetsOf(asked("exAmple.")), "question"],
  ["another case", octetsOf(asked("www.example.")), "case"],
  ["another type", octetsOf(asked("wWw.exAmple.", TYPE.AAAA)), "question"],
  ["another class", octetsOf(asked("wWw.exAmple.", TYPE.A, 3)), "question"],
  ["no question", octetsOf({ questions: [] }), "question"],
  ["two", octetsOf({ questions: [query.question, query.question] }), "question"],
  ["more than was offered", octetsOf(big), "oversize"],
  ["a record cut off", octetsOf({}).subarray(0, -1), "malformed"],
  ["octets after the end", Uint8Array.from([...octetsOf({}), 0]), "malformed"],
  ["a name that points to itself", loopingName(), "malformed"],
];

for (const [name, octets, mismatch] of wrong) {
  test(`matchResponse() refuses ${name}: ${mismatch}`, () => {
    assert.equal(matchResponse(octets, expected), mismatch);
  });
}

test("matchResponse() takes another case where nobody can have guessed", () => {
  const octets = octetsOf(asked("www.example."));
  assert.equal(typeof matchResponse(octets, { ...expected, anyCase: true }), "object");
});
