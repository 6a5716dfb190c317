import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { repositoryPath } from "./signpost-process.ts";

/** A `bin/signpost discover docker` of a test. */
export type DiscoverProcess = {
  pid: number;
  /** Its line on standard output; rejects where it ends without one. */
  ready: Promise<string>;
  /** What it has written to standard error so far. */
  log(): string;
  /** Sends a signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
};

export function startDiscover(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): DiscoverProcess {
  const child = spawn(repositoryPath("bin/signpost"), ["discover", "docker", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env,
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      child.stdout.resume();
      return line;
    }
    throw new Error(`Cannot start watcher: it ended with\n${log}`);
  })();
  ready.catch(() => {});
  return {
    pid: child.pid ?? 0,
    ready,
    log: () => log,
    kill(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
