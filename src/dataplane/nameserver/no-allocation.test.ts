import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const probe = fileURLToPath(new URL("../../../test/support/allocation-probe.ts", import.meta.url));
/** MiB of young generation: more than the probe's queries would take at 100 octets each. */
const youngGenerationMib = 64;

describe("processQuery() allocates nothing", () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      "--expose-gc",
      `--min-semi-space-size=${youngGenerationMib}`,
      `--max-semi-space-size=${youngGenerationMib}`,
      "--disable-warning=ExperimentalWarning",
      probe,
    ],
    { encoding: "utf8" },
  );

  it("runs the probe", () => assert.notEqual(stdout, "", stderr));
  for (const [kind, octets] of Object.entries(JSON.parse(stdout || "{}") as object)) {
    it(`for ${kind}`, () => {
      assert.ok(octets < 1, `${octets} octets a query`);
    });
  }
});
