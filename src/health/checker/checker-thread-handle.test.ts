import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import test from "node:test";
import { CheckerThread } from "./checker-thread-handle.ts";

const url = new URL("./testing/dying-thread.ts", import.meta.url);

/** A thread that dies when it is told to, and what is heard of it. */
class Run {
  readonly heard: string[] = [];
  readonly thread: CheckerThread;
  readonly #events = new EventEmitter();

  constructor() {
    this.thread = new CheckerThread({
      ...{ location: "tokyo", scriptsAllowed: false, logLevel: "silent", url },
      onTable: (table) => this.#hear(new TextDecoder().decode(table)),
      onRestart: ({ message }) => this.#hear(`died of ${message}`),
    });
  }

  async until(count: number): Promise<void> {
    while (this.heard.length < count) await once(this.#events, "heard");
  }

  setList(text: string): void {
    this.thread.setList(new TextEncoder().encode(text));
  }

  #hear(text: string): void {
    this.heard.push(text);
    this.#events.emit("heard");
  }
}

test("CheckerThread starts a thread that has died again, with the list that it had", async (t) => {
  const run = new Run();
  t.after(() => run.thread.stop());
  run.setList("one");
  await run.until(2);
  run.setList("die");
  await run.until(3);
  run.setList("two");
  await run.until(5);
  assert.deepEqual(run.heard, [
    "started tokyo",
    "list one",
    "died of a defect",
    "started tokyo",
    "list two",
  ]);
});

test("CheckerThread starts a thread that keeps dying later and later", async (t) => {
  const run = new Run();
  t.after(() => run.thread.stop());
  const startedAtMs = performance.now();
  run.setList("die");
  await run.until(8); // four starts: at once, at once, after 100 ms, after 200 ms
  assert.ok(performance.now() - startedAtMs >= 300);
});

test("CheckerThread.stop() ends it for good", async () => {
  const run = new Run();
  await run.until(1);
  await run.thread.stop();
  assert.deepEqual(run.heard, ["started tokyo"]);
});
