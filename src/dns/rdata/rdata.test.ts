import assert from "node:assert/strict";
import { test } from "node:test";
import { rdataNames } from "../wire/rdata-names.ts";
import { parseName } from "../wire/name.ts";
import { TYPE, typeFromText } from "../wire/registries.ts";
import type { RdataForm } from "./field.ts";
import { RdataError } from "./rdata-error.ts";
import type { RdataErrorCode } from "./rdata-error.ts";
import { additionalTarget, formatGeneric, formatRdata, parseRdata } from "./rdata.ts";
import { validateRdata } from "./rdata.ts";

const origin = parseName("example.org.");
const route53: RdataForm = { escapeRadix: 8, quotedStrings: true };

function typeOf(text: string): number {
  const type = typeFromText(text);
  assert.ok(type !== undefined, text);
  return type;
}

function hexOf(octets: Uint8Array): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}

function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g) ?? [], (two) => parseInt(two, 16));
}

function errorOf(action: () => unknown): RdataError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RdataError, String(error));
    return error;
  }
}

const exampleOrg = "076578616d706c65036f726700";

/** Type, text, octets, and the text written back where it is another. */
const forms: [string, string, string, string?][] = [
  ["A", "192.0.2.1", "c0000201"],
  ["A", "255.255.255.255", "ffffffff"],
  ["A", " 0.0.0.0\t", "00000000", "0.0.0.0"],
  ["AAAA", "2001:db8::1", "20010db8000000000000000000000001"],
  ["AAAA", "2001:DB8:0:0:8:0:0:1", "20010db8000000000008000000000001", "2001:db8::8:0:0:1"],
  ["AAAA", "::ffff:192.0.2.1", "00000000000000000000ffffc0000201", "::ffff:c000:201"],
  ["NS", "ns", `026e73${exampleOrg}`, "ns.example.org."],
  ["CNAME", "@", exampleOrg, "example.org."],
  ["CNAME", "*.a\\.b.", "012a03612e6200"],
  ["PTR", ".", "00"],
  ["DNAME", "x.", "017800"],
  ["MX", "10 mx.", "000a026d7800"],
  ["MX", "0 .", "000000"],
  ["SOA", "a. b\\.c. 1 2 3 4 5", "01610003622e630000000001000000020000000300000004 00000005"],
  [
    "SOA",
    "a. b. 4294967295 1h 15m 2w 1d",
    "016100 016200 ffffffff 00000e10 00000384 00127500 00015180",
    "a. b. 4294967295 3600 900 1209600 86400",
  ],
  ["TXT", '"one" "two words"', "036f6e6509 74776f20776f726473"],
  ["TXT", "plain text", "05706c61696e0474657874", '"plain" "text"'],
  ["TXT", '""', "00"],
  ["TXT", '"a""b"', "01610162", '"a" "b"'],
  ["TXT", '"q\\" b\\\\ \\200"', "0771 2220625c20c8"],
  ["TXT", '"a\\;\\032\\b"', "04613b2062", '"a; b"'],
  ["TXT", '"; ( ) @ $"', "093b2028202920402024"],
  ["SPF", '"v=spf1 -all"', "0b763d73706631202d616c6c"],
  ["HINFO", '"PC" Linux', "025043054c696e7578", '"PC" "Linux"'],
  [
    "NAPTR",
    '100 50 "u" "E2U+sip" "!^.*$!sip:a@b!" .',
    "0064 0032 0175 074532552b736970 0e215e2e2a24217369703a61406221 00",
  ],
  ["SRV", "1 2 443 host", `0001000201bb04686f7374${exampleOrg}`, "1 2 443 host.example.org."],
  ["SRV", "0 0 0 .", "00000000000000"],
  ["CAA", '0 issue "ca.example"', "0005697373756563612e6578616d706c65"],
  ["CAA", '128 tbs ""', "8003746273"],
  ["CAA", "0 iodef mailto:a@b", "0005696f6465666d61696c746f3a614062", '0 iodef "mailto:a@b"'],
  ["URI", '10 1 "http://a/"', "000a0001687474703a2f2f612f"],
  ["DS", `60485 5 1 ${"2B".repeat(20)}`, `ec450501${"2b".repeat(20)}`],
  [
    "DS",
    `1 ED25519 2 ${"ab ".repeat(32)}`,
    `00010f02${"ab".repeat(32)}`,
    `1 15 2 ${"AB".repeat(32)}`,
  ],
  ["CDS", "0 0 0 00", "0000000000"],
  ["DNSKEY", "257 3 13 AQID", "0101030d010203"],
  ["CDNSKEY", "0 3 0 AA==", "0000030000"],
  ["TLSA", "3 1 1 D2AB", "030101d2ab"],
  ["SMIMEA", "3 0 0 D2AB", "030000d2ab"],
  ["SSHFP", `4 2 ${"0F".repeat(32)}`, `0402${"0f".repeat(32)}`],
  ["OPENPGPKEY", "AQ ID\tBA ==", "01020304", "AQIDBA=="],
  ["CERT", "PGP 0 0 AQID", "0003000000010203", "3 0 0 AQID"],
  ["RP", "a. b.", "016100016200"],
  ["MINFO", "a. b.", "016100016200"],
  ["AFSDB", "1 a.", "0001016100"],
  ["KX", "1 a.", "0001016100"],
  ["RT", "1 a.", "0001016100"],
  [
    "LOC",
    "42 21 54 N 71 06 18 W -24m 30m",
    "00331613 89172dd0 70be15f0 00988d20",
    "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m",
  ],
  [
    "LOC",
    "90 S 180 E 0 0.05 90000000.00m 1.99m",
    "00509912 6cb02700 a69fb200 00989680",
    "90 0 0.000 S 180 0 0.000 E 0.00m 0.05m 90000000.00m 1.00m",
  ],
  [
    "RRSIG",
    "A 13 2 300 20260101000000 20251201000000 9 a. AQID",
    "0001 0d 02 0000012c 6955b900 692cda80 0009 016100 010203",
  ],
  ["NSEC", "a. A MX RRSIG NSEC TYPE1234", `01610000064001000000030 41b${"00".repeat(26)}20`],
  ["CSYNC", "66 3 A NS AAAA", "00000042000300 0460000008"],
  [
    "NSEC3",
    "1 1 12 AABBCCDD 2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S A RRSIG",
    "0101000c04aabbccdd1417f3df17b2b2adaef615257de4d2020b80ac6c7c0006400000000002",
  ],
  ["NSEC3PARAM", "1 0 0 -", "0100000000"],
  ["ZONEMD", "1 1 1 0102", "000000010101 0102"],
  ["TYPE65280", "\\# 3 ab CDEF", "abcdef", "\\# 3 ABCDEF"],
  ["TYPE65280", "\\# 0", ""],
  ["A", "\\# 4 C0000201", "c0000201", "192.0.2.1"],
  ["MX", "\\# 5 000a 016100", "000a016100", "10 a."],
];

