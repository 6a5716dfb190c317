import type { Command } from "./command.ts";
import { connectionOf, readJson, send } from "./connection.ts";

type Status = {
  version: string;
  uptimeSeconds: number;
  dns: string[];
  resolver: string[];
  api: string;
  hostedZones: number;
  /** Sequence number of the newest entry, and the one that every answering worker serves. */
  log: { head: number; served: number };
  workers: { wanted: number; live: number; restarts: number };
  healthy: boolean;
  problems: string[];
};

export const statusCommand: Command = {
  words: "status",
  usage: "",
  help: "Shows what a running Signpost serves and how it is; exits 1 when it is not well.",
  example: "bin/signpost status --json",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const response = await send(connectionOf(invocation), { method: "GET", path: "status" });
    const status = await readJson<Status>(response);
    const lines = [
      `signpost ${status.version}, up ${status.uptimeSeconds} s`,
      `dns      ${status.dns.join(" ")}`,
      `api      ${status.api}`,
      ...(status.resolver.length > 0 ? [`resolver ${status.resolver.join(" ")}`] : []),
      `zones    ${status.hostedZones}`,
      `changes  ${status.log.head}, served ${status.log.served}`,
      `workers  ${status.workers.live} of ${status.workers.wanted}`,
      `health   ${status.healthy ? "good" : "not good"}`,
      ...status.problems.map((problem) => `  ${problem}`),
    ];
    invocation.print(status, lines.join("\n"));
    if (!status.healthy) process.exitCode = 1;
  },
};
