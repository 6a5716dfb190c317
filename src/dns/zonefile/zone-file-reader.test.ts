import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nearText } from "../../../test/support/dns-arbitraries.ts";
import { zoneFileRecordSizeMax } from "../../base/limits.ts";
import { formatRdata } from "../rdata/rdata.ts";
import { formatName, parseName } from "../wire/name.ts";
import { typeToText } from "../wire/registries.ts";
import { ZoneFileReader } from "./zone-file-reader.ts";
import type { ZoneFileRecord } from "./zone-file-reader.ts";

type Outcome = { records: string[]; errors: string[] };

function show({ line, owner, ttl, type, rdata }: ZoneFileRecord): string {
  return `${line}: ${formatName(owner)} ${ttl} ${typeToText(type)} ${formatRdata(type, rdata)}`;
}

function read(pieces: readonly (string | Uint8Array)[], defaultTtl?: number): Outcome {
  const outcome: Outcome = { records: [], errors: [] };
  const reader = new ZoneFileReader({
    origin: parseName("example.org."),
    defaultTtl,
    onRecord: (record) => outcome.records.push(show(record)),
    onError: ({ line, message }) => outcome.errors.push(`${line}: ${message}`),
  });
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return outcome;
}

function recordsOf(text: string, defaultTtl?: number): string[] {
  const { records, errors } = read([text], defaultTtl);
  assert.deepEqual(errors, [], text);
  return records;
}

test("ZoneFileReader reads the example's kinds of lines", () => {
  const text = `; a comment alone
$TTL 1h
@       IN SOA  ns hostmaster (
                1        ; serial
                2h 30m   ; refresh, retry
                3w 1d )

        IN NS   ns
        NS      ns.elsewhere.
ns      300 A   192.0.2.1 ; after the record
        IN 60 AAAA 2001:db8::1
mx      60 IN MX 10 mail
text    TXT     ( "one"
                  "two" ) three
*.w     CNAME   @
$ORIGIN sub
x       A       192.0.2.2
$ORIGIN other.
x.      A       192.0.2.3
y       TYPE65280 \\# 2 abcd
z       CLASS1 TYPE1 \\# 4 c0000201
lower   in a    192.0.2.4
`;
  assert.deepEqual(recordsOf(text), [
    "3: example.org. 3600 SOA ns.example.org. hostmaster.example.org. 1 7200 1800 1814400 86400",
    "8: example.org. 3600 NS ns.example.org.",
    "9: example.org. 3600 NS ns.elsewhere.",
    "10: ns.example.org. 300 A 192.0.2.1",
    "11: ns.example.org. 60 AAAA 2001:db8::1",
    "12: mx.example.org. 60 MX 10 mail.example.org.",
    '13: text.example.org. 3600 TXT "one" "two" "three"',
    "15: *.w.example.org. 3600 CNAME example.org.",
    "17: x.sub.example.org. 3600 A 192.0.2.2",
    "19: x. 3600 A 192.0.2.3",
    "20: y.other. 3600 TYPE65280 \\# 2 ABCD",
    "21: z.other. 3600 A 192.0.2.1",
    "22: lower.other. 3600 A 192.0.2.4",
  ]);
});

test("ZoneFileReader finds the TTL as RFC 1035 §5.1 and RFC 2308 §4 say", () => {
  const soa = "@ SOA a. b. 1 2 3 4 77\n";
  const cases: [string, number | undefined, string[]][] = [
    ["a 5 A 1.1.1.1\nb A 1.1.1.1\n", undefined, ["1: a 5", "2: b 5"]],
    ["$TTL 9\na 5 A 1.1.1.1\nb A 1.1.1.1\n", undefined, ["2: a 5", "3: b 9"]],
    [`${soa}b A 1.1.1.1\n`, undefined, ["1:  77", "2: b 77"]],
    [`${soa}b A 1.1.1.1\n`, 300, ["1:  77", "2: b 77"]],
    ["b A 1.1.1.1\n", 300, ["1: b 300"]],
    ["b 0 A 1.1.1.1\n", 300, ["1: b 0"]],
    ["b 2147483647 A 1.1.1.1\n", 300, ["1: b 2147483647"]],
  ];
  for (const [text, defaultTtl, want] of cases) {
    const got = recordsOf(text, defaultTtl).map((record) =>
      record
        .replace(/example\.org\./, "")
        .replace(/\. | (A|SOA) .*/g, " ")
        .trimEnd(),
    );
    assert.deepEqual(
      got.map((one) => one.replace(/\s+/g, " ")),
      want.map((one) => one.replace(/\s+/g, " ")),
      text,
    );
  }
});

