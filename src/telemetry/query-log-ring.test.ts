import assert from "node:assert/strict";
import { test } from "node:test";
import { QueryLogRing, createQueryLogMemory, queryLogSlot } from "./query-log-ring.ts";

test("QueryLogRing hands entries over in their order, past the end of its memory", () => {
  const memory = createQueryLogMemory(4);
  const [writer, reader] = [new QueryLogRing(memory), new QueryLogRing(memory)];
  let written = 0;
  let read = 0;
  for (const count of [1, 4, 2, 3, 4, 4]) {
    for (let i = 0; i < count; i++) {
      const slot = writer.reserve();
      writer.view.setInt32(slot + queryLogSlot.zoneKey, written++, true);
      writer.commit();
    }
    for (let slot = reader.peek(); slot >= 0; slot = reader.peek()) {
      assert.equal(reader.view.getInt32(slot + queryLogSlot.zoneKey, true), read++);
      reader.release();
    }
  }
  assert.equal(read, written);
});

test("QueryLogRing refuses an entry when it is full, and takes one again after a release", () => {
  const ring = new QueryLogRing(createQueryLogMemory(2));
  for (let i = 0; i < 2; i++) {
    assert.ok(ring.reserve() >= 0);
    ring.commit();
  }
  assert.equal(ring.reserve(), -1);
  ring.peek();
  ring.release();
  assert.ok(ring.reserve() >= 0);
});
