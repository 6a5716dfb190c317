import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE } from "../wire/registries.ts";
import { RdataError } from "./rdata-error.ts";
import { formatRdata, parseRdata, validateRdata } from "./rdata.ts";

function hexOf(octets: Uint8Array): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}

function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g) ?? [], (two) => parseInt(two, 16));
}

const foo = "03666f6f00";

/** Text, octets, and the text written back where it is another. */
const forms: [string, string, string?][] = [
  ["0 foo.", `0000 ${foo}`],
  ["1 .", "0001 00"],
  ["16 foo. port=53", `0010 ${foo} 0003 0002 0035`],
  ['1 foo. key667="hello"', `0001 ${foo} 029b 0005 68656c6c6f`],
  ["1 foo. key667=hel\\210qoo", `0001 ${foo} 029b 0007 68656cd2716f6f`, undefined],
  ["1 foo. key667", `0001 ${foo} 029b 0000`],
  [
    "1 foo. ipv6hint=2001:db8::1,2001:db8::53:1",
    `0001 ${foo} 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001`,
  ],
  [
    "1 . ipv4hint=192.0.2.1 alpn=h2,h3-19 mandatory=ipv4hint,alpn",
    "0001 00 0000 0004 00010004 0001 0009 02683205 68332d3139 0004 0004 c0000201",
    '1 . mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1',
  ],
  ['1 . alpn="f\\\\\\\\oo\\\\,bar,h2"', "0001 00 0001 000c 08 665c6f6f2c626172 02 6832"],
  [
    "1 . alpn=f\\\\\\092oo\\092,bar,h2",
    "0001 00 0001 000c 08 665c6f6f2c626172 02 6832",
    '1 . alpn="f\\\\\\\\oo\\\\,bar,h2"',
  ],
  [
    "1 . no-default-alpn alpn=h2",
    "0001 00 0001 0003 026832 0002 0000",
    '1 . alpn="h2" no-default-alpn',
  ],
  ["1 . ech=AQIDBA==", "0001 00 0005 0004 01020304"],
  ['1 . dohpath="/q{?dns}"', "0001 00 0007 0008 2f717b3f646e737d"],
  ["1 . ohttp", "0001 00 0008 0000"],
  ["1 . OHTTP PORT=1", "0001 00 0003 0002 0001 0008 0000", "1 . port=1 ohttp"],
  ["1 . key3=\\000\\053", "0001 00 0003 0002 0035", "1 . port=53"],
  ["1 . key65534=x", "0001 00 fffe 0001 78", '1 . key65534="x"'],
];

test("parseRdata() formatRdata() know SvcParams", () => {
  for (const [text, hex, canonical] of forms) {
    const octets = parseRdata(TYPE.SVCB, text);
    assert.equal(hexOf(octets), hex.replaceAll(" ", ""), text);
    const written = formatRdata(TYPE.SVCB, octets);
    if (!text.includes("\\210")) assert.equal(written, canonical ?? text);
    assert.deepEqual(parseRdata(TYPE.HTTPS, written), octets);
  }
});

test("formatRdata() writes later keys by number where it must be portable", () => {
  const octets = parseRdata(TYPE.HTTPS, '1 . alpn="h2" dohpath=/{?dns} ohttp key9=x');
  const want = '1 . alpn="h2" key7="/{?dns}" key8 key9="x"';
  assert.equal(formatRdata(TYPE.HTTPS, octets, { portable: true }), want);
});

test("parseRdata() refuses SvcParams that are wrong or do not agree", () => {
  const cases = [
    "1 . port=53 port=54",
    "1 . port=53 key3=xx",
    "1 . mandatory=port",
    "1 . mandatory=mandatory",
    "1 . mandatory=alpn,alpn alpn=h2",
    "1 . mandatory=nokey",
    "1 . mandatory",
    "1 . alpn",
    "1 . alpn=h2,,h3",
    `1 . alpn=${"x".repeat(256)}`,
    "1 . no-default-alpn",
    "1 . no-default-alpn=x alpn=h2",
    "1 . ohttp=x",
    "1 . port",
    "1 . port=65536",
    "1 . port=http",
    "1 . ipv4hint",
    "1 . ipv4hint=",
    "1 . ipv4hint=1.2.3",
    "1 . ipv6hint=1.2.3.4",
    "1 . ech",
    "1 . ech=?",
    "1 . dohpath=q{?dns}",
    "1 . dohpath=/q",
    "1 . dohpath=/q{?xdns}",
    "1 . unknown=1",
    "1 . key=1",
    "1 . key01=1",
    "1 . key65535=1",
    "1 . key65536=1",
    '1 . "alpn=h2"',
    "1 . =",
    '1 . key9=x="y"',
    "1 . key9=\\300",
    "1",
    "x .",
  ];
  for (const text of cases) {
    assert.throws(() => parseRdata(TYPE.SVCB, text), RdataError, text);
  }
});

test("validateRdata() refuses SvcParams that are wrong", () => {
  const cases = [
    ["out of order", "0001 00 0003 0002 0035 0001 0003 026832"],
    ["given twice", "0001 00 0003 0002 0035 0003 0002 0035"],
    ["cut short", "0001 00 0003 0002 00"],
    ["cut short", "0001 00 0003 00"],
    ["reserved", "0001 00 ffff 0000"],
    ["alpn id overruns", "0001 00 0001 0002 0268"],
    ["alpn id empty", "0001 00 0001 0001 00"],
    ["port size", "0001 00 0003 0001 35"],
    ["mandatory missing", "0001 00 0000 0002 0003"],
    ["mandatory order", "0001 00 0000 0004 0003 0001 0001 0003 026832 0003 0002 0035"],
    ["ipv4hint size", "0001 00 0004 0003 c00002"],
  ] as const;
  for (const [what, hex] of cases) {
    assert.throws(() => validateRdata(TYPE.HTTPS, octetsOf(hex)), RdataError, what);
  }
});