test("ZoneFileReader takes any line ends, blanks, escapes and a byte order mark", () => {
  const one = ["1: a.example.org. 5 A 192.0.2.1", "2: b.example.org. 5 A 192.0.2.2"];
  const [first, second] = ["a 5 A 192.0.2.1", "b\t5\tA\t192.0.2.2"];
  for (const end of ["\n", "\r\n", "\r"]) {
    assert.deepEqual(recordsOf(`${first}${end}${second}${end}`), one);
    assert.deepEqual(recordsOf(`${first}${end}${second}`), one);
  }
  assert.deepEqual(recordsOf(`\ufeff${first}\n${second}  ;`), one);
  assert.deepEqual(recordsOf(`${first} ; comment (\n${second}`), one);
  assert.deepEqual(recordsOf('a\\.b\\;c\\(d\\032e 5 TXT a\\;b\\"c\\ d "(;)"'), [
    '1: a\\.b\\;c\\(d\\032e.example.org. 5 TXT "a;b\\"c d" "(;)"',
  ]);
  assert.deepEqual(recordsOf('a 5 HTTPS 1 . alpn="h2,h3" key9="a;b c" ; x'), [
    '1: a.example.org. 5 HTTPS 1 . alpn="h2,h3" key9="a;b c"',
  ]);
  assert.deepEqual(recordsOf("(a\n5) (A (192.0.2.1\n))\nb 5 A 192.0.2.2"), [
    "1: a.example.org. 5 A 192.0.2.1",
    "4: b.example.org. 5 A 192.0.2.2",
  ]);
});

test("ZoneFileReader keeps octets that are not ASCII", () => {
  const want = ['1: caf\\195\\169.example.org. 5 TXT "\\195\\169"'];
  assert.deepEqual(recordsOf('caf\u00e9 5 TXT "\u00e9"'), want);
  const { records } = read([Uint8Array.of(0xff, ...new TextEncoder().encode(" 5 A 192.0.2.1"))]);
  assert.deepEqual(records, ["1: \\255.example.org. 5 A 192.0.2.1"]);
  const halves = ["\ud83d", "\ude00 5 A 192.0.2.1"];
  assert.deepEqual(read(halves).records, ["1: \\240\\159\\152\\128.example.org. 5 A 192.0.2.1"]);
});

test("ZoneFileReader reports each wrong entry with its line and goes on", () => {
  const cases: [string, string][] = [
    ["$INCLUDE other.zone", "$INCLUDE is not supported"],
    ["$GENERATE 1-9 a$ A 192.0.2.$", "$GENERATE is not supported"],
    ["$FOO", "unknown directive: $FOO"],
    ["$TTL", "$TTL takes one argument"],
    ["$TTL 1 2", "$TTL takes one argument"],
    ["$TTL x", "not a TTL: x"],
    ["$ORIGIN a..b", "Domain label is empty: a..b"],
    ["a 5", "type is missing"],
    ["a 5 IN", "type is missing"],
    ["a 5 IN NOTYPE x", "unknown type: NOTYPE"],
    ["a 5 CH A 192.0.2.1", "class is not IN: CH"],
    ["a 5 IN ANY \\# 0", "no type of records: ANY"],
    ["a 5 IN OPT \\# 0", "no type of records: OPT"],
    ["a 1x A 192.0.2.1", "not a TTL: 1x"],
    ["a 2147483648 A 192.0.2.1", "TTL is out of range: 2147483648, limit 2147483647"],
    ["a 5 A 192.0.2", "A: address: not a valid IPv4 address: 192.0.2"],
    ["a 5 MX 10", "MX: exchange: value is missing"],
    ["a 5 TYPE65280 x", "TYPE65280: TYPE65280 has no text form: \\# length hex expected"],
    ['a 5 TXT "open', "quotation mark not closed"],
    ["a 5 TXT a )", "closing parenthesis without an opening one"],
    ['a 5 "IN" A 192.0.2.1', "unknown type: IN"],
    ["a..b 5 A 192.0.2.1", "Domain label is empty: a..b"],
    ["a\u0001b 5 A 192.0.2.1", "Value contains unsupported characters: \\001"],
  ];
  for (const [text, message] of cases) {
    const { records, errors } = read([`$TTL 7\n${text}\nb A 192.0.2.2\n`]);
    assert.deepEqual(errors, [`2: ${message}`], text);
    assert.deepEqual(records, ["3: b.example.org. 7 A 192.0.2.2"], text);
  }
});

