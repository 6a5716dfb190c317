import { request as httpRequest } from "node:http";
import { discoverSocketDefault } from "../base/discover-socket.ts";
import { CommandFailure, optional } from "./command.ts";
import type { Command, Invocation } from "./command.ts";
import { readJson } from "./connection.ts";

type Drained = {
  container: string;
  name: string;
  instances: number;
  ttlSeconds: number;
  isCutShort: boolean;
};

const options = { control: { type: "string" }, timeout: { type: "string" } } as const;
const optionHelp = {
  control: `socket of the watcher (default: SIGNPOST_CONTROL, or ${discoverSocketDefault})`,
  timeout: "seconds to wait at most (default: 120)",
};

const discoverDrain: Command = {
  words: "discover drain",
  usage: "CONTAINER…",
  help: "Takes containers out of their services; returns when they may stop.",
  example: "bin/signpost discover drain web && docker stop web",
  options,
  optionHelp,
  async run(invocation) {
    const drained = await order<Drained>(invocation, "drain");
    const lines = drained.map(({ name, instances, ttlSeconds, isCutShort }) => {
      const waited = isCutShort ? `not all of ${ttlSeconds} s waited for` : `TTL ${ttlSeconds} s`;
      return `drained ${name}: ${instances} instances, ${waited}`;
    });
    invocation.print(drained, lines.join("\n"));
  },
};

const discoverResume: Command = {
  words: "discover resume",
  usage: "CONTAINER…",
  help: "Takes back a drain: the containers are registered again.",
  example: "bin/signpost discover resume web",
  options,
  optionHelp,
  async run(invocation) {
    const resumed = await order<{ resumed: string }>(invocation, "resume");
    invocation.print(resumed, resumed.map(({ resumed: name }) => `resumed ${name}`).join("\n"));
  },
};

export const discoverCommands: readonly Command[] = [discoverDrain, discoverResume];

type Order = "drain" | "resume";

/** Tells the watcher of this machine about all containers at once, and waits for all. */
async function order<T>(invocation: Invocation, what: Order): Promise<T[]> {
  const names = invocation.positionals;
  if (names.length === 0) throw new CommandFailure("container is missing", "usage");
  const given = optional(invocation.options, "control") ?? invocation.env["SIGNPOST_CONTROL"];
  const socketPath = given || discoverSocketDefault;
  const timeoutMs = readTimeout(optional(invocation.options, "timeout") ?? "120");
  const signal = AbortSignal.timeout(timeoutMs);
  const answers = await Promise.allSettled(
    names.map(async (name) => await post<T>({ socketPath, name, what, signal })),
  );
  return answers.map((answer, index) => {
    if (answer.status === "fulfilled") return answer.value;
    if (!signal.aborted) throw answer.reason;
    const message = `Cannot ${what} ${names[index]}: not done in ${timeoutMs / 1000} s`;
    throw new CommandFailure(message, "refused");
  });
}

type Post = { socketPath: string; name: string; what: Order; signal: AbortSignal };

function post<T>({ socketPath, name, what, signal }: Post): Promise<T> {
  const path = `/containers/${encodeURIComponent(name)}/${what}`;
  const headers = { host: "discover" };
  return new Promise<T>((resolve, reject) => {
    const request = httpRequest({ socketPath, path, method: "POST", headers, signal });
    request.on("response", (response) => readJson<T>(response).then(resolve, reject));
    request.on("error", (error: NodeJS.ErrnoException) => {
      const why = error.code ?? error.message;
      const message =
        `Cannot reach the container watcher at ${socketPath}: ${why}; start it with` +
        " `bin/signpost discover docker`, or name its socket with --control";
      reject(new CommandFailure(message, "unreachable"));
    });
    request.end();
  });
}

function readTimeout(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) > 0) return Number(text) * 1000;
  throw new CommandFailure(`--timeout ${text} is no number of seconds`, "usage");
}
