import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { name, shortName } from "../../../test/support/dns-arbitraries.ts";
import { encodeMessage } from "./encode-message.ts";
import { MessageError, decodeMessage } from "./message.ts";
import type { Message, MessageErrorCode, ResourceRecord } from "./message.ts";
import { equalNames, lowerName, parseName } from "./name.ts";
import { CLASS, EDNS_OPTION, RCODE, TYPE } from "./registries.ts";

const empty: Message = {
  id: 1,
  opcode: 0,
  rcode: 0,
  flags: {},
  questions: [],
  answer: [],
  authority: [],
  additional: [],
};

function record(owner: string, type: number, rdata: Uint8Array): ResourceRecord {
  return { owner: parseName(owner), type, class: CLASS.IN, ttl: 300, rdata };
}

function octets(...parts: (number | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...part])));
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/\s/g, "").match(/../g) ?? [], (two) => parseInt(two, 16));
}

function codeOf(message: Uint8Array): MessageErrorCode | undefined {
  try {
    decodeMessage(message);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof MessageError, String(error));
    return error.code;
  }
}

const response: Message = {
  ...empty,
  id: 0xbeef,
  flags: { qr: true, aa: true, tc: false, rd: true, ra: false, ad: false, cd: false },
  questions: [{ name: parseName("www.example.org"), type: TYPE.A, class: CLASS.IN }],
  answer: [
    record("www.example.org", TYPE.CNAME, parseName("Host.example.org")),
    record("host.example.org", TYPE.A, octets(192, 0, 2, 1)),
  ],
  authority: [record("example.org", TYPE.NS, parseName("ns.example.org"))],
  additional: [record("ns.example.org", TYPE.MX, octets(0, 10, parseName("mx.Example.org")))],
  edns: {
    udpPayloadSize: 1_232,
    version: 0,
    dnssecOk: true,
    options: [{ code: EDNS_OPTION.NSID, data: octets(1, 2, 3) }],
  },
};

test("encodeMessage() writes the header and question of RFC 1035", () => {
  const query = { ...empty, flags: { rd: true }, questions: response.questions };
  const want = "0001 0100 0001 0000 0000 0000 03777777 076578616d706c65 036f7267 00 0001 0001";
  assert.deepEqual(encodeMessage(query), hex(want));
});

test("encodeMessage() compresses names, decodeMessage() restores them", () => {
  const packed = encodeMessage(response);
  const plain = encodeMessage(response, { compress: false });
  assert.ok(packed.length < plain.length);
  assert.deepEqual(decodeMessage(plain), response);
  const again = decodeMessage(packed);
  assert.ok(equalNames(again.answer[0]?.rdata as Uint8Array, parseName("host.example.org")));
  assert.deepEqual(decodeMessage(encodeMessage(again)), again);
});

test("encodeMessage() never compresses names in RDATA of types later than RFC 1035", () => {
  const target = octets(0, 1, 0, 2, 0, 3, parseName("www.example.org"));
  const message = { ...empty, answer: [record("www.example.org", TYPE.SRV, target)] };
  const packed = encodeMessage(message);
  assert.deepEqual(packed.slice(-target.length), target);
});

test("decodeMessage() decompresses names in RDATA as RFC 3597 §4 asks", () => {
  const header = "0001 8400 0000 0001 0000 0000";
  const srv = "016100 0021 0001 0000003c 0008 0001 0002 0003 c00c";
  const [answer] = decodeMessage(hex(`${header}${srv}`)).answer;
  assert.deepEqual(answer?.rdata, octets(0, 1, 0, 2, 0, 3, parseName("a")));
  const naptr = "016100 0023 0001 0000003c 000a 0001 0002 0173 00 00 c00c";
  const [second] = decodeMessage(hex(`${header}${naptr}`)).answer;
  assert.deepEqual(second?.rdata, octets(0, 1, 0, 2, 1, 0x73, 0, 0, parseName("a")));
  // An unknown type's octets are left alone, whatever they look like.
  const unknown = "016100 ff00 0001 0000003c 0002 c00c";
  assert.deepEqual(decodeMessage(hex(`${header}${unknown}`)).answer[0]?.rdata, octets(0xc0, 12));
});

test("encodeMessage() leaves out what does not fit and sets TC", () => {
  const many = Array.from({ length: 50 }, (_, i) => record(`h${i}.x`, TYPE.A, octets(1, 2, 3, i)));
  const message = { ...response, answer: many };
  const cut = encodeMessage(message, { sizeMax: 512 });
  assert.ok(cut.length <= 512);
  const decoded = decodeMessage(cut);
  assert.equal(decoded.flags.tc, true);
  assert.ok(decoded.answer.length > 10 && decoded.answer.length < 50);
  assert.equal(decoded.authority.length, 0);
  assert.deepEqual(decoded.edns, response.edns);
  const glue = { ...response, answer: [], additional: many };
  const whole = decodeMessage(encodeMessage(glue, { sizeMax: 512 }));
  assert.equal(whole.flags.tc, false, "additional records may be missing without TC");
  assert.ok(whole.additional.length < 50);
});

