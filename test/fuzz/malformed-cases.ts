import { RCODE } from "../../src/dns/wire/registries.ts";

/** A message and what must come of it: a response code, or no response. */
export type MalformedCase = {
  readonly name: string;
  readonly message: Uint8Array;
  readonly outcome: number | "drop";
};

/** `example.test.` of the differential tests' zones. */
const qname = [7, ...ascii("example"), 4, ...ascii("test"), 0];
const typeA = [0, 1];
const classIn = [0, 1];
const question = [...qname, ...typeA, ...classIn];
const opt = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0];
const optOwnedByQname = [0xc0, 0x0c, ...opt.slice(1)];
const record = [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];

/** Messages that are wrong, odd, or not for an authoritative server, with their outcomes. */
export const malformedCases: readonly MalformedCase[] = [
  { name: "nothing", message: Uint8Array.of(), outcome: "drop" },
  { name: "one octet", message: Uint8Array.of(1), outcome: "drop" },
  { name: "a header less one octet", message: message({}).slice(0, 11), outcome: "drop" },
  { name: "a response", message: message({ flags: 0x8000, body: question }), outcome: "drop" },
  ...formErrors([
    ["no question", { counts: [0, 0, 0, 0] }],
    ["two questions", { counts: [2, 0, 0, 0], body: [...question, ...question] }],
    ["65,535 questions", { counts: [65_535, 0, 0, 0], body: question }],
    ["a question that is not there", { body: [] }],
    ["a name that does not end", { body: qname.slice(0, -1) }],
    ["a question without type", { body: qname }],
    ["a question without class", { body: [...qname, ...typeA] }],
    ["half a class", { body: question.slice(0, -1) }],
    ["a label of 64 octets", { body: [64, ...filled(64), 0, ...typeA, ...classIn] }],
    ["the label type 10", { body: [0x80, 1, 0, ...typeA, ...classIn] }],
    ["a pointer to itself", { body: [0xc0, 12, ...typeA, ...classIn] }],
    ["a pointer forward", { body: [0xc0, 14, 1, 0x61, 0, ...typeA, ...classIn] }],
    ["a pointer beyond the end", { body: [0xff, 0xff, ...typeA, ...classIn] }],
    ["two pointers in a ring", { body: [0xc0, 14, 0xc0, 12, ...typeA, ...classIn] }],
    ["a pointer after a label, back to it", { body: [1, 0x61, 0xc0, 12, ...typeA, ...classIn] }],
    ["a name of 256 octets", { body: [...longName(256), ...typeA, ...classIn] }],
    ["octets after the question", { body: [...question, 0] }],
    ["octets after the OPT record", { counts: [1, 0, 0, 1], body: [...question, ...opt, 0] }],
    ["an answer that is not there", { counts: [1, 1, 0, 0], body: question }],
    ["an additional record that is not there", { counts: [1, 0, 0, 1], body: question }],
    ["half an OPT record", { counts: [1, 0, 0, 1], body: [...question, ...opt.slice(0, 6)] }],
    ["two OPT records", { counts: [1, 0, 0, 2], body: [...question, ...opt, ...opt] }],
    [
      "an OPT record with a name",
      { counts: [1, 0, 0, 1], body: [...question, ...optOwnedByQname] },
    ],
    ["an OPT record longer than the message", withOptRdata(40, [])],
    ["an option longer than the OPT record", withOptRdata(4, [0, 3, 0, 200])],
    ["half an option", withOptRdata(2, [0, 3])],
    [
      "a record longer than the message",
      { counts: [1, 0, 0, 1], body: [...question, ...record.slice(0, -2)] },
    ],
  ]),
  ...[1, 2, 3, 4, 5, 6, 15].map((opcode) => ({
    name: `opcode ${opcode}`,
    message: message({ flags: opcode << 11, body: question }),
    outcome: RCODE.NOTIMP,
  })),
  { name: "class CH", message: message({ body: [...qname, 0, 16, 0, 3] }), outcome: RCODE.REFUSED },
  {
    name: "class ANY",
    message: message({ body: [...qname, 0, 1, 0, 255] }),
    outcome: RCODE.REFUSED,
  },
  { name: "AXFR", message: message({ body: [...qname, 0, 252, 0, 1] }), outcome: RCODE.REFUSED },
  {
    name: "a zone not served",
    message: message({ body: [0, 0, 1, 0, 1] }),
    outcome: RCODE.REFUSED,
  },
  { name: "a name of 255 octets", message: longQuestion(255), outcome: RCODE.REFUSED },
  {
    name: "all flags but QR and opcode",
    message: message({ flags: 0x07ff, body: question }),
    outcome: RCODE.NOERROR,
  },
];

type Parts = {
  readonly flags?: number;
  readonly counts?: readonly number[];
  readonly body?: readonly number[];
};

function message({ flags = 0, counts = [1, 0, 0, 0], body = [] }: Parts): Uint8Array {
  const words = [0xbad1, flags, ...counts].flatMap((word) => [word >> 8, word & 255]);
  return Uint8Array.of(...words, ...body);
}

function formErrors(cases: readonly (readonly [name: string, parts: Parts])[]): MalformedCase[] {
  return cases.map(([name, parts]) => ({
    name,
    message: message(parts),
    outcome: RCODE.FORMERR,
  }));
}

function withOptRdata(size: number, rdata: readonly number[]): Parts {
  const body = [...question, ...opt.slice(0, -1), size, ...rdata];
  return { counts: [1, 0, 0, 1], body };
}

/** A name of labels of 63 octets and a shorter one, so many octets in all. */
function longName(size: number): number[] {
  const labels = [63, 63, 63].flatMap((length) => [length, ...filled(length)]);
  const rest = size - labels.length - 2;
  return [...labels, rest, ...filled(rest), 0];
}

function longQuestion(size: number): Uint8Array {
  return message({ body: [...longName(size), ...typeA, ...classIn] });
}

function filled(count: number): number[] {
  return Array.from({ length: count }, () => 0x61);
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
