import assert from "node:assert/strict";
import { test } from "node:test";
import { COUNTED_RCODES, COUNTER, COUNTER_COUNT } from "../nameserver/query-counters.ts";
import { queryCounters } from "./worker-counters.ts";

test("queryCounters has the slots of COUNTER, in its order", () => {
  const { index, definitions } = queryCounters;
  const { dropped, logged, notLogged, ...same } = index;
  const { droppedShort, droppedResponse, ...want } = COUNTER;
  assert.deepEqual(same, want);
  assert.deepEqual([dropped, dropped + 1], [droppedShort, droppedResponse]);
  assert.equal(definitions.rcode.series.length, COUNTED_RCODES);
  assert.deepEqual([logged, notLogged], [COUNTER_COUNT, COUNTER_COUNT + 1]);
});
