import assert from "node:assert/strict";
import { test } from "node:test";

import { drawBars, niceStep } from "./bar-plot.ts";

test("niceStep() is 1, 2 or 5 times a power of ten, and not below what is asked", () => {
  const cases = [
    [0.3, 0.5],
    [1, 1],
    [1.1, 2],
    [2_100, 5_000],
    [6_000, 10_000],
  ] as const;
  for (const [asked, step] of cases) assert.equal(niceStep(asked), step);
});

test("drawBars() draws a bar for each value, in proportion, and escapes names", () => {
  const bars = [
    { name: "a<b", value: 50, range: [40, 60] as const },
    { name: "c", value: 100 },
  ];
  const svg = drawBars({ title: "t & t", unit: "ns", groups: [{ name: "g", bars }] });
  const widths = [...svg.matchAll(/<rect .* width="([\d.]+)"/g)].map(([, width]) => Number(width));
  assert.equal(widths.length, 2);
  assert.equal((widths[1] as number) / (widths[0] as number), 2);
  assert.match(svg, /a&lt;b/);
  assert.match(svg, /t &amp; t/);
  assert.doesNotMatch(svg, /NaN/);
});
