import { columns } from "./columns.ts";
import { CommandFailure, optional } from "./command.ts";
import type { Command, Invocation } from "./command.ts";
import { connectionOf, readJson, send } from "./connection.ts";

/** What the API answers; see src/api/signpost/explanation.ts. */
type Explanation = {
  question: { name: string; type: string; at: string };
  hostedZone: { id: string; name: string };
  client: { network: string; why: string };
  place?: {
    continent: string;
    country: string;
    subdivision: string;
    latitude?: number;
    longitude?: number;
    source: string;
  };
  groups: Group[];
  answer: {
    responseCode: string;
    records: { name: string; type: string; ttl: number; value: string }[];
    ttlOrigin?: string;
    scope?: number;
  };
};

type Group = {
  set: string;
  depth: number;
  policy: string;
  failOpen: boolean;
  failMode?: string;
  extension?: string;
  candidates: {
    id: string;
    target: string;
    criterion: string;
    health: string;
    verdict: string;
    why: string;
  }[];
};

export const explainCommand: Command = {
  words: "explain",
  usage: "NAME TYPE [--client CIDR] [--at TIME]",
  help: "Shows how a question is answered for a client: what was looked at, and why it was chosen.",
  example: "bin/signpost explain www.example.com A --client 98.113.1.0/24",
  options: { client: { type: "string" }, at: { type: "string" } },
  optionHelp: {
    client: "the client's network, as a resolver would send it (EDNS Client Subnet)",
    at: "when it is asked, such as 2026-11-22T17:30:00-05:00 (default: now)",
  },
  async run(invocation) {
    const query = readQuery(invocation);
    const response = await send(connectionOf(invocation), {
      method: "GET",
      path: "explain",
      query,
    });
    const explanation = await readJson<Explanation>(response);
    invocation.print(explanation, describe(explanation));
  },
};

function readQuery({ positionals, options }: Invocation): Record<string, string> {
  const [name, type = "A", ...rest] = positionals;
  if (name === undefined) throw new CommandFailure("NAME is missing", "usage");
  if (rest.length > 0) throw new CommandFailure(`NAME and TYPE are enough: ${rest[0]}`, "usage");
  const client = optional(options, "client");
  const at = optional(options, "at");
  return { name, type, ...(client ? { client } : {}), ...(at ? { at } : {}) };
}

function describe({ question, hostedZone, client, place, groups, answer }: Explanation): string {
  return [
    `question  ${question.name} ${question.type} at ${question.at}`,
    `zone      ${hostedZone.name} (${hostedZone.id})`,
    `client    ${client.network}: ${client.why}`,
    ...(place ? [`place     ${placeText(place)}`] : []),
    ...groups.flatMap(describeGroup),
    "",
    ...describeAnswer(answer),
  ].join("\n");
}

function placeText(place: NonNullable<Explanation["place"]>): string {
  const { continent, country, subdivision, latitude, longitude, source } = place;
  const codes = [continent, country, subdivision].filter((code) => code !== "").join(" ");
  const point = latitude === undefined ? "" : `, ${latitude} ${longitude}`;
  return `${codes || "unknown"}${point} (${source})`;
}

const marks: Readonly<Record<string, string>> = { taken: "→", "passed over": "✗" };

function describeGroup(group: Group): string[] {
  const { set, depth, policy, failOpen, failMode, extension, candidates } = group;
  const rows = candidates.map(({ id, target, criterion, health, verdict, why }) => {
    return [marks[verdict] ?? " ", id, target, criterion, health, `${verdict}: ${why}`];
  });
  const indent = "  ".repeat(depth);
  const notes = [
    ...(extension === undefined ? [] : [extension]),
    ...(failMode === undefined ? [] : [`fail mode ${failMode}`]),
    ...(failOpen ? ["none is healthy, so all count as healthy"] : []),
  ];
  return [
    "",
    [`${indent}${set}, ${policy}`, ...notes].join("; "),
    ...columns(rows).map((line) => `${indent}  ${line}`),
  ];
}

function describeAnswer({ responseCode, records, ttlOrigin, scope }: Explanation["answer"]) {
  const rows = records.map(({ name, type, ttl, value }) => [name, String(ttl), type, value]);
  return [
    `answer    ${responseCode}${records.length === 0 ? ", no records" : ""}`,
    ...columns(rows).map((line) => `  ${line}`),
    ...(ttlOrigin ? [`ttl       ${ttlOrigin}`] : []),
    ...(scope === undefined ? [] : [`scope     /${scope} (EDNS Client Subnet)`]),
  ];
}
