import assert from "node:assert/strict";
import { test } from "node:test";
import { loadMax } from "../../base/limits.ts";
import { StatusTable } from "../../dataplane/policy/status-table.ts";
import { datumOf } from "../testing/datum.ts";
import { LoadWriter } from "./load-writer.ts";

const none = () => undefined;

function open(slots: Record<string, number>): { table: StatusTable; writer: LoadWriter } {
  const table = new StatusTable();
  const writer = new LoadWriter(table);
  writer.setSlots(new Map(Object.entries(slots)), none);
  return { table, writer };
}

test("LoadWriter writes the newest value of a metric, by the time it was measured", () => {
  const { table, writer } = open({ a: 1, b: 2 });
  writer.take("a", datumOf({ value: 10, atMs: 1_000 }), 0);
  assert.equal(table.loads[1], 10);
  writer.take("a", datumOf({ value: 30, atMs: 3_000 }), 1);
  writer.take("a", datumOf({ value: 20, atMs: 2_000 }), 2);
  assert.equal(table.loads[1], 30);
  writer.take("a", datumOf({ values: [1, 4], atMs: 3_000 }), 3);
  assert.equal(table.loads[1], 3, "the average of a datum of several values, rounded");
  writer.take("nobody", datumOf({ value: 5 }), 4);
  assert.equal(table.loads[2], loadMax);
});

test("LoadWriter takes a load that nobody reports any more for the highest", () => {
  const { table, writer } = open({ a: 1, b: 2 });
  writer.take("a", datumOf({ value: 10, atMs: 5_000 }), 0);
  writer.tick(179_999);
  assert.equal(table.loads[1], 10);
  writer.tick(180_000);
  assert.equal(table.loads[1], loadMax);
  writer.take("a", datumOf({ value: 7, atMs: 4_000 }), 200_000);
  assert.equal(table.loads[1], 7, "a reporter whose clock was set back is heard again");
});

test("LoadWriter.setSlots() keeps what is known, and starts with what the store knows", () => {
  const { table, writer } = open({ a: 1, b: 2 });
  writer.take("a", datumOf({ value: 10, atMs: 1_000 }), 0);
  const known = { value: 42, measuredAtMs: 500, cameAtMs: 0 };
  writer.setSlots(
    new Map([
      ["a", 2],
      ["c", 3],
    ]),
    (key) => (key === "c" ? known : undefined),
  );
  assert.deepEqual([...table.loads.subarray(1, 4)], [10, 10, 42]);
  writer.take("c", datumOf({ value: 1, atMs: 400 }), 1);
  assert.equal(table.loads[3], 42);
});
