import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = join(import.meta.dirname, "../..");

/** A Signpost of its own for a test: one process, loopback, free ports. */
export type SignpostProcess = {
  dns: { address: string; port: number };
  /** Where its resolver listens, in the order of the flags. */
  resolvers: { address: string; port: number }[];
  /** Base URL of the API. */
  api: string;
  dataDir: string;
  pid: number;
  accessKeyId: string;
  secretAccessKey: string;
  /** What AWS clients need in their environment. */
  env: NodeJS.ProcessEnv;
  /** What it has written to standard error so far. */
  log(): string;
  /** Sends a signal and waits for the end. The data directory stays. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Stops it cleanly and removes the data directory, if the start made it. */
  stop(): Promise<void>;
};

export type StartOptions = {
  /** Kept afterwards; default: a new one, removed by stop(). */
  dataDir?: string;
  /** Further flags of `bin/signpost up`. */
  args?: readonly string[];
  /** A command that starts it, such as `strace -o FILE`. */
  prefix?: readonly string[];
  env?: NodeJS.ProcessEnv;
  readyTimeoutMs?: number;
};

/** Runs the file of a test by its path from the repository's root. */
export function repositoryPath(path: string): string {
  return join(root, path);
}

/**
 * Starts `bin/signpost up` and waits for its ready line.
 * @throws Error with what it wrote, where it ends or stays silent instead
 */
export async function startSignpost(options: StartOptions = {}): Promise<SignpostProcess> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "signpost-test-"));
  const command = [
    ...(options.prefix ?? []),
    join(root, "bin/signpost"),
    "up",
    ...["--data", dataDir, "--dns", "127.0.0.1:0", "--api", "127.0.0.1:0"],
    ...(options.args ?? []),
  ];
  const child = spawn(command[0] as string, command.slice(1), {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
  });
  const log: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => log.push(chunk.toString()));
  const ended = once(child, "exit");
  const line = await readyLine(child, log, options.readyTimeoutMs ?? 60_000);
  return describe({ child, ended, line, dataDir, log, keep: options.dataDir !== undefined });
}

async function readyLine(child: ChildProcess, log: string[], timeoutMs: number): Promise<string> {
  const output = child.stdout;
  if (!output) throw new Error("Cannot read standard output");
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  try {
    for await (const line of createInterface({ input: output })) {
      if (line.startsWith("signpost ready ")) {
        output.resume();
        return line;
      }
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`Cannot start Signpost: it ended with\n${log.join("")}`);
}

function describe(started: {
  child: ChildProcess;
  ended: Promise<unknown>;
  line: string;
  dataDir: string;
  log: string[];
  keep: boolean;
}): SignpostProcess {
  const { child, ended, line, dataDir, log, keep } = started;
  const [, address = "", port = "", api = ""] =
    /dns=\[?([^\s\]]+)\]?:(\d+) api=(\S+)/.exec(line) ?? [];
  const credentials = readFileSync(join(dataDir, "credentials"), "utf8");
  const accessKeyId = /aws_access_key_id\s*=\s*(\S+)/.exec(credentials)?.[1] ?? "";
  const secretAccessKey = /aws_secret_access_key\s*=\s*(\S+)/.exec(credentials)?.[1] ?? "";
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return {
    dns: { address, port: Number(port) },
    resolvers: Array.from(
      line.matchAll(/ resolver=\[?([^\s\]]+)\]?:(\d+)/g),
      ([, at = "", number]) => ({ address: at, port: Number(number) }),
    ),
    api,
    dataDir,
    pid: child.pid ?? 0,
    accessKeyId,
    secretAccessKey,
    env: {
      ...process.env,
      AWS_SHARED_CREDENTIALS_FILE: join(dataDir, "credentials"),
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_PAGER: "",
    },
    log: () => log.join(""),
    kill,
    async stop() {
      await kill("SIGTERM");
      if (!keep) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
