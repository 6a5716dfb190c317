import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  NameServerUnderTest,
  apexRecords,
  messageText,
} from "../../../test/support/zone-under-test.ts";

const soa = (apex: string, ttl = 300): string =>
  `authority ${apex} ${ttl} SOA ns.test. host.test. 1 7200 900 1209600 300`;
const z = soa("z.test.");
const ok = "0 qr aa rd";
const none = "3 qr aa rd";

/** Question, then what comes back: status and flags, then records. */
type Case = [question: string, ...expected: string[]];

function check(server: NameServerUnderTest, cases: readonly Case[]): void {
  for (const [question, ...expected] of cases) {
    const [name = "", type = ""] = question.split(" ");
    it(question, () => assert.deepEqual(messageText(server.ask(name, type)), expected));
  }
}

function zone(records: string): NameServerUnderTest {
  const server = new NameServerUnderTest();
  server.serve("z.test.", `$TTL 60\n${apexRecords}${records}`);
  return server;
}

describe("answer() exact names (RFC 1034 §4.3.2)", () => {
  const server = zone(`
www A 192.0.2.1
www A 192.0.2.2
www TXT "x"
a.b.ent A 192.0.2.3
@ A 192.0.2.4
Mixed.Case A 192.0.2.5
`);
  check(server, [
    ["www.z.test. A", ok, "answer www.z.test. 60 A 192.0.2.1", "answer www.z.test. 60 A 192.0.2.2"],
    ["www.z.test. TXT", ok, 'answer www.z.test. 60 TXT "x"'],
    ["wWw.Z.tEST. TXT", ok, 'answer wWw.Z.tEST. 60 TXT "x"'],
    ["mixed.case.z.test. A", ok, "answer mixed.case.z.test. 60 A 192.0.2.5"],
    ["z.test. A", ok, "answer z.test. 60 A 192.0.2.4"],
    ["z.test. NS", ok, "answer z.test. 3600 NS ns.test."],
    ["z.test. SOA", ok, "answer z.test. 3600 SOA ns.test. host.test. 1 7200 900 1209600 300"],
    ["www.z.test. AAAA", ok, z],
    ["z.test. MX", ok, z],
    ["z.test. DS", ok, z],
    ["www.z.test. TYPE65280", ok, z],
    ["b.ent.z.test. A", ok, z],
    ["ent.z.test. A", ok, z],
    ["x.ent.z.test. A", none, z],
    ["x.www.z.test. A", none, z],
    ["ww.z.test. A", none, z],
    ["wwww.z.test. A", none, z],
    ["other.test. A", "5 qr rd"],
    ["test. A", "5 qr rd"],
    [". A", "5 qr rd"],
    ["xz.test. A", "5 qr rd"],
  ]);
});

describe("answer() negative TTL (RFC 2308 §3, §5)", () => {
  const low = new NameServerUnderTest();
  low.serve("low.test.", "@ 100 SOA a. b. 1 2 3 4 300\n");
  const high = new NameServerUnderTest();
  high.serve("high.test.", "@ 900 SOA a. b. 1 2 3 4 300\n");
  check(low, [["x.low.test. A", none, "authority low.test. 100 SOA a. b. 1 2 3 4 300"]]);
  check(high, [
    ["x.high.test. A", none, "authority high.test. 300 SOA a. b. 1 2 3 4 300"],
    ["high.test. A", ok, "authority high.test. 300 SOA a. b. 1 2 3 4 300"],
    ["high.test. SOA", ok, "answer high.test. 900 SOA a. b. 1 2 3 4 300"],
  ]);
});

describe("answer() wildcards (RFC 4592)", () => {
  const server = zone(`
*.w A 192.0.2.1
*.w MX 10 host.w
host.w A 192.0.2.2
sub.ent.w A 192.0.2.3
*.c CNAME host.w
*.wc TXT "only"
a.*.star A 192.0.2.4
cut.w NS ns.elsewhere.test.
*.*.two A 192.0.2.5
`);
  check(server, [
    ["x.w.z.test. A", ok, "answer x.w.z.test. 60 A 192.0.2.1"],
    ["x.y.w.z.test. A", ok, "answer x.y.w.z.test. 60 A 192.0.2.1"],
    ["X.w.z.test. MX", ok, "answer X.w.z.test. 60 MX 10 host.w.z.test."],
    ["x.w.z.test. TXT", ok, z],
    ["*.w.z.test. A", ok, "answer *.w.z.test. 60 A 192.0.2.1"],
    ["x.*.w.z.test. A", none, z],
    ["w.z.test. A", ok, z],
    ["host.w.z.test. MX", ok, z],
    ["x.host.w.z.test. A", none, z],
    ["ent.w.z.test. A", ok, z],
    ["x.ent.w.z.test. A", none, z],
    ["x.cut.w.z.test. A", "0 qr rd", "authority cut.w.z.test. 60 NS ns.elsewhere.test."],
    [
      "q.c.z.test. A",
      ok,
      "answer host.w.z.test. 60 A 192.0.2.2",
      "answer q.c.z.test. 60 CNAME host.w.z.test.",
    ],
    ["q.c.z.test. CNAME", ok, "answer q.c.z.test. 60 CNAME host.w.z.test."],
    ["q.c.z.test. AAAA", ok, "answer q.c.z.test. 60 CNAME host.w.z.test.", z],
    // An asterisk that is there without data is a source of synthesis all the same (§2.2.1).
    ["x.star.z.test. A", ok, z],
    ["x.*.star.z.test. A", none, z],
    ["a.*.star.z.test. A", ok, "answer a.*.star.z.test. 60 A 192.0.2.4"],
    ["x.*.two.z.test. A", ok, "answer x.*.two.z.test. 60 A 192.0.2.5"],
    ["x.y.two.z.test. A", ok, z],
  ]);
});

describe("answer() ANY (RFC 8482 §4.1)", () => {
  const server = zone("many TXT x\nmany MX 1 a.\nmany A 192.0.2.1\ne.nt TXT x\nc CNAME many\n");
  check(server, [
    ["many.z.test. ANY", ok, "answer many.z.test. 60 A 192.0.2.1"],
    ["z.test. ANY", ok, "answer z.test. 3600 SOA ns.test. host.test. 1 7200 900 1209600 300"],
    ["nt.z.test. ANY", ok, z],
    ["no.z.test. ANY", none, z],
    ["c.z.test. ANY", ok, "answer c.z.test. 60 CNAME many.z.test."],
  ]);
});

describe("answer() DS belongs to the parent (RFC 4035 §3.1.4.1)", () => {
  const server = zone(`
child NS ns.child
child DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
ns.child A 192.0.2.1
bare NS ns.elsewhere.test.
`);
  const ds = "DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000";
  server.serve("child.z.test.", `$TTL 60\n${apexRecords}www A 192.0.2.1\n`);
  check(server, [
    ["child.z.test. DS", ok, `answer child.z.test. 60 ${ds}`],
    ["bare.z.test. DS", ok, z],
    ["x.bare.z.test. DS", "0 qr rd", "authority bare.z.test. 60 NS ns.elsewhere.test."],
    ["www.child.z.test. DS", ok, soa("child.z.test.")],
    [
      "child.z.test. SOA",
      ok,
      "answer child.z.test. 3600 SOA ns.test. host.test. 1 7200 900 1209600 300",
    ],
    ["z.test. DS", ok, z],
  ]);
});