test("parseRdata() formatRdata() know each type's form", () => {
  for (const [typeText, text, hex, canonical] of forms) {
    const type = typeOf(typeText);
    const octets = parseRdata(type, text, origin);
    assert.equal(hexOf(octets), hex.replaceAll(" ", ""), `${typeText} ${text}`);
    const written = formatRdata(type, octets);
    assert.equal(written, canonical ?? text);
    assert.deepEqual(parseRdata(type, written), octets);
    assert.deepEqual(parseRdata(type, formatGeneric(octets)), octets);
  }
});

test("parseRdata() says what is wrong", () => {
  const long = "x".repeat(256);
  const cases: [string, string, RdataErrorCode, string?][] = [
    ["A", "", "MissingField", "address"],
    ["A", "192.0.2", "IllegalIPv4Address"],
    ["A", "192.0.2.256", "IllegalIPv4Address"],
    ["A", "192.0.02.1", "IllegalIPv4Address"],
    ["A", "192.0.2.1.", "IllegalIPv4Address"],
    ["A", "192.0.2.1.1", "IllegalIPv4Address"],
    ["A", "0x7f.1.1.1", "IllegalIPv4Address"],
    ["A", "192.0.2.1 192.0.2.2", "NotSingleField"],
    ["A", "192.0.2.1, 192.0.2.2", "NotSingleField"],
    ["AAAA", "192.0.2.1", "IllegalIPv6Address"],
    ["AAAA", "::1%eth0", "IllegalIPv6Address"],
    ["NS", "", "MissingField", "name-server"],
    ["NS", "a..b", "DomainLabelEmpty", "name-server"],
    ["NS", '""', "DomainNameEmpty", "name-server"],
    ["NS", "a b", "NotSingleField"],
    ["OPENPGPKEY", "AQID ?", "BadBase64"],
    ["NS", `${"a".repeat(64)}.b`, "DomainLabelTooLong"],
    ["NS", "a.".repeat(128), "DomainNameTooLong"],
    ["NS", "caf\u00e9", "UnsupportedCharacter"],
    ["NS", "a\\9", "BadEscape"],
    ["MX", "mail", "NotANumber", "preference"],
    ["MX", "-1 mail", "NotANumber"],
    ["MX", "65536 mail", "OutOfRange", "preference"],
    ["MX", "10", "MissingField", "exchange"],
    ["MX", "10 a b", "TrailingField"],
    ["SOA", "a. b. 1 2 3 4", "MissingField", "minimum"],
    ["SOA", "a. b. 1h 2 3 4 5", "NotANumber", "serial"],
    ["SOA", "a. b. 1 2 3 4 4294967296", "OutOfRange", "minimum"],
    ["TXT", "", "MissingField", "text"],
    ["TXT", '"open', "InvalidCharacterString"],
    ["TXT", `"${long}"`, "CharacterStringTooLong", "text"],
    ["TXT", '"a\\256"', "BadEscape"],
    ["TXT", '"a\nb"', "InvalidCharacterString"],
    ["TXT", '"a\u0001"', "UnsupportedCharacter"],
    ["TXT", '"\u20ac"', "UnsupportedCharacter"],
    ["TXT", 'k="v"', "InvalidCharacterString"],
    ["TXT", `"${"x".repeat(255)}" `.repeat(257), "RdataTooLong"],
    ["TXT", `"${"x".repeat(70_000)}"`, "RdataTooLong"],
    ["CAA", "256 issue a", "OutOfRange", "flags"],
    ["CAA", "0 is-sue a", "BadValue", "tag"],
    ["CAA", "0 issue", "MissingField", "value"],
    ["CAA", '0 issue "a" "b"', "TrailingField"],
    ["URI", '1 1 ""', "BadValue"],
    ["DS", "1 5 1 abc", "BadHex", "digest"],
    ["DS", "1 5 1 zz", "BadHex", "digest"],
    ["DS", "1 5 1 abcd", "BadValue"],
    ["DS", "1 NONE 1 abcd", "NotANumber", "algorithm"],
    ["SSHFP", "1 1 abcd", "BadValue"],
    ["TLSA", "3 1 1", "MissingField"],
    ["DNSKEY", "257 3 13 A", "BadBase64"],
    ["DNSKEY", "257 3 13 AQI", "BadBase64"],
    ["DNSKEY", "257 3 13 A=ID", "BadBase64"],
    ["LOC", "91 N 1 E 0", "OutOfRange"],
    ["LOC", "90 1 N 1 E 0", "OutOfRange"],
    ["LOC", "1 X 1 E 0", "BadValue"],
    ["LOC", "1 N 1 E high", "NotANumber"],
    ["RRSIG", "A 13 2 300 20261301000000 0 9 a. AQID", "BadValue", "expiration"],
    ["NSEC", "a. A NOTYPE", "BadValue", "types"],
    ["NSEC3", "1 0 0 - 0W", "BadValue", "next-hashed"],
    ["TYPE65280", "abc", "UnknownType"],
    ["TYPE65280", "\\# 2 ab", "LengthMismatch"],
    ["TYPE65280", "\\# 1 abc", "BadHex"],
    ["TYPE65280", "\\# x ab", "NotANumber"],
    ["TYPE65280", "\\#", "MissingField"],
    ["A", "\\# 3 c00002", "MalformedRdata"],
    ["A", "\\# 5 c000020101", "MalformedRdata"],
    ["MX", "\\# 3 000ac0", "MalformedRdata"],
  ];
  for (const [typeText, text, code, field] of cases) {
    const error = errorOf(() => parseRdata(typeOf(typeText), text));
    assert.equal(error?.code, code, `${typeText} ${text.slice(0, 40)}: ${error}`);
    if (field !== undefined) assert.equal(error?.field, field);
  }
});

