import assert from "node:assert/strict";
import { test } from "node:test";

import { startScriptedUpstream } from "../../../test/support/scripted-upstream.ts";
import {
  recordsOf,
  textOfMessage,
  upstreamQuery,
} from "../../../test/support/upstream-messages.ts";
import { present } from "../../base/assert.ts";
import { upstreamMismatchCountMax } from "../../base/limits.ts";
import { seededRandom } from "../../base/random.ts";
import { encodeMessage } from "../../dns/wire/encode-message.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import type { Message } from "../../dns/wire/message.ts";
import { parseName } from "../../dns/wire/name.ts";
import { CLASS, TYPE } from "../../dns/wire/registries.ts";
import { createUpstream } from "./create-upstream.ts";
import type { OpenUdp } from "./udp-socket.ts";

const forgedCount = 100_000;
const target = { address: "192.0.2.53", port: 53, protocol: "Do53" } as const;
const goodText = "www.bank.test. 60 A 192.0.2.1";
const evil = "203.0.113.66";

type Forged = { octets: Uint8Array; from: { address: string; port: number } };
type Forgery = (query: Message, draw: () => number) => Forged;

const here = { address: target.address, port: target.port };
const nameIn = (query: Message): Uint8Array => present(query.questions[0], "a question").name;
const evilAnswer = (query: Message, change: Partial<Message> = {}): Uint8Array =>
  encodeMessage({
    ...query,
    edns: undefined,
    flags: { qr: true, ra: true },
    answer: recordsOf(`x. 86400 A ${evil}`).map((each) => ({ ...each, owner: nameIn(query) })),
    ...change,
  });
const questionOf = (name: Uint8Array, type: number = TYPE.A) => ({
  questions: [{ name, type, class: CLASS.IN }],
});

/** What an attacker who sees nothing can get wrong, and what one who is lucky may still try. */
const forgeries: Record<string, Forgery> = {
  "wrong id": (query, draw) => {
    const id = (query.id + 1 + (draw() % 0xffff)) & 0xffff;
    return { octets: evilAnswer(query, { id }), from: here };
  },
  "wrong port": (query, draw) => {
    const port = 54 + (draw() % 65_000);
    return { octets: evilAnswer(query), from: { ...here, port } };
  },
  "wrong address": (query, draw) => {
    const address = `198.51.100.${draw() % 256}`;
    return { octets: evilAnswer(query), from: { ...here, address } };
  },
  "wrong name": (query, draw) => {
    const name = parseName(`w${draw()}.bank.test.`);
    return { octets: evilAnswer(query, questionOf(name)), from: here };
  },
  "wrong case": (query) => {
    const name = nameIn(query).slice();
    name[1] = (name[1] ?? 0) ^ 0x20;
    return { octets: evilAnswer(query, questionOf(name)), from: here };
  },
  "wrong type": (query) => {
    const octets = evilAnswer(query, questionOf(nameIn(query), TYPE.AAAA));
    return { octets, from: here };
  },
  "no question": (query) => ({ octets: evilAnswer(query, { questions: [] }), from: here }),
};

/** A network in memory: before each answer come as many forgeries as one query lets by. */
function forgingNetwork(forge: Forgery, counts: { sent: number }): OpenUdp {
  const random = seededRandom(11);
  return (_to, { onReady, onMessage }) => {
    let isOpen = true;
    setImmediate(() => isOpen && onReady());
    return {
      close: () => (isOpen = false),
      send: (octets) =>
        void setImmediate(() => {
          const query = decodeMessage(octets);
          for (let i = 1; isOpen && i < upstreamMismatchCountMax; i++) {
            const forged = forge(query, () => random.uint32());
            counts.sent++;
            onMessage(forged.octets, forged.from);
          }
          const answer = { ...query, edns: undefined, flags: { qr: true } };
          if (isOpen) onMessage(encodeMessage({ ...answer, answer: recordsOf(goodText) }), here);
        }),
    };
  };
}

const kinds = Object.entries(forgeries);
// The rest are records that the right server adds.
const perKind = Math.ceil((forgedCount * 0.9) / kinds.length);

for (const [name, forge] of kinds) {
  test(`none of ${perKind} forged answers is taken: ${name}`, async () => {
    const counts = { sent: 0 };
    const random = seededRandom(5);
    const openUdp = forgingNetwork(forge, counts);
    const upstream = createUpstream({ openUdp, random, timing: { tryTimeoutMs: 5_000 } });
    const given = upstreamQuery("www.bank.test. A", [target]);
    while (counts.sent < perKind) {
      const asked = Array.from({ length: 50 }, () => upstream.ask(given));
      for (const { message } of await Promise.all(asked)) {
        assert.deepEqual(textOfMessage(message), [[goodText], [], []]);
      }
    }
    const seen = Object.values(upstream.counts.mismatches).reduce((sum, count) => sum + count, 0);
    assert.equal(seen, counts.sent);
    await upstream.close();
  });
}

/** Records that answer nothing, and would be worth much. */
const additions: Partial<Message>[] = [
  { answer: recordsOf(goodText, `www.other.test. 86400 A ${evil}`) },
  { answer: recordsOf(goodText, "bank.test. 86400 NS ns.evil.test.", `bank.test. 1 A ${evil}`) },
  { answer: recordsOf("com. 86400 DNAME evil.test.", goodText) },
  { answer: recordsOf(goodText), authority: recordsOf("com. 86400 NS ns.evil.test.") },
  { answer: recordsOf(goodText), authority: recordsOf("x.www.bank.test. 1 NS ns.evil.test.") },
  { answer: recordsOf(goodText), additional: recordsOf(`ns.bank.test. 86400 A ${evil}`) },
  { answer: recordsOf(goodText), additional: recordsOf(`www.bank.test. 86400 A ${evil}`) },
];

test("no record out of bailiwick is kept, from 10,000 answers of the right server", async (t) => {
  let sent = 0;
  const server = await startScriptedUpstream(() => additions[sent++ % additions.length] ?? {});
  t.after(() => server.stop());
  const upstream = createUpstream();
  t.after(() => upstream.close());
  const given = upstreamQuery("www.bank.test. A", [server.target]);
  while (sent < forgedCount / 10) {
    const asked = Array.from({ length: 100 }, () => upstream.ask(given));
    for (const { message } of await Promise.all(asked)) {
      assert.deepEqual(textOfMessage(message), [[goodText], [], []]);
    }
  }
});
