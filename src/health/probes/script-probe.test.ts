import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { probeScriptCountMax } from "../../base/limits.ts";
import { ScriptRefusal } from "./detail.ts";
import { probe } from "./probe.ts";
import { Reason } from "./reason.ts";

const surroundings = { allow: [], scripts: true };

/** A probe that runs shell text. */
function script(text: string, timeoutMs = 10_000) {
  return { kind: "script", command: "/bin/sh", args: ["-c", text], timeoutMs } as const;
}

async function outcome(text: string, timeoutMs?: number): Promise<[Reason, number]> {
  const { reason, detail } = await probe(script(text, timeoutMs), surroundings);
  return [reason, detail];
}

test("probeScript() goes by the exit status", async () => {
  assert.deepEqual(await outcome("exit 0"), [Reason.scriptSucceeded, 0]);
  assert.deepEqual(await outcome("exit 3"), [Reason.scriptFailed, 3]);
  assert.deepEqual(await outcome("kill -TERM $$"), [Reason.scriptFailed, 128 + 15]);
});

test("probeScript() throws away what is written", async () => {
  const text = "head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2";
  assert.deepEqual(await outcome(text), [Reason.scriptSucceeded, 0]);
});

test("probeScript() needs to be enabled", async () => {
  const { reason, detail } = await probe(script("exit 0"), { allow: [] });
  assert.deepEqual([reason, detail], [Reason.scriptNotStarted, ScriptRefusal.notEnabled]);
});

test("probeScript() says what cannot be started", async () => {
  const enoent = 2;
  const missing = { ...script(""), command: "/nonexistent/program" };
  const { reason, detail } = await probe(missing, surroundings);
  assert.deepEqual([reason, detail], [Reason.scriptNotStarted, enoent]);
});

test("probeScript() uses no shell, and little of the environment", async () => {
  const spec = { kind: "script", command: "/bin/echo", args: ["; exit 1"], timeoutMs: 9_000 };
  const { reason } = await probe({ ...spec, kind: "script" }, surroundings);
  assert.equal(reason, Reason.scriptSucceeded);
  process.env.SIGNPOST_TEST_SECRET = "1";
  const text = 'test -z "$SIGNPOST_TEST_SECRET" -a -n "$PATH" -a "$PWD" = /';
  assert.deepEqual(await outcome(text), [Reason.scriptSucceeded, 0]);
  delete process.env.SIGNPOST_TEST_SECRET;
});

/** Runs shell text that writes the id of a child to `$0`; whether the child lives afterwards. */
async function childSurvives(text: string, timeoutMs: number, reason: Reason): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "signpost-script-"));
  const file = join(folder, "pid");
  try {
    const { args, ...rest } = script(text, timeoutMs);
    const result = await probe({ ...rest, args: [...args, file] }, surroundings);
    assert.equal(result.reason, reason);
    assert.ok(existsSync(file), "the script has written its child's id");
    const pid = Number(readFileSync(file, "utf8"));
    for (let tries = 0; tries < 50; tries++) {
      if (!isRunning(pid)) return false;
      await sleep(20);
    }
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test("probeScript() kills all that was started at the time limit", async () => {
  const text = "trap '' TERM; sleep 60 & echo $! > $0; wait";
  assert.equal(await childSurvives(text, 500, Reason.scriptTimeout), false);
});

test("probeScript() kills what a script leaves behind", async () => {
  const text = "sleep 60 & echo $! > $0";
  assert.equal(await childSurvives(text, 10_000, Reason.scriptSucceeded), false);
});

test("probeScript() lets so many run at a time", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signpost-script-"));
  const count = join(folder, "count");
  // Each adds its line, looks how many there are, and takes its line away by a new file.
  const text = `mkdir ${folder}/run.$$; ls -d ${folder}/run.* | wc -l >> ${count}; sleep 0.05; rmdir ${folder}/run.$$`;
  const all = Array.from({ length: probeScriptCountMax * 2 }, () => outcome(text));
  for (const [reason] of await Promise.all(all)) assert.equal(reason, Reason.scriptSucceeded);
  const counts = readFileSync(count, "utf8").trim().split("\n").map(Number);
  rmSync(folder, { recursive: true, force: true });
  assert.equal(counts.length, probeScriptCountMax * 2);
  assert.ok(Math.max(...counts) <= probeScriptCountMax, counts.join());
});
