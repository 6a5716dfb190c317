import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { recordsOf, upstreamQuery } from "../../../test/support/upstream-messages.ts";
import { encodeMessage } from "../../dns/wire/encode-message.ts";
import type { Message } from "../../dns/wire/message.ts";
import { equalNames, isSubdomain } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import { cleanResponse } from "./clean-response.ts";
import { matchResponse } from "./match-response.ts";
import { wireQueryOf } from "./wire-query.ts";

const soa = "ns.example. host.example. 1 2 3 4 5";
const query = wireQueryOf(upstreamQuery("www.a.example. A", [], { dnssecOk: true }), {
  mixCase: undefined,
  hasEdns: true,
});
const response = encodeMessage({
  id: 7,
  opcode: 0,
  rcode: 0,
  flags: { qr: true },
  questions: [query.question],
  answer: recordsOf(
    "a.example. 60 DNAME b.example.",
    "www.a.example. 60 CNAME www.b.example.",
    "www.b.example. 60 CNAME c.example.",
    "c.example. 60 A 192.0.2.1",
    "c.example. 60 RRSIG A 13 2 60 20300101000000 20200101000000 1 example. AAAA",
  ),
  authority: recordsOf(
    `example. 60 SOA ${soa}`,
    "example. 60 NS ns.example.",
    "a.example. 60 NSEC b.example. A RRSIG",
    "a.example. 60 RRSIG NSEC 13 2 60 20300101000000 20200101000000 1 example. AAAA",
  ),
  additional: recordsOf("ns.example. 60 A 192.0.2.53"),
});

/** Octets written over others; those of the header and the question too. */
const mutations = fc.array(fc.tuple(fc.nat(response.length - 1), fc.nat(255)), { maxLength: 8 });

test("a mutated response is refused, or gives nothing but the question's chain", () => {
  fc.assert(
    fc.property(mutations, fc.nat(response.length), (changes, cut) => {
      const octets = response.slice(0, cut < 20 ? cut * 10 : undefined);
      for (const [at, octet] of changes) octets[at] = octet;
      const matched = matchResponse(octets, { query, id: 7, anyCase: false });
      if (typeof matched === "string") return;
      const cleaned = cleanResponse(matched, query);
      if (!cleaned) return;
      assert.deepEqual(cleaned.questions, [query.question]);
      const names = chainNames(cleaned);
      for (const { owner, type } of cleaned.authority) {
        const isZone = type === TYPE.SOA || type === TYPE.NS;
        assert.ok(!isZone || names.some((name) => isSubdomain(name, owner)));
      }
    }),
    { numRuns: 20_000 },
  );
});

/** The names of a chain, each of whose records must hang on one of them. */
function chainNames({ answer }: Message): Name[] {
  const names: Name[] = [query.question.name];
  for (const { owner, type, rdata } of answer) {
    const isAbove = names.some((name) => isSubdomain(name, owner));
    assert.ok(isAbove && (type === TYPE.DNAME || type === TYPE.RRSIG || has(names, owner)));
    if (type === TYPE.CNAME) names.push(rdata);
  }
  return names;
}

function has(names: readonly Name[], name: Name): boolean {
  return names.some((each) => equalNames(each, name));
}