test("parseRdata() reads Route 53's form: octal escapes, strings in quotation marks", () => {
  const text = parseRdata(TYPE.TXT, '"\\303\\251" "b"', route53);
  assert.equal(hexOf(text), "02c3a90162");
  assert.equal(formatRdata(TYPE.TXT, text, route53), '"\\303\\251" "b"');
  assert.deepEqual(parseRdata(TYPE.CNAME, "\\052.x", route53), parseName("*.x"));
  assert.equal(formatRdata(TYPE.CNAME, parseName("*.x"), route53), "\\052.x.");
  const cases: [number, string, string][] = [
    [TYPE.TXT, "plain", "plain"],
    [TYPE.TXT, '"a" b', "b"],
    [TYPE.CAA, "0 issue ca.example", "ca.example"],
  ];
  for (const [type, value, fault] of cases) {
    const error = errorOf(() => parseRdata(type, value, route53));
    assert.equal(error?.code, "InvalidCharacterString");
    assert.equal(error?.value, fault);
  }
});

test("parseRdata() takes the longest RDATA and not one octet more", () => {
  const strings = `"${"x".repeat(255)}" `.repeat(255);
  assert.equal(parseRdata(TYPE.TXT, `${strings}"${"x".repeat(254)}"`).length, 65_535);
  const error = errorOf(() => parseRdata(TYPE.TXT, `${strings}"${"x".repeat(255)}"`));
  assert.equal(error?.code, "RdataTooLong");
  assert.equal(parseRdata(TYPE.URI, `1 1 "${"\\120".repeat(65_531)}"`).length, 65_535);
  assert.equal(
    errorOf(() => parseRdata(TYPE.URI, `1 1 "${"\\120".repeat(65_532)}"`))?.code,
    "RdataTooLong",
  );
  assert.equal(parseRdata(65_280, `\\# 65535 ${"ab".repeat(65_535)}`).length, 65_535);
});

