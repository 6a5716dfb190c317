import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  NameServerUnderTest,
  apexRecords,
  messageText,
} from "../../../test/support/zone-under-test.ts";
import { chainLengthMax } from "../../base/limits.ts";
import { COUNTER } from "./query-counters.ts";

const soa = (apex: string): string =>
  `authority ${apex} 300 SOA ns.test. host.test. 1 7200 900 1209600 300`;
const z = soa("z.test.");
const ok = "0 qr aa rd";
const none = "3 qr aa rd";

function serving(zones: Readonly<Record<string, string>>): NameServerUnderTest {
  const server = new NameServerUnderTest();
  for (const [apex, records] of Object.entries(zones)) {
    server.serve(apex, `$TTL 60\n${apexRecords}${records}`);
  }
  return server;
}

function check(server: NameServerUnderTest, cases: Readonly<Record<string, string[]>>): void {
  for (const [question, expected] of Object.entries(cases)) {
    const [name = "", type = ""] = question.split(" ");
    it(question, () => assert.deepEqual(messageText(server.ask(name, type)), expected));
  }
}

describe("answer() CNAME chains (RFC 1034 §3.6.2, RFC 6604 §3)", () => {
  const server = serving({
    "z.test.": `
c CNAME www
www A 192.0.2.1
one CNAME two
two CNAME Three
three A 192.0.2.3
dead CNAME nothing
half CNAME www
out CNAME www.elsewhere.example.
away CNAME www.y.test.
down CNAME x.cut
back CNAME www.sub
up CNAME @
cut NS ns.cut
ns.cut A 192.0.2.53
loop-a CNAME loop-b
loop-b CNAME loop-a
self CNAME self
`,
    "y.test.": "www A 198.51.100.1\nreturn CNAME www.z.test.\n",
    "sub.z.test.": "www A 192.0.2.9\nc CNAME www.z.test.\n",
  });
  check(server, {
    "c.z.test. A": [
      ok,
      "answer c.z.test. 60 CNAME www.z.test.",
      "answer www.z.test. 60 A 192.0.2.1",
    ],
    "C.z.test. CNAME": [ok, "answer C.z.test. 60 CNAME www.z.test."],
    "one.z.test. A": [
      ok,
      "answer Three.z.test. 60 A 192.0.2.3",
      "answer one.z.test. 60 CNAME two.z.test.",
      "answer two.z.test. 60 CNAME Three.z.test.",
    ],
    "dead.z.test. A": [none, "answer dead.z.test. 60 CNAME nothing.z.test.", z],
    "half.z.test. AAAA": [ok, "answer half.z.test. 60 CNAME www.z.test.", z],
    "out.z.test. A": [ok, "answer out.z.test. 60 CNAME www.elsewhere.example."],
    "away.z.test. A": [
      ok,
      "answer away.z.test. 60 CNAME www.y.test.",
      "answer www.y.test. 60 A 198.51.100.1",
    ],
    "away.z.test. AAAA": [ok, "answer away.z.test. 60 CNAME www.y.test.", soa("y.test.")],
    "return.y.test. A": [
      ok,
      "answer return.y.test. 60 CNAME www.z.test.",
      "answer www.z.test. 60 A 192.0.2.1",
    ],
    "back.z.test. A": [
      ok,
      "answer back.z.test. 60 CNAME www.sub.z.test.",
      "answer www.sub.z.test. 60 A 192.0.2.9",
    ],
    "back.z.test. MX": [ok, "answer back.z.test. 60 CNAME www.sub.z.test.", soa("sub.z.test.")],
    "c.sub.z.test. A": [
      ok,
      "answer c.sub.z.test. 60 CNAME www.z.test.",
      "answer www.z.test. 60 A 192.0.2.1",
    ],
    "up.z.test. NS": [ok, "answer up.z.test. 60 CNAME z.test.", "answer z.test. 3600 NS ns.test."],
    "down.z.test. A": [
      ok,
      "answer down.z.test. 60 CNAME x.cut.z.test.",
      "authority cut.z.test. 60 NS ns.cut.z.test.",
      "additional ns.cut.z.test. 60 A 192.0.2.53",
    ],
    "loop-a.z.test. A": [
      ok,
      "answer loop-a.z.test. 60 CNAME loop-b.z.test.",
      "answer loop-b.z.test. 60 CNAME loop-a.z.test.",
    ],
    "self.z.test. A": [ok, "answer self.z.test. 60 CNAME self.z.test."],
  });

  it(`follows ${chainLengthMax} steps and counts what it gave up`, () => {
    const links = Array.from({ length: 20 }, (_, i) => `c${i} CNAME c${i + 1}\n`).join("");
    const chained = serving({ "z.test.": `${links}c20 A 192.0.2.1\n` });
    const far = chained.ask(`c${20 - chainLengthMax}.z.test.`, "A");
    assert.equal(far.answer.length, chainLengthMax + 1);
    assert.equal(chained.context.counters[COUNTER.chainsGivenUp], 0);
    const tooFar = chained.ask("c0.z.test.", "A");
    assert.equal(tooFar.rcode, 0);
    assert.equal(tooFar.answer.length, chainLengthMax + 1);
    assert.ok(tooFar.answer.every(({ type }) => type === 5));
    assert.equal(chained.context.counters[COUNTER.chainsGivenUp], 1);
  });
});

