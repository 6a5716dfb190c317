import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { calculatedDepthMax } from "../../base/limits.ts";
import { requireSoundNesting } from "./health-check-nesting.ts";
import type { Nesting } from "./health-check-nesting.ts";

function nestingOf(edges: Record<string, string[]>): Nesting {
  return {
    childrenOf: (id) => edges[id] ?? [],
    parentsOf: (id) => Object.keys(edges).filter((parent) => edges[parent]?.includes(id)),
  };
}

test("requireSoundNesting() refuses a check that would be made of itself", () => {
  const nesting = nestingOf({ a: ["b"], b: ["c"], d: ["b", "c"] });
  requireSoundNesting("a", ["b", "d"], nesting);
  const refused = { message: /c would be made of itself/ };
  assert.throws(() => requireSoundNesting("c", ["a"], nesting), refused);
  assert.throws(() => requireSoundNesting("c", ["c"], nesting), refused);
});

test("requireSoundNesting() counts levels above and below", () => {
  const chain: Record<string, string[]> = {};
  for (let i = 1; i < calculatedDepthMax; i++) chain[`n${i}`] = [`n${i + 1}`];
  const last = `n${calculatedDepthMax}`;
  assert.throws(() => requireSoundNesting(last, ["leaf"], nestingOf(chain)), /limit 16/);
  delete chain["n1"];
  requireSoundNesting(last, ["leaf"], nestingOf(chain));
});

test("requireSoundNesting() lets no cycle in, whatever the order of changes", () => {
  const names = ["a", "b", "c", "d", "e"];
  const name = fc.constantFrom(...names);
  const changes = fc.array(fc.tuple(name, fc.uniqueArray(name, { maxLength: 3 })), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(changes, (steps) => {
      const edges: Record<string, string[]> = {};
      for (const [id, children] of steps) {
        try {
          requireSoundNesting(id, children, nestingOf(edges));
        } catch {
          continue;
        }
        edges[id] = children;
      }
      const visit = (id: string, above: string[]): void => {
        assert.ok(!above.includes(id), JSON.stringify(edges));
        for (const child of edges[id] ?? []) visit(child, [...above, id]);
      };
      for (const id of names) visit(id, []);
    }),
    { numRuns: 300 },
  );
});
