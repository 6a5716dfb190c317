import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process and all that descend from it, by their ids. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const fields = statFields(pid);
    if (fields) parents.set(pid, Number(fields[parentField]));
  }
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  }
  return tree;
}

/**
 * CPU time that a process tree has used so far, in nanoseconds, user and system together, ended
 * threads included (fields utime and stime of /proc/PID/stat; ticks of 10 ms as a rule).
 */
export function cpuTimeNs(root: number): number {
  let ticks = 0;
  for (const pid of processTree(root)) {
    const fields = statFields(pid);
    if (fields) ticks += Number(fields[userTimeField]) + Number(fields[systemTimeField]);
  }
  return (ticks / ticksPerSecond) * 1e9;
}

/** Memory of a process tree in KiB, shared pages counted in parts (PSS). */
export function proportionalMemoryKib(root: number): number {
  let total = 0;
  for (const pid of processTree(root)) {
    const text = readText(`/proc/${pid}/smaps_rollup`);
    total += Number(/^Pss:\s+(\d+) kB/m.exec(text ?? "")?.[1] ?? 0);
  }
  return total;
}

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

// Positions after the command's name, which is in parentheses and may hold spaces (proc(5)).
const parentField = 1;
const userTimeField = 11;
const systemTimeField = 12;

function statFields(pid: number): string[] | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** A file's text; `undefined` where its process has gone. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
