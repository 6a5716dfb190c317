import { readFileSync } from "node:fs";
import { CommandFailure, optional } from "./command.ts";
import type { Command, Invocation } from "./command.ts";
import { connectionOf, readJson, send } from "./connection.ts";
import type { OwnRequest } from "./connection.ts";

type RecordExtension = {
  hostedZoneId: string;
  name: string;
  type: string;
  extension: Record<string, unknown>;
  inUse: boolean;
  whyUnused?: string;
  missingSets: string[];
  leftOutSets: string[];
};

const zoneOption = { zone: { type: "string" } } as const;
const zoneHelp = "id of the hosted zone (default: the one served that NAME lies in)";

const recordExtend: Command = {
  words: "record extend",
  usage: "NAME TYPE [--sticky | --ranks A,B,…] [--fail-mode MODE] | NAME TYPE --file FILE",
  help: "Has the record sets of one name and type answer in ways that Route 53 does not have.",
  example: "bin/signpost record extend www.example.com A --ranks blue,green,red --fail-mode closed",
  options: {
    ...zoneOption,
    sticky: { type: "boolean" },
    ranks: { type: "string" },
    "fail-mode": { type: "string" },
    file: { type: "string" },
  },
  optionHelp: {
    zone: zoneHelp,
    sticky: "always the same set for a client's network, by the sets' weights",
    ranks: "set identifiers in order: the first that is healthy answers",
    "fail-mode": "where none is healthy: open (as if all were), closed (no answer) or geofence",
    file: "JSON of an extension: any rule of docs/record-extensions.md",
  },
  async run(invocation) {
    const body = readExtension(invocation);
    const response = await request(invocation, "PUT", { body });
    const { recordExtension, change } = await readJson<{
      recordExtension: RecordExtension;
      change: { id: string };
    }>(response);
    const text = `${describe(recordExtension)}\nchange   ${change.id}`;
    invocation.print({ recordExtension, change }, text);
  },
};

function readExtension({ options }: Invocation): string {
  const file = optional(options, "file");
  const ranks = optional(options, "ranks");
  const failMode = optional(options, "fail-mode");
  const isSticky = options["sticky"] === true;
  const rules = [file !== undefined, ranks !== undefined, isSticky].filter(Boolean).length;
  if (rules > 1 || (file !== undefined && failMode !== undefined)) {
    throw new CommandFailure("--sticky, --ranks and --file do not go together", "usage");
  }
  if (file !== undefined) return readText(file);
  if (rules === 0 && failMode === undefined) {
    const wanted = "--sticky, --ranks, --fail-mode or --file";
    throw new CommandFailure(`one of ${wanted} is needed`, "usage");
  }
  return JSON.stringify({
    ...(isSticky ? { RuleType: "sticky" } : {}),
    ...(ranks === undefined ? {} : { RuleType: "failover", Ranks: ranksOf(ranks) }),
    ...(failMode === undefined ? {} : { FailMode: failMode }),
  });
}

function ranksOf(text: string): { SetIdentifier: string }[] {
  return text.split(",").map((part) => ({ SetIdentifier: part.trim() }));
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandFailure(`Cannot read ${file}: ${(error as Error).message}`, "refused");
  }
}

const recordList: Command = {
  words: "record list",
  usage: "[--zone ID]",
  help: "Lists what `record extend` has done, and whether it is in use.",
  example: "bin/signpost record list",
  options: zoneOption,
  optionHelp: { zone: "id of a hosted zone (default: all)" },
  async run(invocation) {
    const zone = optional(invocation.options, "zone");
    const response = await send(connectionOf(invocation), {
      method: "GET",
      path: "record-extensions",
      query: zone ? { zone } : {},
    });
    const { recordExtensions } = await readJson<{ recordExtensions: RecordExtension[] }>(response);
    invocation.print(recordExtensions, recordExtensions.map(describe).join("\n\n"));
  },
};

const recordShow: Command = {
  words: "record show",
  usage: "NAME TYPE",
  help: "Shows how record sets were extended, and whether that is in use.",
  example: "bin/signpost record show www.example.com A",
  options: zoneOption,
  optionHelp: { zone: zoneHelp },
  async run(invocation) {
    const response = await request(invocation, "GET");
    const { recordExtensions } = await readJson<{ recordExtensions: RecordExtension[] }>(response);
    const [extension] = recordExtensions;
    if (extension) invocation.print(extension, describe(extension));
  },
};

const recordReset: Command = {
  words: "record reset",
  usage: "NAME TYPE",
  help: "Takes an extension away: the record sets answer in Route 53's way again.",
  example: "bin/signpost record reset www.example.com A",
  options: zoneOption,
  optionHelp: { zone: zoneHelp },
  async run(invocation) {
    const response = await request(invocation, "DELETE");
    const { change } = await readJson<{ change: { id: string } }>(response);
    const [name, type] = invocation.positionals;
    invocation.print({ change }, `reset    ${name} ${type ?? "A"}\nchange   ${change.id}`);
  },
};

/** A request about the record sets that the positionals name. */
function request(
  invocation: Invocation,
  method: OwnRequest["method"],
  more: { body?: string } = {},
): ReturnType<typeof send> {
  const [name, type = "A", ...rest] = invocation.positionals;
  if (name === undefined) throw new CommandFailure("NAME is missing", "usage");
  if (rest.length > 0) throw new CommandFailure(`NAME and TYPE are enough: ${rest[0]}`, "usage");
  const zone = optional(invocation.options, "zone");
  const query = { name, type, ...(zone ? { zone } : {}) };
  return send(connectionOf(invocation), { method, path: "record-extensions", query, ...more });
}

function describe(view: RecordExtension): string {
  const { name, type, extension, whyUnused, missingSets, leftOutSets } = view;
  const lines = [`record   ${name} ${type}`, `answers  ${JSON.stringify(extension)}`];
  if (whyUnused !== undefined) lines.push(`unused   ${whyUnused}`);
  if (missingSets.length > 0) lines.push(`missing  ${missingSets.join(", ")}`);
  if (leftOutSets.length > 0) lines.push(`left out ${leftOutSets.join(", ")}`);
  return lines.join("\n");
}

export const recordCommands: readonly Command[] = [
  recordExtend,
  recordList,
  recordShow,
  recordReset,
];