describe("answer() DNAME (RFC 6672)", () => {
  const long = "a".repeat(60);
  const server = serving({
    "z.test.": `
d 90 DNAME target
d TXT "own"
www.target A 192.0.2.1
*.wild.target A 192.0.2.2
away DNAME y.test.
root DNAME .
long DNAME ${long}.${long}.${long}
grow DNAME grow.grow
`,
    "y.test.": "www A 198.51.100.1\n",
    "all.test.": "@ DNAME z.test.\n",
  });
  const dname = "answer d.z.test. 90 DNAME target.z.test.";
  check(server, {
    "www.d.z.test. A": [
      ok,
      dname,
      "answer www.d.z.test. 90 CNAME www.target.z.test.",
      "answer www.target.z.test. 60 A 192.0.2.1",
    ],
    "WWW.D.z.test. A": [
      ok,
      "answer D.z.test. 90 DNAME target.z.test.",
      "answer WWW.D.z.test. 90 CNAME WWW.target.z.test.",
      "answer WWW.target.z.test. 60 A 192.0.2.1",
    ],
    "x.wild.d.z.test. A": [
      ok,
      dname,
      "answer x.wild.d.z.test. 90 CNAME x.wild.target.z.test.",
      "answer x.wild.target.z.test. 60 A 192.0.2.2",
    ],
    "no.d.z.test. A": [none, dname, "answer no.d.z.test. 90 CNAME no.target.z.test.", z],
    "www.d.z.test. CNAME": [ok, dname, "answer www.d.z.test. 90 CNAME www.target.z.test."],
    "d.z.test. DNAME": [ok, dname],
    "d.z.test. TXT": [ok, 'answer d.z.test. 60 TXT "own"'],
    "d.z.test. A": [ok, z],
    "www.away.z.test. A": [
      ok,
      "answer away.z.test. 60 DNAME y.test.",
      "answer www.away.z.test. 60 CNAME www.y.test.",
      "answer www.y.test. 60 A 198.51.100.1",
    ],
    "a.b.root.z.test. A": [
      ok,
      "answer a.b.root.z.test. 60 CNAME a.b.",
      "answer root.z.test. 60 DNAME .",
    ],
    "www.d.all.test. A": [
      ok,
      "answer all.test. 60 DNAME z.test.",
      dname,
      "answer www.d.all.test. 60 CNAME www.d.z.test.",
      "answer www.d.z.test. 90 CNAME www.target.z.test.",
      "answer www.target.z.test. 60 A 192.0.2.1",
    ],
    [`${"b".repeat(60)}.${"c".repeat(10)}.long.z.test. A`]: [
      "6 qr aa rd",
      `answer long.z.test. 60 DNAME ${long}.${long}.${long}.z.test.`,
    ],
  });

  it("ends where a name grows at each step, and repeats no DNAME", () => {
    const { rcode, answer } = server.ask("x.grow.z.test.", "A", { tcp: true });
    assert.equal(rcode, 0);
    assert.equal(answer.filter(({ type }) => type === 39).length, 1);
    assert.equal(answer.filter(({ type }) => type === 5).length, chainLengthMax + 1);
    const deep = `${"abcdefghi.".repeat(20)}grow.z.test.`;
    assert.equal(server.ask(deep, "A", { tcp: true }).rcode, 6);
  });
});
