import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";

import { probeQueueCountMax, probeScriptCountMax } from "../../base/limits.ts";
import type { Attempt } from "./attempt.ts";
import { ScriptRefusal } from "./detail.ts";
import { Reason } from "./reason.ts";
import { Slots } from "./slots.ts";

export type ScriptProbeSpec = { command: string; args: readonly string[]; timeoutMs: number };

/** All of the checker's environment that a script sees. */
const environment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
};

const slots = new Slots({ count: probeScriptCountMax, waiting: probeQueueCountMax });

/**
 * Runs a program, without a shell, as the checker's own user, in the folder `/`; exit status 0 is
 * success, and what it writes is thrown away. It leads a process group, which is killed as a whole
 * at the limit and when it ends: what it leaves behind goes with it. The detail of a failure is the
 * exit status, or 128 and the signal's number.
 */
export async function probeScript(attempt: Attempt, spec: ScriptProbeSpec): Promise<void> {
  const ran = await slots.run(() => run(attempt, spec), false);
  if (!ran) attempt.end(Reason.scriptNotStarted, ScriptRefusal.tooMany);
}

async function run(attempt: Attempt, spec: ScriptProbeSpec): Promise<boolean> {
  if (attempt.ended) return true;
  const child = spawn(spec.command, spec.args, {
    cwd: "/",
    detached: true,
    env: environment,
    stdio: "ignore",
  });
  attempt.closes(() => killGroup(child));
  attempt.limit(spec.timeoutMs, Reason.scriptTimeout);
  child.once("error", ({ errno = 0 }: NodeJS.ErrnoException) =>
    attempt.end(Reason.scriptNotStarted, -errno),
  );
  child.once("exit", (code, signal) => {
    if (code === 0) return attempt.end(Reason.scriptSucceeded);
    const bySignal = signal === null ? 0 : 128 + constants.signals[signal];
    attempt.end(Reason.scriptFailed, code ?? bySignal);
  });
  await attempt.result;
  return true;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left of the group.
  }
}