test("encodeMessage() splits an extended RCODE", () => {
  const bad = { ...response, rcode: RCODE.BADVERS };
  const packet = encodeMessage(bad);
  assert.equal((packet[3] as number) & 15, 0);
  assert.equal(decodeMessage(packet).rcode, RCODE.BADVERS);
});

test("decodeMessage() refuses malformed messages", () => {
  const opt = "00 0029 04d0 00000000 0000";
  const cases: [string, MessageErrorCode][] = [
    ["", "TooShort"],
    ["0001 0000 0000 0000 0000 00", "TooShort"],
    ["0001 0000 0001 0000 0000 0000", "BadName"],
    ["0001 0000 0001 0000 0000 0000 00", "Truncated"],
    ["0001 0000 0001 0000 0000 0000 c00c 0001 0001", "BadName"],
    ["0001 0000 0001 0000 0000 0000 00 0001 0001 00", "TrailingOctets"],
    ["0001 0000 0000 0001 0000 0000 00 0001 0001 00000000 0004 010203", "Truncated"],
    ["0001 0000 0000 0001 0000 0000 00 0002 0001 00000000 0001 0161 00", "BadRdata"],
    ["0001 0000 0000 0001 0000 0000 00 000f 0001 00000000 0001 00", "BadName"],
    [`0001 0000 0000 0000 0000 0002 ${opt} ${opt}`, "BadOpt"],
    [`0001 0000 0000 0001 0000 0000 ${opt}`, "BadOpt"],
    ["0001 0000 0000 0000 0000 0001 00 0029 04d0 00000000 0003 000300", "BadOpt"],
    ["0001 0000 0000 0000 0000 0001 00 0029 04d0 00000000 0004 00030001", "BadOpt"],
    ["0001 0000 0000 0000 0000 0001 016100 0029 04d0 00000000 0000", "BadOpt"],
  ];
  for (const [text, want] of cases) assert.equal(codeOf(hex(text)), want, text);
});

/** Records with Object's prototype, as deepEqual() wants them. */
function plain<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record<T>(model, { noNullPrototype: true });
}

const anyRecord = plain({
  owner: fc.oneof(name, shortName),
  type: fc.constantFrom(TYPE.A, TYPE.TXT, 65280),
  class: fc.nat(65_535),
  ttl: fc.nat({ max: 0xffffffff }),
  rdata: fc.uint8Array({ maxLength: 30 }),
});
const nameRecord = fc
  .tuple(anyRecord, shortName)
  .map(([one, target]) => ({ ...one, type: TYPE.NS as number, rdata: target }));
const section = fc.array(fc.oneof(anyRecord, nameRecord), { maxLength: 4 });
const flag = fc.boolean();
const anyMessage = plain({
  id: fc.nat(65_535),
  opcode: fc.nat(15),
  rcode: fc.nat(4_095),
  flags: plain({ qr: flag, aa: flag, tc: flag, rd: flag, ra: flag, ad: flag, cd: flag }),
  questions: fc.array(plain({ name: shortName, type: fc.nat(65_535), class: fc.nat(65_535) }), {
    maxLength: 2,
  }),
  answer: section,
  authority: section,
  additional: section,
  edns: plain({
    udpPayloadSize: fc.nat(65_535),
    version: fc.nat(255),
    dnssecOk: flag,
    options: fc.array(plain({ code: fc.nat(65_535), data: fc.uint8Array({ maxLength: 20 }) }), {
      maxLength: 3,
    }),
  }),
});

/** A message with the case of its names taken away: compression may change it. */
function caseless(message: Message): unknown {
  const records = (list: readonly ResourceRecord[]) =>
    list.map((one) => ({
      ...one,
      owner: lowerName(one.owner),
      rdata: one.type === TYPE.NS ? lowerName(one.rdata) : one.rdata,
    }));
  return {
    ...message,
    questions: message.questions.map((one) => ({ ...one, name: lowerName(one.name) })),
    answer: records(message.answer),
    authority: records(message.authority),
    additional: records(message.additional),
  };
}

test("encodeMessage() decodeMessage() round trip", () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      assert.deepEqual(decodeMessage(encodeMessage(message, { compress: false })), message);
      assert.deepEqual(caseless(decodeMessage(encodeMessage(message))), caseless(message));
    }),
  );
});

test("decodeMessage() throws MessageError and nothing else", () => {
  const packet = encodeMessage(response);
  const change = plain({ at: fc.nat(packet.length - 1), to: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 4 }), fc.nat(packet.length), (changes, size) => {
      const mutated = packet.slice();
      for (const { at, to } of changes) mutated[at] = to;
      codeOf(mutated);
      codeOf(mutated.subarray(0, size));
    }),
    { numRuns: 2_000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (junk) => void codeOf(junk)));
});
