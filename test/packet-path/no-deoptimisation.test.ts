import assert from "node:assert/strict";
import { test } from "node:test";

import { WatchedServer } from "./watched-server.ts";

/** Queries by the size of the bursts they come in: batches of many sizes, and lone queries. */
const warmUp = [
  [64, 40_000],
  [7, 30_000],
  [1, 10_000],
] as const;
const watched = [
  [64, 20_000],
  [7, 10_000],
  [1, 5_000],
] as const;

/** What V8 says where it gives up compiled code; to have better code at once is no loss. */
const deoptimised = /^\[bailout \(kind: .*deoptimizing \S+ <JSFunction (\S*)/;
const betterCode = "prepare for on stack replacement";

test("MmsgDriver and processQuery() are not deoptimised once they are warm", async () => {
  const server = await WatchedServer.open();
  await server.tell("start");
  for (const [burst, count] of warmUp) await server.ask(count, burst);
  await server.tell("trace");
  for (const [burst, count] of watched) await server.ask(count, burst);
  await server.tell("stumble");
  await server.stop();
  const lines = server.output.filter((line) => deoptimised.test(line));
  const onPurpose = lines.findIndex((line) => line.includes("<JSFunction stumbl"));
  assert.notEqual(onPurpose, -1, "a deoptimisation shows in the trace");
  // What comes after it is the end: the way out of the loop was never taken before.
  const others = lines.slice(0, onPurpose).filter((line) => !line.includes(betterCode));
  assert.deepEqual(others, []);
});
