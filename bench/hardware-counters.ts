import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Instructions that processes execute, counted by the CPU itself (perf-stat(1)): figures that do not
 * drift with the machine's load. Virtual machines often have no such counters.
 */
export const instructions = "instructions";

/** Whether this machine counts an event of `perf stat`. */
export function canCount(event: string): boolean {
  const { stderr, error } = spawnSync("perf", ["stat", "-x,", "-e", event, "true"], {
    encoding: "utf8",
  });
  return error === undefined && countIn(stderr, event) !== undefined;
}

/**
 * Words before a command line, so that an event in some processes, all their threads of then, is
 * counted while the command runs.
 * @param file where the count is written to
 */
export function counting(event: string, pids: readonly number[], file: string): string[] {
  return ["perf", "stat", "-x,", "-e", event, "-p", pids.join(","), "-o", file, "--"];
}

/** The count that `counting` has written; `undefined` where there is none. */
export function readCount(event: string, file: string): number | undefined {
  return countIn(readFileSync(file, "utf8"), event);
}

/** A line is `COUNT,unit,EVENT[:modifier],…`; the count `<not supported>` where there is none. */
function countIn(text: string, event: string): number | undefined {
  for (const line of text.split("\n")) {
    const [count = "", , name = ""] = line.split(",");
    if (name.split(":")[0] === event && /^[\d.]+$/.test(count)) return Number(count);
  }
  return undefined;
}
