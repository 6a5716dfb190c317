import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

import { openVethPair, run, type End, type VethPair } from "../test/xdp/veth-pair.ts";

/**
 * A veth pair whose ends receive in threads of the kernel (threaded NAPI), one at either end, on the
 * core of that end. By default a veth pair receives in an interrupt of whoever sends: what the
 * server's machine would do is then counted for the client, and the other way round.
 */
export type Cable = VethPair & {
  /** The thread that receives for the server. */
  readonly receiverPid: number;
};

export function openCable(cores: { server: string; load: string }): Cable {
  const pair = openVethPair();
  try {
    const receiverPid = receiveInThread(pair.server, cores.server);
    receiveInThread(pair.client, cores.load);
    return { ...pair, receiverPid };
  } catch (error) {
    pair.close();
    throw error;
  }
}

/**
 * A veth has NAPI, as network cards do, with GRO alone, and only for what a sender without TSO sends.
 * @returns the thread's id
 */
function receiveInThread({ namespace, interface: name }: End, core: string): number {
  const before = new Set(receivers());
  const script = `ethtool -K ${name} gro on tso off && echo 1 > /sys/class/net/${name}/threaded`;
  run(["netns", "exec", namespace, "sh", "-c", `PATH="$PATH:/usr/sbin:/sbin"; ${script}`]);
  const [pid, ...others] = receivers().filter((receiver) => !before.has(receiver));
  if (pid === undefined || others.length > 0) throw new Error(`No thread receives for ${name}`);
  execFileSync("taskset", ["-pc", core, String(pid)], { stdio: "ignore" });
  return pid;
}

/** Threads of the kernel that receive for an interface. */
function receivers(): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && nameOf(entry).startsWith("napi/"))
    .map(Number);
}

/** A thread's name; empty where it has ended. */
function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8");
  } catch {
    return "";
  }
}
