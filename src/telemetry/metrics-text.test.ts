import assert from "node:assert/strict";
import { test } from "node:test";
import { createCounterBlock, defineCounters, labelSeries } from "./counters.ts";
import { formatCounters, formatMetrics } from "./metrics-text.ts";
import { processMetrics } from "./process-metrics.ts";

test("formatCounters() sums the blocks of all workers, series by series", () => {
  const set = defineCounters({
    plain: { name: "plain_total", help: "Plain.", series: [""] },
    coded: { name: "coded_total", help: "Coded.", series: labelSeries("code", ["a", "b"]) },
  });
  const blocks = [createCounterBlock(set), createCounterBlock(set)] as const;
  blocks[0][set.index.plain] = 1;
  blocks[1][set.index.plain] = 2;
  blocks[1][set.index.coded + 1] = 2 ** 40;
  const want = `# HELP plain_total Plain.
# TYPE plain_total counter
plain_total 3
# HELP coded_total Coded.
# TYPE coded_total counter
coded_total{code="a"} 0
coded_total{code="b"} ${2 ** 40}
`;
  assert.equal(formatCounters(set, [{ labels: "", blocks }]), want);
});

test("formatMetrics() escapes help and label values", () => {
  const text = formatMetrics([
    {
      name: "m",
      help: "two\nlines \\ one",
      type: "gauge",
      samples: [{ labels: { zone: 'a"b\\c\nd' }, value: 0.5 }],
    },
  ]);
  const want = '# HELP m two\\nlines \\\\ one\n# TYPE m gauge\nm{zone="a\\"b\\\\c\\nd"} 0.5\n';
  assert.equal(text, want);
});

test("processMetrics() tells memory and CPU time", () => {
  const text = formatMetrics(processMetrics());
  const memory = Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1]);
  assert.ok(memory > 1_000_000);
  assert.match(text, /^process_cpu_seconds_total [\d.]+$/m);
});
