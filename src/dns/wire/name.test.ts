import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { name, nearText } from "../../../test/support/dns-arbitraries.ts";
import {
  NameError,
  compareNames,
  equalNames,
  formatName,
  isSubdomain,
  isWildcard,
  labelCount,
  labelsOf,
  lowerName,
  parentOf,
  parseName,
  readName,
  rootName,
  skipName,
} from "./name.ts";
import type { NameErrorCode, NameForm } from "./name.ts";

const origin = parseName("example.org.");
const octal: NameForm = { escapeRadix: 8 };

function wire(...labels: string[]): Uint8Array {
  const text = labels.map((label) => String.fromCharCode(label.length) + label).join("");
  return Uint8Array.from(`${text}\0`, (character) => character.charCodeAt(0));
}

function codeOf(action: () => unknown): NameErrorCode | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof NameError, String(error));
    return error.code;
  }
}

test("parseName() reads RFC 1035 text", () => {
  const cases: [string, Uint8Array][] = [
    [".", wire()],
    ["www.example.com.", wire("www", "example", "com")],
    ["www.example.com", wire("www", "example", "com")],
    ["WwW.x.", wire("WwW", "x")],
    ["a\\.b.c.", wire("a.b", "c")],
    ["\\@\\$\\\\.", wire("@$\\")],
    ["\\000\\255\\032.", wire("\0\u00ff ")],
    ["\\ .", wire(" ")],
    ["*.x.", wire("*", "x")],
    ["_sip._tcp.x.", wire("_sip", "_tcp", "x")],
    ['a/b:c(d);"e".', wire('a/b:c(d);"e"')],
    ["@", wire("@")],
    [`${"a".repeat(63)}.`, wire("a".repeat(63))],
  ];
  for (const [text, want] of cases) assert.deepEqual(parseName(text), want, text);
});

test("parseName() completes relative names with the origin", () => {
  assert.deepEqual(parseName("www", origin), wire("www", "example", "org"));
  assert.deepEqual(parseName("a.b", origin), wire("a", "b", "example", "org"));
  assert.deepEqual(parseName("a.b.", origin), wire("a", "b"));
  assert.deepEqual(parseName("@", origin), origin);
  assert.deepEqual(parseName("\\@", origin), wire("@", "example", "org"));
  assert.deepEqual(parseName("x", rootName), wire("x"));
});

test("parseName() reads octal escapes where they are asked for", () => {
  assert.deepEqual(parseName("\\052.x.", octal), wire("*", "x"));
  assert.deepEqual(parseName("\\377.", octal), wire("\u00ff"));
  assert.equal(
    codeOf(() => parseName("\\400.", octal)),
    "BadEscape",
  );
  assert.equal(
    codeOf(() => parseName("\\089.", octal)),
    "BadEscape",
  );
});

test("parseName() refuses what is no name", () => {
  const cases: [string, NameErrorCode][] = [
    ["", "NameEmpty"],
    ["..", "LabelEmpty"],
    [".a", "LabelEmpty"],
    ["a..b", "LabelEmpty"],
    ["a..", "LabelEmpty"],
    [`${"a".repeat(64)}.`, "LabelTooLong"],
    [`${"a".repeat(300)}.`, "NameTooLong"],
    ["a\\", "BadEscape"],
    ["a\\1", "BadEscape"],
    ["a\\12x", "BadEscape"],
    ["\\256", "BadEscape"],
    ["a b", "UnsupportedCharacter"],
    ["a\tb", "UnsupportedCharacter"],
    ["caf\u00e9", "UnsupportedCharacter"],
    ["\u{1f600}", "UnsupportedCharacter"],
  ];
  for (const [text, want] of cases)
    assert.equal(
      codeOf(() => parseName(text)),
      want,
      text,
    );
});

test("parseName() takes 255 octets and no more", () => {
  const most = `${"a".repeat(63)}.`.repeat(3) + "b".repeat(61);
  assert.equal(parseName(most).length, 255);
  assert.equal(parseName(`${most}.`).length, 255);
  assert.equal(
    codeOf(() => parseName(`${most}b`)),
    "NameTooLong",
  );
  const least = "a.".repeat(127);
  assert.equal(parseName(least).length, 255);
  assert.equal(
    codeOf(() => parseName(`${least}a`)),
    "NameTooLong",
  );
  const relative = "c".repeat(61);
  assert.equal(
    codeOf(() => parseName(`${relative}c.${relative}`, parseName(least))),
    "NameTooLong",
  );
});

test("parseName() takes octets above 0x7F only as raw octets", () => {
  assert.deepEqual(parseName("\u00e9", { rawOctets: true }), wire("\u00e9"));
  assert.equal(
    codeOf(() => parseName("\u0100", { rawOctets: true })),
    "UnsupportedCharacter",
  );
});

test("formatName() escapes what could be taken otherwise", () => {
  assert.equal(formatName(rootName), ".");
  assert.equal(formatName(wire("a.b", "C")), "a\\.b.C.");
  assert.equal(formatName(wire('"();@$\\ \u00ff\0')), '\\"\\(\\)\\;\\@\\$\\092\\032\\255\\000.');
  assert.equal(formatName(wire("*", "a_b-c", "a/b", "[~")), "*.a_b-c.a/b.\\091\\126.");
  assert.equal(formatName(wire("*", "a_b-c", "a/b"), 8), "\\052.a_b-c.a\\057b.");
});

test("formatName() parseName() round trip", () => {
  fc.assert(
    fc.property(name, (one) => {
      assert.deepEqual(parseName(formatName(one)), one);
      assert.deepEqual(parseName(formatName(one), origin), one);
      assert.deepEqual(parseName(formatName(one, 8), octal), one);
    }),
  );
});

