import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatName } from "../../dns/wire/name.ts";
import { InvalidNameError, normaliseName } from "./route53-name.ts";

test("normaliseName() lower-cases, escapes and closes with a dot", () => {
  const cases: [string, string][] = [
    ["Example.COM", "example.com."],
    ["example.com.", "example.com."],
    ["*.example.com", "\\052.example.com."],
    ["\\052.example.com", "\\052.example.com."],
    ["a@b.example.com", "a\\100b.example.com."],
    ["a\\056b.example.com", "a\\056b.example.com."],
    ["_sip._tcp.example.com", "_sip._tcp.example.com."],
    ["\\000\\377.example", "\\000\\377.example."],
    [".", "."],
  ];
  for (const [given, normal] of cases) assert.equal(normaliseName(given), normal);
});

test("normaliseName() refuses in Route 53's words", () => {
  const cases: [string, RegExp][] = [
    ["", /^FATAL problem: DomainNameEmpty \(Domain name is empty\) encountered with ''$/],
    [
      "a..b",
      /^FATAL problem: DomainLabelEmpty \(Domain label is empty\) encountered with 'a\.\.b'$/,
    ],
    ["a b", /^FATAL problem: UnsupportedCharacter \(.*\) encountered with ' '$/],
    ["a\tb", /^FATAL problem: UnsupportedCharacter \(.*\) encountered with '\t'$/],
    ["ä.example", /^FATAL problem: UnsupportedCharacter \(.*\) encountered with 'ä'$/],
    ["a".repeat(64), /^FATAL problem: DomainLabelTooLong /],
    ["a.".repeat(128), /^FATAL problem: DomainNameTooLong /],
    ["a\\9", /^FATAL problem: InvalidEscapeSequence /],
  ];
  for (const [given, message] of cases) {
    assert.throws(
      () => normaliseName(given),
      (error: Error) => {
        assert.ok(error instanceof InvalidNameError);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test("normaliseName() keeps what it has normalised", () => {
  const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
  fc.assert(
    fc.property(fc.array(label, { maxLength: 3 }), (labels) => {
      const wire = Uint8Array.from([...labels.flatMap((octets) => [octets.length, ...octets]), 0]);
      const normal = normaliseName(formatName(wire, 8));
      assert.equal(normaliseName(normal), normal);
      assert.equal(normal, normal.toLowerCase());
    }),
  );
});
