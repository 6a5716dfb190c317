import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** Fills the heap with garbage, and prints the megabytes of the heap before and after. */
const script = `
import { getHeapStatistics } from "node:v8";
import { keepMemorySmall, releaseMemory } from "${new URL("./keep-memory-small.ts", import.meta.url)}";
let held = Array.from({ length: 200_000 }, (_, i) => ({ text: "text " + i }));
const size = () => getHeapStatistics().total_heap_size / 2 ** 20;
const before = size() + held.length * 0;
held = [];
HOW
console.log(JSON.stringify([before, size()]));
`;

function heapBeforeAndAfter(how: string, flags: readonly string[]): [number, number] {
  const words = [...flags, "--input-type=module", "-e", script.replace("HOW", how)];
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout) as [number, number];
}

test("releaseMemory() gives the pages of what is garbage back to the system", () => {
  const [before, after] = heapBeforeAndAfter("releaseMemory();", ["--expose-gc"]);
  assert.ok(after < before - 8, `${before} MiB, then ${after}`);
});

test("keepMemorySmall(0) does so at once, and lets the process end", () => {
  const [before, after] = heapBeforeAndAfter("keepMemorySmall(0);", ["--expose-gc"]);
  assert.ok(after < before - 8, `${before} MiB, then ${after}`);
});

test("releaseMemory() does nothing where V8 does not expose its collector", () => {
  const [before, after] = heapBeforeAndAfter("releaseMemory();", []);
  assert.ok(after >= before - 8, `${before} MiB, then ${after}`);
});
