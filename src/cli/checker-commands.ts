import { onePositional } from "./command.ts";
import type { Command } from "./command.ts";
import { connectionOf, readJson, send } from "./connection.ts";
import { columns } from "./columns.ts";

/** What the API answers; see src/health/checker/checker-desk.ts. */
type CheckerLocation = {
  location: string;
  region: string | null;
  address: string | null;
  live: boolean;
  lastSeenAtMs: number;
  listVersion: number;
  listVersionWanted: number;
  checkCount: number;
  probesPerSecond: number;
  lagMs: number;
};

const checkerList: Command = {
  words: "checkers",
  usage: "",
  help: "Lists the locations that health checks run at, and how each is doing.",
  example: "bin/signpost checkers --json",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const response = await send(connectionOf(invocation), { method: "GET", path: "checkers" });
    const { checkers } = await readJson<{ checkers: CheckerLocation[] }>(response);
    const head = ["LOCATION", "REGION", "FROM", "STATE", "CHECKS", "PROBES/S", "LAG", "LIST"];
    invocation.print(checkers, columns([head, ...checkers.map(row)]).join("\n"));
  },
};

function row(checker: CheckerLocation): string[] {
  const { location, region, address, live, lastSeenAtMs } = checker;
  const seen = lastSeenAtMs === 0 ? "never seen" : `since ${new Date(lastSeenAtMs).toISOString()}`;
  const isCurrent = checker.listVersion === checker.listVersionWanted;
  return [
    location,
    region ?? "-",
    address ?? "this process",
    live ? "live" : `silent, ${seen}`,
    String(checker.checkCount),
    String(checker.probesPerSecond),
    `${checker.lagMs} ms`,
    isCurrent ? "current" : "old",
  ];
}

const checkerForget: Command = {
  words: "checkers forget",
  usage: "LOCATION",
  help: "Forgets a location whose checker is gone for good.",
  example: "bin/signpost checkers forget tokyo",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const location = onePositional(invocation, "LOCATION");
    const path = `checkers/${encodeURIComponent(location)}`;
    await readJson(await send(connectionOf(invocation), { method: "DELETE", path }));
    invocation.print({ forgotten: location }, `forgot ${location}`);
  },
};

/** The longer words first: they are tried in this order. */
export const checkerCommands: readonly Command[] = [checkerForget, checkerList];