test("parseName() throws NameError and nothing else", () => {
  const text = nearText([".", "\\", "\\0", "\\999", "a", "@", "x".repeat(60), " "]);
  fc.assert(
    fc.property(text, (one) => {
      if (codeOf(() => parseName(one, origin)) === undefined) skipName(parseName(one, origin), 0);
    }),
  );
});

test("compareNames() gives the canonical order of RFC 4034 §6.1", () => {
  const ordered = [
    "example",
    "a.example",
    "yljkjljk.a.example",
    "Z.a.example",
    "zABC.a.EXAMPLE",
    "z.example",
    "\\001.z.example",
    "*.z.example",
    "\\200.z.example",
  ].map((text) => parseName(text));
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries()) {
      assert.equal(Math.sign(compareNames(a, b)), Math.sign(i - j), `${i} ${j}`);
    }
  }
});

test("compareNames() agrees with equalNames() and is antisymmetric", () => {
  fc.assert(
    fc.property(name, name, (a, b) => {
      assert.equal(compareNames(a, b) === 0, equalNames(a, b));
      assert.equal(Math.sign(compareNames(a, b)) + Math.sign(compareNames(b, a)), 0);
      assert.equal(compareNames(a, lowerName(a)), 0);
    }),
  );
});

test("equalNames() ignores the case of ASCII letters alone", () => {
  assert.ok(equalNames(parseName("WWW.eXample"), parseName("www.Example")));
  assert.ok(!equalNames(parseName("a[.x"), parseName("a{.x")));
  assert.ok(!equalNames(parseName("\\192"), parseName("\\224")));
  assert.ok(!equalNames(parseName("a.b"), parseName("a\\.b")));
});

test("isSubdomain() looks at whole labels", () => {
  const cases: [string, string, boolean][] = [
    ["www.example.org", "example.org", true],
    ["EXAMPLE.org", "example.ORG", true],
    ["example.org", "www.example.org", false],
    ["badexample.org", "example.org", false],
    ["a\\.example.org", "example.org", false],
    ["example.org", ".", true],
    [".", ".", true],
  ];
  for (const [one, ancestor, want] of cases) {
    assert.equal(isSubdomain(parseName(one), parseName(ancestor)), want, `${one} ${ancestor}`);
  }
});

test("parentOf() labelsOf() labelCount() isWildcard() take names apart", () => {
  const one = parseName("*.b.c");
  assert.deepEqual(parentOf(one), parseName("b.c"));
  assert.equal(parentOf(rootName), undefined);
  assert.deepEqual(
    labelsOf(one).map((label) => String.fromCharCode(...label)),
    ["*", "b", "c"],
  );
  assert.equal(labelCount(one), 3);
  assert.equal(labelCount(rootName), 0);
  assert.ok(isWildcard(one));
  assert.ok(!isWildcard(parseName("**.b")) && !isWildcard(parseName("a.*")));
});

test("readName() follows pointers backwards", () => {
  const packet = Uint8Array.of(1, 97, 0, 1, 98, 0xc0, 0, 0xc0, 3, 9);
  assert.deepEqual(readName(packet, 0), { name: wire("a"), end: 3 });
  assert.deepEqual(readName(packet, 3), { name: wire("b", "a"), end: 7 });
  assert.deepEqual(readName(packet, 7), { name: wire("b", "a"), end: 9 });
});

test("readName() refuses loops, forward pointers and what is cut short", () => {
  const cases: [number[], number, NameErrorCode][] = [
    [[0xc0, 0], 0, "BadPointer"],
    [[0xc0, 2, 0xc0, 0], 2, "BadPointer"],
    [[1, 97, 0xc0, 0], 0, "BadPointer"],
    [[0xc0, 2, 0], 0, "BadPointer"],
    [[0xc0], 0, "Truncated"],
    [[3, 97, 98], 0, "Truncated"],
    [[1, 97], 0, "Truncated"],
    [[], 0, "Truncated"],
    [[0x40, 0], 0, "BadLabelType"],
    [[0x80, 0], 0, "BadLabelType"],
    [[...Array.from({ length: 128 }, () => [1, 97]).flat(), 0], 0, "NameTooLong"],
  ];
  for (const [octets, offset, want] of cases) {
    assert.equal(
      codeOf(() => readName(Uint8Array.from(octets), offset)),
      want,
      `${octets}`,
    );
  }
});

test("readName() follows as many pointers as a name can need, and no more", () => {
  // A root name, and 200 pointers each to the one before.
  const packet = Uint8Array.from([
    0,
    ...Array.from({ length: 200 }, (_, i) => pointerTo(i)).flat(),
  ]);
  assert.deepEqual(readName(packet, 1 + 2 * 126).name, wire());
  const code = codeOf(() => readName(packet, 1 + 2 * 127));
  assert.equal(code, "BadPointer");
});

/** To the one before the pointer at this index, or to the root. */
function pointerTo(index: number): number[] {
  const target = index === 0 ? 0 : 1 + 2 * (index - 1);
  return [0xc0 | (target >> 8), target & 255];
}

test("readName() throws NameError and nothing else", () => {
  const octet = fc.oneof(fc.constantFrom(0, 1, 63, 64, 0xc0, 0xc1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(octet, { maxLength: 40 }), fc.nat(45), (octets, offset) => {
      codeOf(() => readName(Uint8Array.from(octets), offset));
      codeOf(() => skipName(Uint8Array.from(octets), offset));
    }),
  );
});
