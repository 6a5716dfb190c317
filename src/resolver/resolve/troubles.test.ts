import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Logger } from "../../telemetry/logger.ts";
import { Troubles } from "./troubles.ts";

describe("Troubles", () => {
  function world() {
    const lines: string[] = [];
    const write = ({ count }: { count: number }, what: string) =>
      void lines.push(`${count} ${what}`);
    const clock = { nowMs: 0 };
    const logger = { warn: write, error: write } as unknown as Logger;
    return { lines, clock, troubles: new Troubles(logger, () => clock.nowMs) };
  }

  it("writes one line a minute for what comes again and again, with a count", () => {
    const { lines, clock, troubles } = world();
    for (let i = 0; i < 100; i++) troubles.warn("no answer");
    clock.nowMs = 60_000;
    troubles.warn("no answer");
    assert.deepEqual(lines, ["1 no answer", "100 no answer"]);
  });

  it("writes a bounded number of lines, however many troubles there are", () => {
    const { lines, clock, troubles } = world();
    for (let i = 0; i < 5_000; i++) troubles.warn(`no answer for ${i}`);
    assert.equal(lines.length, 30);
    clock.nowMs = 60_000;
    troubles.bug("answering", new Error("unforeseen"));
    assert.equal(lines.at(-1), "1 error while answering");
  });
});
