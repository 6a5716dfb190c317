import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  NameServerUnderTest,
  apexRecords,
  messageText,
} from "../../../test/support/zone-under-test.ts";
import { COUNTER } from "./query-counters.ts";

const referral = "0 qr rd";

describe("refer() (RFC 1034 §4.3.2 step 3b, RFC 9471)", () => {
  const server = new NameServerUnderTest();
  server.serve(
    "z.test.",
    `$TTL 60
${apexRecords}
in NS ns1.in
in NS ns2.in
ns1.in A 192.0.2.1
ns1.in AAAA 2001:db8::1
ns2.in A 192.0.2.2
data.in TXT "hidden"
sibling NS ns.in
sibling NS ns1.in
sibling NS ns.auth
ns.auth A 192.0.2.3
out NS ns1.example.
out NS ns2.example.
mixed NS ns.mixed
mixed NS ns.example.
mixed NS missing.mixed
ns.mixed A 192.0.2.4
below.in NS ns.below.in
ns.below.in A 192.0.2.5
self NS self
self A 192.0.2.6
apexns NS @
@ A 192.0.2.7
wild NS any.w
*.w A 192.0.2.8
under DNAME elsewhere
cut.under NS ns.example.
`,
  );
  const inNs = [
    "authority in.z.test. 60 NS ns1.in.z.test.",
    "authority in.z.test. 60 NS ns2.in.z.test.",
    "additional ns1.in.z.test. 60 A 192.0.2.1",
    "additional ns1.in.z.test. 60 AAAA 2001:db8::1",
    "additional ns2.in.z.test. 60 A 192.0.2.2",
  ];
  const cases: Record<string, string[]> = {
    "x.in.z.test. A": inNs,
    "in.z.test. A": inNs,
    "in.z.test. NS": inNs,
    "in.z.test. ANY": inNs,
    "in.z.test. SOA": inNs,
    "ns1.in.z.test. A": inNs,
    "data.in.z.test. TXT": inNs,
    "x.below.in.z.test. A": inNs,
    "below.in.z.test. DS": inNs,
    "x.sibling.z.test. A": [
      "authority sibling.z.test. 60 NS ns.auth.z.test.",
      "authority sibling.z.test. 60 NS ns.in.z.test.",
      "authority sibling.z.test. 60 NS ns1.in.z.test.",
      "additional ns.auth.z.test. 60 A 192.0.2.3",
      "additional ns1.in.z.test. 60 A 192.0.2.1",
      "additional ns1.in.z.test. 60 AAAA 2001:db8::1",
    ],
    "x.out.z.test. A": [
      "authority out.z.test. 60 NS ns1.example.",
      "authority out.z.test. 60 NS ns2.example.",
    ],
    "x.mixed.z.test. A": [
      "authority mixed.z.test. 60 NS missing.mixed.z.test.",
      "authority mixed.z.test. 60 NS ns.example.",
      "authority mixed.z.test. 60 NS ns.mixed.z.test.",
      "additional ns.mixed.z.test. 60 A 192.0.2.4",
    ],
    "self.z.test. A": [
      "authority self.z.test. 60 NS self.z.test.",
      "additional self.z.test. 60 A 192.0.2.6",
    ],
    "x.apexns.z.test. A": [
      "authority apexns.z.test. 60 NS z.test.",
      "additional z.test. 60 A 192.0.2.7",
    ],
    "x.wild.z.test. A": ["authority wild.z.test. 60 NS any.w.z.test."],
  };
  for (const [question, expected] of Object.entries(cases)) {
    const [name = "", type = ""] = question.split(" ");
    it(question, () => {
      assert.deepEqual(messageText(server.ask(name, type)), [referral, ...expected]);
    });
  }

  it("gives way to a DNAME above the cut", () => {
    const { answer, flags } = server.ask("x.cut.under.z.test.", "A");
    assert.equal(flags.aa, true);
    assert.deepEqual(
      answer.map(({ type }) => type),
      [39, 5],
    );
  });

  it("counts", () => {
    const before = server.context.counters[COUNTER.referrals] as number;
    server.ask("x.in.z.test.", "A");
    assert.equal(server.context.counters[COUNTER.referrals], before + 1);
  });
});

describe("refer() where glue does not fit (RFC 9471 §3)", () => {
  const many = (owner: string, count: number): string =>
    Array.from({ length: count }, (_, i) => `${owner} A 192.0.2.${i}\n`).join("");
  const server = new NameServerUnderTest();
  server.serve(
    "z.test.",
    `$TTL 60
${apexRecords}
need NS ns.need
${many("ns.need", 40)}
skip NS ns.other
skip NS ns.skip
ns.skip A 192.0.2.200
${many("ns.other", 40)}
wide NS a.wide
wide NS b.wide
a.wide A 192.0.2.1
${many("b.wide", 40)}
`,
  );

  it("truncates without glue that is needed", () => {
    const plain = server.ask("x.need.z.test.", "A");
    assert.equal(plain.flags.tc, true);
    assert.equal(plain.authority.length, 0);
    const overTcp = server.ask("x.need.z.test.", "A", { tcp: true });
    assert.equal(overTcp.flags.tc, false);
    assert.equal(overTcp.additional.length, 40);
    assert.equal(server.ask("x.need.z.test.", "A", { edns: {} }).additional.length, 40);
    assert.equal(server.ask("x.wide.z.test.", "A").flags.tc, true);
  });

  it("leaves out glue of siblings", () => {
    const plain = server.ask("x.skip.z.test.", "A");
    assert.equal(plain.flags.tc, false);
    assert.equal(plain.authority.length, 2);
    assert.equal(plain.additional.length, 1);
    assert.equal(server.ask("x.skip.z.test.", "A", { edns: {} }).additional.length, 41);
  });
});
