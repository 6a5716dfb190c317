import type { DiskCall } from "./simulated-disk.ts";

/** For `strace -f -y -xx`: what changes files, and what makes changes durable. */
export const tracedCalls =
  "trace=openat,open,creat,pwrite64,write,writev,pwritev,fsync,fdatasync,ftruncate," +
  "unlink,unlinkat,rename,renameat,renameat2";

/**
 * The calls of a trace that concern files under `directory`, in the order of completion. Calls
 * on the file `acks` give their text as it is.
 */
export function parseTrace(text: string, of: { directory: string; acks: string }): TraceEvent[] {
  const events: TraceEvent[] = [];
  const unfinished = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, pid = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (rest.endsWith("<unfinished ...>")) {
      unfinished.set(pid, rest.slice(0, -"<unfinished ...>".length));
      // An acknowledgement counts from the moment it can have left.
      events.push(...ackOf(rest, of.acks));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const whole = resumed ? (unfinished.get(pid) ?? "") + resumed[1] : rest;
    if (!resumed) events.push(...ackOf(whole, of.acks));
    const call = callOf(whole, of.directory);
    if (call) events.push(call);
  }
  return events;
}

export type TraceEvent = DiskCall | { call: "ack"; text: string };

function ackOf(call: string, acks: string): TraceEvent[] {
  const [, path, octets] = /^write\(\d+<(\S*?)>, "(\S*?)"/.exec(call) ?? [];
  if (path === undefined || textOf(path) !== acks) return [];
  return [{ call: "ack", text: textOf(octets as string) }];
}

function callOf(line: string, directory: string): DiskCall | undefined {
  const [, name, args, result] = /^(\w+)\((.*)\)\s+= (-?\d+)/.exec(line) ?? [];
  if (name === undefined || args === undefined || Number(result) < 0) return undefined;
  const paths = [...args.matchAll(/[<"]((?:\\x[0-9a-f]{2})*)[>"]/g)].map(
    ([, one]) => one as string,
  );
  const call = diskCall(name, { args, paths });
  const isOurs = call && (call.path === directory || call.path.startsWith(`${directory}/`));
  // The wal-index lives in shared memory and is made anew at each start.
  return isOurs && !call.path.endsWith("-shm") ? call : undefined;
}

type Parts = { args: string; paths: string[] };

function diskCall(name: string, { args, paths }: Parts): DiskCall | undefined {
  const path = textOf(paths[0] ?? "");
  const last = Number(/(\d+)\s*$/.exec(args)?.[1]);
  switch (name) {
    case "openat":
      if (!args.includes("O_CREAT")) return undefined;
      return { call: "create", path: textOf(paths[1] ?? ""), truncate: args.includes("O_TRUNC") };
    case "pwrite64":
      return { call: "write", path, offset: last, octets: octetsOf(paths[1] ?? "") };
    case "ftruncate":
      return { call: "truncate", path, size: last };
    case "fsync":
    case "fdatasync":
      return { call: "sync", path };
    case "unlink":
      return { call: "unlink", path };
    case "unlinkat":
      return { call: "unlink", path: textOf(paths.at(-1) ?? "") };
    case "rename":
      return { call: "rename", path, to: textOf(paths[1] ?? "") };
    default:
      return undefined;
  }
}

function octetsOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll("\\x", ""), "hex");
}

function textOf(hex: string): string {
  return octetsOf(hex).toString();
}
