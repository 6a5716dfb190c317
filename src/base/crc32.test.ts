import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { crc32OfText } from "./crc32.ts";

test("crc32OfText() gives what zlib gives", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary-ascii", maxLength: 300 }),
    fc.string({ unit: "binary", maxLength: 300 }),
  );
  fc.assert(
    fc.property(text, fc.nat(2 ** 32 - 1), (text, start) => {
      assert.equal(crc32OfText(text, start), crc32(text, start));
    }),
  );
});
