import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp } from "../../base/ip.ts";
import type { Edns } from "../../dns/wire/edns.ts";
import { encodeMessage } from "../../dns/wire/encode-message.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import { parseName } from "../../dns/wire/name.ts";
import { CLASS, EDNS_OPTION, RCODE, TYPE } from "../../dns/wire/registries.ts";
import { delegatedAnswer } from "./delegated-answer.ts";
import { ResolverUnderTest } from "../../../test/support/resolver-under-test.ts";

const resolver = new ResolverUnderTest({ zones: { "public.test.": "www A 192.0.2.80" } });
const { view: number } = resolver.addView({
  zones: { "corp.test.": "www A 192.0.2.1\nout CNAME www.public.test.\nbig TXT x" },
  rules: { "other.test.": "192.0.2.53" },
});
const address = parseIp("192.0.2.99") as Uint8Array;

function ask(name: string, type: number = TYPE.A, edns?: Partial<Edns>) {
  const query = encodeMessage({
    ...{ id: 7, opcode: 0, rcode: 0, flags: { rd: true } },
    questions: [{ name: parseName(name), type, class: CLASS.IN }],
    ...{ answer: [], authority: [], additional: [] },
    edns: edns && {
      ...{ udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] },
      ...edns,
    },
  });
  const asker = { address, udpPayloadSizeMax: 1232 };
  const octets = delegatedAnswer(query, resolver.core.view(number), asker);
  assert.ok(octets);
  return decodeMessage(octets);
}

test("private zones are answered with authority, and nothing else is", () => {
  const { id, rcode, flags, answer } = ask("WWW.corp.test");
  assert.deepEqual(
    [id, rcode, flags.aa, flags.ra, flags.rd],
    [7, RCODE.NOERROR, true, false, true],
  );
  assert.deepEqual(answer[0]?.rdata, Uint8Array.of(192, 0, 2, 1));
  const denied = ask("none.corp.test");
  assert.deepEqual([denied.rcode, denied.flags.aa], [RCODE.NXDOMAIN, true]);
  assert.equal(denied.authority[0]?.type, TYPE.SOA);
  const chain = ask("out.corp.test"); // it leads out of the VPC's zones
  assert.deepEqual(
    chain.answer.map(({ type }) => type),
    [TYPE.CNAME],
  );
  for (const name of ["www.public.test", "a.other.test", "."]) {
    const refused = ask(name);
    assert.deepEqual([refused.rcode, refused.flags.aa], [RCODE.REFUSED, false], name);
  }
  assert.equal(ask("corp.test", TYPE.AXFR).rcode, RCODE.REFUSED);
});

test("EDNS is understood: versions, and client subnets that are told for whom an answer holds", () => {
  assert.equal(ask("www.corp.test", TYPE.A, { version: 1 }).rcode, RCODE.BADVERS);
  const subnet = (...data: number[]): Partial<Edns> => ({
    options: [{ code: EDNS_OPTION.CLIENT_SUBNET, data: Uint8Array.from(data) }],
  });
  const told = ask("www.corp.test", TYPE.A, subnet(0, 1, 24, 0, 198, 51, 100));
  assert.equal(told.rcode, RCODE.NOERROR);
  assert.deepEqual(told.edns?.options, subnet(0, 1, 24, 0, 198, 51, 100).options);
  const huge = Array.from({ length: 60_000 }, () => 1);
  assert.equal(ask("www.corp.test", TYPE.A, subnet(...huge)).rcode, RCODE.FORMERR);
});

test("what is no query is answered as little as can be", () => {
  const asker = { address, udpPayloadSizeMax: 1232 };
  const answered = (octets: number[]) =>
    delegatedAnswer(Uint8Array.from(octets), resolver.core.view(number), asker);
  assert.equal(answered([1, 2, 3]), undefined);
  const header = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  assert.equal(answered([0, 1, 0x80, ...header.slice(3)]), undefined); // a response
  assert.equal((answered(header)?.[3] ?? 0) & 15, RCODE.FORMERR);
  assert.equal((answered([0, 1, 0x10, ...header.slice(3)])?.[3] ?? 0) & 15, RCODE.NOTIMP);
});
