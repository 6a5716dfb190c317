import assert from "node:assert/strict";
import test from "node:test";
import { Reason } from "../probes/reason.ts";
import { Streak } from "./streak.ts";

const letters: Readonly<Record<string, Reason>> = {
  S: Reason.httpStatus,
  F: Reason.connectTimeout,
  I: Reason.internal,
  N: Reason.scriptNotStarted,
};

/** The verdict after each result: `?` unknown, `-` unhealthy, `+` healthy. */
function verdicts(results: string, [upThreshold, downThreshold]: [number, number]): string {
  const streak = new Streak();
  const add = (letter: string) =>
    "?-+"[streak.add(letters[letter] ?? 0, { upThreshold, downThreshold })];
  return [...results].map(add).join("");
}

const cases: [name: string, thresholds: [number, number], results: string, verdicts: string][] = [
  ["one success is enough where one is asked for", [1, 1], "SFSF", "+-+-"],
  ["is unknown until there are enough of one kind", [3, 3], "SSFFSSS", "??????+"],
  ["begins unhealthy with failures in a row", [3, 3], "FFFS", "??--"],
  ["keeps its verdict through fewer than the threshold", [3, 3], "SSSFFSFFF", "??++++++-"],
  ["has separate counts for up and down", [4, 2], "FFSSSFSSSSFF", "?--------++-"],
  ["does not count results that say nothing of the endpoint", [2, 2], "SISFIF", "??+++-"],
  ["is unknown again when nothing could be looked at", [2, 2], "SSIIS", "?++??"],
  ["waits for the larger threshold of results that say nothing", [1, 3], "SIIIS", "+++?+"],
  ["never votes on a script that was not started", [1, 1], "NNN", "???"],
];

for (const [name, thresholds, results, wanted] of cases) {
  test(`Streak ${name}`, () => {
    assert.equal(verdicts(results, thresholds), wanted);
  });
}
