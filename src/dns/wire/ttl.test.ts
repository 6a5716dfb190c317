import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTtl } from "./ttl.ts";

test("parseTtl() reads seconds and units", () => {
  const cases: [string, number | undefined][] = [
    ["0", 0],
    ["3600", 3_600],
    ["4294967295", 4_294_967_295],
    ["4294967296", undefined],
    ["1h30m", 5_400],
    ["1W2d3H4m5s", 788_645],
    ["1h30", undefined],
    ["h", undefined],
    ["", undefined],
    ["-1", undefined],
    ["1x", undefined],
    ["1 h", undefined],
    ["9999999999999999999w", undefined],
  ];
  for (const [text, want] of cases) assert.equal(parseTtl(text), want, text);
});
