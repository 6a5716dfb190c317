import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { repositoryPath } from "./signpost-process.ts";

/** A `bin/signpost checker` of a test. */
export type CheckerProcess = {
  pid: number;
  /** Its first line on standard output; rejects where it ends without one. */
  ready: Promise<string>;
  /** What it has written to standard error so far. */
  log(): string;
  /** Sends a signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

export function startChecker(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): CheckerProcess {
  const child = spawn(repositoryPath("bin/signpost"), ["checker", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env,
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const ended = once(child, "exit").then(([code, signal]) => {
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      child.stdout.resume();
      return line;
    }
    throw new Error(`Cannot start checker: it ended with\n${log}`);
  })();
  ready.catch(() => {});
  return {
    pid: child.pid ?? 0,
    ready,
    ended,
    log: () => log,
    kill(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
