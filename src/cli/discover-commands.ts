import { request as httpRequest } from "node:http";
import { discoverSocketDefault } from "../base/discover-socket.ts";
import { CommandFailure, onePositional, optional } from "./command.ts";
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
  usage: "CONTAINER",
  help: "Takes a container out of its services; returns when it may stop.",
  example: "bin/signpost discover drain web && docker stop web",
  options,
  optionHelp,
  async run(invocation) {
    const name = onePositional(invocation, "container");
    const drained = await order<Drained>(invocation, { name, what: "drain" });
    const { instances, ttlSeconds, isCutShort } = drained;
    const waited = isCutShort ? `not all of ${ttlSeconds} s waited for` : `TTL ${ttlSeconds} s`;
    invocation.print(drained, `drained ${drained.name}: ${instances} instances, ${waited}`);
  },
};

const discoverResume: Command = {
  words: "discover resume",
  usage: "CONTAINER",
  help: "Takes back a drain: the container is registered again.",
  example: "bin/signpost discover resume web",
  options,
  optionHelp,
  async run(invocation) {
    const name = onePositional(invocation, "container");
    const resumed = await order(invocation, { name, what: "resume" });
    invocation.print(resumed, `resumed ${name}`);
  },
};

export const discoverCommands: readonly Command[] = [discoverDrain, discoverResume];

/** Tells the watcher of this machine, and waits until it has done it. */
async function order<T>(
  invocation: Invocation,
  { name, what }: { name: string; what: "drain" | "resume" },
): Promise<T> {
  const given = optional(invocation.options, "control") ?? invocation.env["SIGNPOST_CONTROL"];
  const socketPath = given || discoverSocketDefault;
  const timeoutMs = readTimeout(optional(invocation.options, "timeout") ?? "120");
  const signal = AbortSignal.timeout(timeoutMs);
  const path = `/containers/${encodeURIComponent(name)}/${what}`;
  const headers = { host: "discover" };
  return await new Promise<T>((resolve, reject) => {
    const request = httpRequest({ socketPath, path, method: "POST", headers, signal });
    request.on("response", (response) => readJson<T>(response).then(resolve, reject));
    request.on("error", (error: NodeJS.ErrnoException) => {
      if (signal.aborted) {
        const message = `Cannot ${what} ${name}: not done in ${timeoutMs / 1000} s`;
        return reject(new CommandFailure(message, "refused"));
      }
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