test("ZoneFileReader says what is missing", () => {
  assert.deepEqual(read([" A 192.0.2.1"], 5).errors, ["1: owner name is missing"]);
  assert.deepEqual(read(["a A 192.0.2.1"]).errors, ["1: TTL is missing, and there is no $TTL"]);
  const { errors } = read(["a 5 SOA b. c. ( 1 2\n3 4 5\nb A 192.0.2.1\n"]);
  assert.deepEqual(errors, ["1: parenthesis not closed"]);
  const afterBadOwner = read(["a..b 5 A 192.0.2.1\n 5 A 192.0.2.1\n"]);
  assert.deepEqual(afterBadOwner.errors, [
    "1: Domain label is empty: a..b",
    "2: owner name is missing",
  ]);
});

test("ZoneFileReader shortens what it shows of the file", () => {
  const { errors } = read([`a 5 A ${"x".repeat(100)}\n`]);
  assert.deepEqual(errors, [`1: A: address: not a valid IPv4 address: ${"x".repeat(64)}…`]);
});

test("ZoneFileReader holds no more than one entry of limited size", () => {
  const piece = "x".repeat(65_536);
  const count = zoneFileRecordSizeMax / piece.length + 1;
  const pieces = ["a 5 TXT (\n", ...Array.from({ length: count }, () => piece), "\n) A\n"];
  const { records, errors } = read([...pieces, "b 5 A 192.0.2.1\n"]);
  assert.deepEqual(errors, [
    `1: entry is too long: limit ${zoneFileRecordSizeMax} characters`,
    "3: closing parenthesis without an opening one",
  ]);
  assert.deepEqual(records, ["4: b.example.org. 5 A 192.0.2.1"]);
});

test("ZoneFileReader reads a long entry in small pieces in linear time", () => {
  const strings = `"${"x".repeat(255)}"\n`.repeat(250);
  const text = `a 5 TXT (\n${strings})\nb 5 A 192.0.2.1\n`;
  const pieces = text.match(/[^]{1,16}/g) ?? [];
  assert.deepEqual(read(pieces).records.length, 2);
});

const entries = ["a 5 A 192.0.2.1\n", "b TXT x\n", "$TTL 5\n", "$ORIGIN x\n", "@ "];
const marks = ["\n", "\r", "\r\n", "(", ")", '"', ";", "\\", " "];
const pieces = [...entries, ...marks, "IN ", "TXT ", "SVCB 1 . alpn=", "\\# 2 abcd", "MX 1 a"];

test("ZoneFileReader gives the same for any cut of the file", () => {
  const cuts = fc.array(fc.nat(400), { maxLength: 6 });
  fc.assert(
    fc.property(nearText(pieces), cuts, (text, offsets) => {
      const octets = new TextEncoder().encode(text);
      const ordered = [0, ...offsets.sort((a, b) => a - b), octets.length];
      const cut = ordered.map((offset, i) => octets.subarray(offset, ordered[i + 1] ?? offset));
      const whole = read([octets]);
      assert.deepEqual(read(cut), whole);
      assert.deepEqual(read([...octets].map((octet) => Uint8Array.of(octet))), whole);
      assert.deepEqual(read([text]), whole);
    }),
    { numRuns: 1_000 },
  );
});
