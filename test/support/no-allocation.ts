import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

/** MiB of young generation: more than a probe's queries would take at 100 octets each. */
const youngGenerationMib = 64;

/**
 * Tests that no kind of query takes any heap.
 * @param probe a program that prints, as a JSON object, the octets that a query takes, by kind
 */
export function testNoAllocation(name: string, probe: URL): void {
  describe(`${name} allocates nothing`, () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        "--expose-gc",
        `--min-semi-space-size=${youngGenerationMib}`,
        `--max-semi-space-size=${youngGenerationMib}`,
        "--disable-warning=ExperimentalWarning",
        fileURLToPath(probe),
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
}