test("validateRdata() refuses what is no RDATA of the type", () => {
  const cases: [string, string][] = [
    ["A", ""],
    ["A", "c00002"],
    ["AAAA", "c0000201"],
    ["NS", ""],
    ["NS", "0161"],
    ["NS", "c000"],
    ["NS", "016100 00"],
    ["MX", "00"],
    ["SOA", "00 00 00000001 00000001"],
    ["TXT", ""],
    ["TXT", "0261"],
    ["CAA", "0000"],
    ["CAA", "00012d"],
    ["DS", "0001 05 01 ab"],
    ["TLSA", "030101"],
    ["LOC", "01331613 89172dd0 70be15f0 00988d20"],
    ["LOC", "00a31613 89172dd0 70be15f0 00988d20"],
    ["NSEC", "00 0000"],
    ["NSEC", "00 010140 000140"],
  ];
  for (const [typeText, hex] of cases) {
    const error = errorOf(() => validateRdata(typeOf(typeText), octetsOf(hex)));
    assert.equal(error?.code, "MalformedRdata", `${typeText} ${hex}`);
  }
});

test("rdataNames() finds the names that may be compressed", () => {
  const cases: [string, string, number[]][] = [
    ["NS", "a.b.", [0]],
    ["MX", "10 a.b.", [2]],
    ["SOA", "a.b. c. 1 2 3 4 5", [0, 5]],
    ["MINFO", "a. b.", [0, 3]],
    ["SRV", "1 2 3 a.b.", []],
    ["DNAME", "a.b.", []],
    ["RP", "a. b.", []],
    ["A", "192.0.2.1", []],
    ["TYPE65280", "\\# 0", []],
  ];
  for (const [typeText, text, want] of cases) {
    const type = typeOf(typeText);
    assert.deepEqual(rdataNames(type, parseRdata(type, text)), want, typeText);
  }
});

test("additionalTarget() names the host whose addresses are wanted", () => {
  const cases: [string, string, string | undefined][] = [
    ["NS", "a.b.", "a.b."],
    ["MX", "10 a.b.", "a.b."],
    ["MX", "0 .", undefined],
    ["SRV", "1 2 3 a.b.", "a.b."],
    ["SRV", "0 0 0 .", undefined],
    ["HTTPS", "1 . alpn=h2", undefined],
    ["SVCB", "0 a.b.", "a.b."],
    ["CNAME", "a.b.", undefined],
    ["A", "192.0.2.1", undefined],
  ];
  for (const [typeText, text, want] of cases) {
    const type = typeOf(typeText);
    const target = additionalTarget(type, parseRdata(type, text));
    assert.deepEqual(target, want === undefined ? undefined : parseName(want), typeText);
  }
});
