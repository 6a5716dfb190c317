import { readdirSync, readFileSync } from "node:fs";

/** CPU time in nanoseconds that each thread of a process has used so far, by the thread's id. */
export type ThreadTimes = ReadonlyMap<number, { name: string; cpuNs: number }>;

/** Reads proc(5): /proc/PID/task/TID/comm and the first field of schedstat. */
export function threadTimes(pid: number): ThreadTimes {
  const times = new Map<number, { name: string; cpuNs: number }>();
  for (const entry of readdirSync(`/proc/${pid}/task`)) {
    const path = `/proc/${pid}/task/${entry}`;
    const name = readFileSync(`${path}/comm`, "utf8").trim();
    const [cpuNs = "0"] = readFileSync(`${path}/schedstat`, "utf8").split(" ");
    times.set(Number(entry), { name, cpuNs: Number(cpuNs) });
  }
  return times;
}

/** What threads whose name passes have used between two readings. */
export function cpuNsBetween(
  before: ThreadTimes,
  after: ThreadTimes,
  isWanted: (name: string) => boolean,
): number {
  let total = 0;
  for (const [id, { name, cpuNs }] of after) {
    if (isWanted(name)) total += cpuNs - (before.get(id)?.cpuNs ?? 0);
  }
  return total;
}
