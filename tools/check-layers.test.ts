import assert from "node:assert/strict";
import { test } from "node:test";
import { importFaults, tableFaults } from "./check-layers.ts";

test("tableFaults() finds the table in order", () => assert.deepEqual(tableFaults(), []));

test("importFaults() lets a layer import what is below it", () => {
  const source = 'import { parseName } from "../../dns/wire/name.ts";\nimport "./zone-image.ts";';
  assert.deepEqual(importFaults("dataplane/image/build.ts", source), []);
});

test("importFaults() reports imports upwards, sideways and outside", () => {
  const cases = [
    [
      "dns/wire/name.ts",
      'import { x } from "../rdata/rdata.ts";',
      "dns/wire must not import dns/rdata",
    ],
    ["dns/wire/name.ts", 'export { readFile } from "node:fs";', "must not import node:fs"],
    ["dataplane/nameserver/a.ts", 'import koffi from "koffi";', "must not import koffi"],
    ["api/route53/a.ts", 'import type { Z } from "../../dataplane/image/z.ts";', "dataplane/image"],
    [
      "control/log/a.ts",
      'new Worker(new URL("../../api/protocol/t.ts", import.meta.url))',
      "api/protocol",
    ],
    ["elsewhere/a.ts", "", "not in tools/layers.ts"],
  ] as const;
  for (const [path, source, want] of cases) {
    const faults = importFaults(path, source);
    assert.equal(faults.length, 1, path);
    assert.ok(faults[0]?.includes(want), faults[0]);
  }
});
