import { setTimeout as sleep } from "node:timers/promises";
import { call } from "./call.ts";
import { CommandFailure, onePositional, optional } from "./command.ts";
import type { Command, Invocation } from "./command.ts";
import {
  extensionHelp,
  extensionOptions,
  kindHelp,
  kindOptions,
  readExtensionOptions,
  readKind,
} from "./health-options.ts";
import { checkDetails, checkTable, eventLine } from "./health-text.ts";
import type { Check, Event } from "./health-text.ts";

const healthList: Command = {
  words: "health",
  usage: "",
  help: "Lists the health checks: what each looks at, its status, the votes for it, since when.",
  example: "bin/signpost health --json",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const [word] = invocation.positionals;
    if (word !== undefined) throw new CommandFailure(`there is no health ${word}`, "usage");
    const checks = await allChecks(invocation);
    invocation.print(checks, checks.length === 0 ? "no health checks" : checkTable(checks));
  },
};

async function allChecks(
  invocation: Invocation,
  filter: Record<string, string> = {},
): Promise<Check[]> {
  type Page = { healthChecks: Check[]; nextMarker?: string };
  const checks: Check[] = [];
  let marker = "";
  do {
    const query = { ...filter, maxItems: "1000", ...(marker === "" ? {} : { marker }) };
    const page = await call<Page>(invocation, { method: "GET", path: "health-checks", query });
    checks.push(...page.healthChecks);
    marker = page.nextMarker ?? "";
  } while (marker !== "");
  return checks;
}

/** The id of the check that a positional names: by id, or by its tag `Name`. */
async function checkId(invocation: Invocation): Promise<string> {
  const wanted = onePositional(invocation, "ID");
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(wanted)) return wanted;
  const named = await allChecks(invocation, { name: wanted });
  const [check, other] = named;
  if (check && !other) return check.id;
  const why = check ? `${named.length} health checks have that name` : "no health check has it";
  throw new CommandFailure(`Cannot find health check ${wanted}: ${why}`, "refused");
}

const healthShow: Command = {
  words: "health show",
  usage: "ID|NAME",
  help: "Shows all that is known of a health check: what each location has found, and when.",
  example: "bin/signpost health show 9b1f8a52-5c1e-4a0f-8d44-0c7c3f6f2a10",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const path = `health-checks/${await checkId(invocation)}`;
    const check = await call<Check>(invocation, { method: "GET", path });
    invocation.print(check, checkDetails(check));
  },
};

const healthCreate: Command = {
  words: "health create",
  usage: "--name NAME --http URL | --tcp HOST:PORT | …",
  help: "Creates a health check of any kind, Route 53's or Signpost's own.",
  example: "bin/signpost health create --name api --http http://192.0.2.1:8080/status --interval 1",
  options: { name: { type: "string" }, ...kindOptions, ...extensionOptions },
  optionHelp: { name: "its tag Name", ...kindHelp, ...extensionHelp },
  async run(invocation) {
    const { options } = invocation;
    const name = optional(options, "name");
    const { config, extension } = readKind(options);
    const members = { ...extension, ...withoutNull(readExtensionOptions(options)) };
    const body = {
      ...(name === undefined ? {} : { name }),
      ...(config && { config }),
      ...(Object.keys(members).length === 0 ? {} : { extension: members }),
    };
    const check = await call<Check>(invocation, { method: "POST", path: "health-checks", body });
    invocation.print(check, check.id);
  },
};

function withoutNull(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

const healthSet: Command = {
  words: "health set",
  usage: "ID|NAME [--interval S] [--locations A,B] …",
  help: "Changes what Signpost adds to a health check: interval, locations, votes, thresholds.",
  example: "bin/signpost health set api --interval 1 --locations tokyo,london --votes 50%",
  options: { ...extensionOptions, expression: { type: "string" }, plain: { type: "boolean" } },
  optionHelp: {
    ...extensionHelp,
    expression: "what a calculated check is healthy by",
    plain: "takes all of it away: the check is as Route 53 has it",
  },
  async run(invocation) {
    const { options } = invocation;
    const expression = optional(options, "expression");
    const given = readExtensionOptions(options);
    const body = { ...given, ...(expression === undefined ? {} : { expression }) };
    const isPlain = options["plain"] === true;
    if (isPlain === Object.keys(body).length > 0) {
      throw new CommandFailure("either --plain or something to set is needed", "usage");
    }
    const path = `health-checks/${await checkId(invocation)}/extension`;
    const change = isPlain ? { method: "DELETE" as const } : { method: "PATCH" as const, body };
    const check = await call<Check>(invocation, { ...change, path });
    invocation.print(check, checkDetails(check));
  },
};

const healthDelete: Command = {
  words: "health delete",
  usage: "ID|NAME",
  help: "Deletes a health check; record sets that name it count as healthy from then on.",
  example: "bin/signpost health delete api",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const id = await checkId(invocation);
    await call(invocation, { method: "DELETE", path: `health-checks/${id}` });
    invocation.print({ deleted: id }, `deleted ${id}`);
  },
};

const healthBeat: Command = {
  words: "health beat",
  usage: "ID|NAME",
  help: "Tells a heartbeat check that its service is well.",
  example: "bin/signpost health beat nightly-backup",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const id = await checkId(invocation);
    await call(invocation, { method: "POST", path: `heartbeats/${id}` });
    invocation.print({ beat: id }, `heard of ${id}`);
  },
};

/** How often new events are asked for. */
const followIntervalMs = 500;

const healthEvents: Command = {
  words: "health events",
  usage: "[--check ID] [--limit N] [--follow]",
  help: "Shows who saw what and when, and which statuses and record sets changed because of it.",
  example: "bin/signpost health events --follow",
  options: {
    check: { type: "string" },
    limit: { type: "string" },
    follow: { type: "boolean", short: "f" },
  },
  optionHelp: {
    check: "id of a health check: only its events",
    limit: "how many at most (default: 100)",
    follow: "goes on with new ones until it is stopped; with --json an object a line",
  },
  async run(invocation) {
    const { options } = invocation;
    const check = optional(options, "check");
    const query = {
      ...(check === undefined ? {} : { check }),
      maxItems: optional(options, "limit") ?? "100",
    };
    const events = await readEvents(invocation, query);
    if (options["follow"] !== true) {
      invocation.print(events, events.map(eventLine).join("\n"));
      return;
    }
    const line = options["json"] === true ? (event: Event) => JSON.stringify(event) : eventLine;
    await follow(invocation, { query, events, line });
  },
};

async function readEvents(invocation: Invocation, query: Record<string, string>): Promise<Event[]> {
  const path = "health-events";
  return (await call<{ events: Event[] }>(invocation, { method: "GET", path, query })).events;
}

async function follow(
  invocation: Invocation,
  from: { query: Record<string, string>; events: Event[]; line: (event: Event) => string },
): Promise<never> {
  const { query, line } = from;
  let { events } = from;
  let last = "";
  for (;;) {
    for (const event of events) process.stdout.write(`${line(event)}\n`);
    last = events.at(-1)?.id ?? last;
    if (events.length === 0) await sleep(followIntervalMs);
    events = await readEvents(invocation, last === "" ? query : { ...query, after: last });
  }
}

/** `health` itself comes last: its word begins all the others. */
export const healthCommands: readonly Command[] = [
  healthShow,
  healthCreate,
  healthSet,
  healthDelete,
  healthBeat,
  healthEvents,
  healthList,
];
