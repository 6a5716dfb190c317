import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { createArena } from "../../dataplane/server/driver.ts";
import { createHandOverMemory } from "./hand-over-layout.ts";
import { HandOverReader } from "./hand-over-reader.ts";
import { HandOverWriter } from "./hand-over-writer.ts";

function rings(workerCount = 1) {
  const memory = createHandOverMemory(workerCount);
  const arena = createArena(8_192);
  for (let i = 0; i < arena.bytes.length; i++) arena.bytes[i] = i * 7;
  const writers = Array.from(
    { length: workerCount },
    (_, i) => new HandOverWriter(memory, i, arena.view),
  );
  return { memory, arena, writers, reader: new HandOverReader(memory) };
}

describe("HandOverWriter, HandOverReader", () => {
  it("bring a query over with all that belongs to it", () => {
    const { arena, writers, reader } = rings(2);
    writers[1]?.write(7, 3, 42, false, 1_000, 45, 900, 800);
    writers[0]?.write(8, 0, 43, true, 1_001, 44, 901, -1);
    const first = reader.take();
    assert.deepEqual(first, {
      view: 8,
      query: arena.bytes.slice(1_001, 1_045),
      client: arena.bytes.slice(901, 933),
      control: undefined,
      listener: 0,
      socketFd: 43,
      isPrefetch: true,
    });
    const second = reader.take();
    assert.deepEqual(second?.control, arena.bytes.slice(800, 864));
    assert.deepEqual(second?.query, arena.bytes.slice(1_000, 1_045));
    assert.equal(second?.view, 7);
    assert.equal(second?.listener, 3);
    assert.equal(second?.isPrefetch, false);
    assert.equal(reader.take(), undefined);
  });

  it("refuse what has no room, and go round the end of the ring", () => {
    const { writers, reader } = rings();
    const [writer] = writers;
    let written = 0;
    let taken = 0;
    const write = () => writer?.write(written, 0, 1, false, 0, 12 + (written % 4_085), 0, -1);
    for (let round = 0; round < 50; round++) {
      while (write()) written++;
      for (let i = 0; i < 20; i++) {
        const query = reader.take();
        assert.equal(query?.view, taken);
        assert.equal(query?.query.length, 12 + (taken % 4_085));
        taken++;
      }
    }
    for (let query = reader.take(); query; query = reader.take()) {
      assert.equal(query.view, taken++);
    }
    assert.equal(taken, written);
  });

  it("wake a reader that sleeps in another thread, each time", async () => {
    const { memory, writers } = rings();
    const reader = new URL("../../../test/support/hand-over-reader-thread.ts", import.meta.url);
    const thread = new Worker(reader, { workerData: memory });
    await once(thread, "message");
    for (let i = 0; i < 200; i++) {
      const told = once(thread, "message");
      assert.equal(writers[0]?.write(i, 0, 1, false, 0, 40, 0, -1), true);
      assert.deepEqual(await told, [i]);
    }
    await thread.terminate();
  });
});
