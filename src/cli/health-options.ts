import type { ParseArgsOptionsConfig } from "node:util";
import { CommandFailure, optional } from "./command.ts";
import type { Options } from "./command.ts";

/** Options of a check's extension: those of `health set` and `health create`. */
export const extensionOptions: ParseArgsOptionsConfig = {
  interval: { type: "string" },
  locations: { type: "string" },
  votes: { type: "string" },
  up: { type: "string" },
  down: { type: "string" },
  "response-time": { type: "string" },
};

export const extensionHelp: Readonly<Record<string, string>> = {
  interval: "seconds between probes from one location, 1 to 300",
  locations: "names of the locations that probe it, or `all`",
  votes: "healthy by more than this share (`30%`) or at least this many (`2`) locations",
  up: "successes in a row that make it healthy at a location",
  down: "failures in a row that make it unhealthy at a location",
  "response-time": "milliseconds; a slower HTTP answer is a failure",
};

/** Members of an extension that the options give; `null` takes one away. */
export function readExtensionOptions(options: Options): Record<string, unknown> {
  const locations = optional(options, "locations");
  const given = {
    intervalSeconds: number(options, "interval"),
    locations: locations === "all" ? null : locations?.split(",").map((name) => name.trim()),
    votes: readVotes(optional(options, "votes")),
    upThreshold: number(options, "up"),
    downThreshold: number(options, "down"),
    responseTimeMaxMs: number(options, "response-time"),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function number(options: Options, name: string): number | undefined {
  const text = optional(options, name);
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new CommandFailure(`--${name} ${text} is no number`, "usage");
}

function readVotes(text: string | undefined): object | null | undefined {
  if (text === undefined) return undefined;
  if (text === "default") return null;
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  if (digits === undefined) throw new CommandFailure(`--votes ${text} is not 30% or 2`, "usage");
  return percent === "%" ? { share: Number(digits) / 100 } : { count: Number(digits) };
}

/** What is checked: one of these says it. */
export const kindOptions: ParseArgsOptionsConfig = {
  http: { type: "string" },
  search: { type: "string" },
  tcp: { type: "string" },
  rtt: { type: "string" },
  dns: { type: "string" },
  grpc: { type: "string" },
  "tls-expiry": { type: "string" },
  heartbeat: { type: "string" },
  script: { type: "string" },
  expression: { type: "string" },
};

export const kindHelp: Readonly<Record<string, string>> = {
  http: "URL, http:// or https://",
  search: "text that the body must have (with --http)",
  tcp: "HOST:PORT that takes connections",
  rtt: "HOST:PORT,MS: connects within so many milliseconds",
  dns: "NAME@HOST[:PORT]: a name server that answers",
  grpc: "HOST:PORT[/SERVICE]: gRPC health protocol",
  "tls-expiry": "HOST[:PORT],DAYS: a certificate good for so long",
  heartbeat: "seconds within which `health beat` must come",
  script: "HOST:PORT,COMMAND: run by the checkers, which must allow it",
  expression: "such as `api AND (db OR cache)`, of names or ids of checks",
};

type Base = { config?: Record<string, unknown>; extension?: Record<string, unknown> };

/** Settings of the check that the options ask for. @throws CommandFailure */
export function readKind(options: Options): Base {
  const kinds = Object.keys(kindReaders).filter((name) => optional(options, name) !== undefined);
  const [kind, other] = kinds;
  if (kind === undefined || other !== undefined) {
    throw new CommandFailure(
      `one of --${Object.keys(kindReaders).join(", --")} is needed`,
      "usage",
    );
  }
  return (kindReaders[kind] as KindReader)(optional(options, kind) ?? "", options);
}

type KindReader = (text: string, options: Options) => Base;

const kindReaders: Readonly<Record<string, KindReader>> = {
  http: readHttp,
  tcp: (text) => ({ config: { type: "TCP", ...endpoint(text) } }),
  rtt(text) {
    const [target, ms] = pair(text, "--rtt HOST:PORT,MS");
    return {
      config: endpoint(target),
      extension: { probe: { kind: "rtt", rttMaxMs: Number(ms) } },
    };
  },
  dns(text) {
    const [, qname = "", server = ""] = /^([^@]+)@(.+)$/.exec(text) ?? [];
    if (qname === "") throw new CommandFailure(`--dns ${text} is not NAME@HOST`, "usage");
    return { config: endpoint(server, 53), extension: { probe: { kind: "dns", qname } } };
  },
  grpc(text) {
    const [target = "", service = ""] = text.split("/");
    return { config: endpoint(target), extension: { probe: { kind: "grpc", service } } };
  },
  "tls-expiry": (text) => {
    const [target, days] = pair(text, "--tls-expiry HOST,DAYS");
    const probe = { kind: "tls-expiry", daysMin: Number(days) };
    return { config: endpoint(target, 443), extension: { probe } };
  },
  heartbeat: (text) => ({
    extension: { probe: { kind: "heartbeat", everySeconds: Number(text) } },
  }),
  script(text) {
    const [target, line] = pair(text, "--script HOST:PORT,COMMAND");
    const [command = "", ...args] = line.trim().split(/\s+/);
    return { config: endpoint(target), extension: { probe: { kind: "script", command, args } } };
  },
  expression: (expression) => ({ extension: { expression } }),
};

function readHttp(text: string, options: Options): Base {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CommandFailure(`--http ${text} is no http or https URL`, "usage");
  }
  const isTls = url.protocol === "https:";
  const search = optional(options, "search");
  const scheme = isTls ? "HTTPS" : "HTTP";
  return {
    config: {
      type: search === undefined ? scheme : `${scheme}_STR_MATCH`,
      ...hostMember(url.hostname.replace(/^\[(.*)\]$/, "$1")),
      port: Number(url.port) || (isTls ? 443 : 80),
      resourcePath: url.pathname + url.search,
      ...(search === undefined ? {} : { searchString: search }),
    },
  };
}

function pair(text: string, form: string): [string, string] {
  const comma = text.indexOf(",");
  if (comma > 0) return [text.slice(0, comma), text.slice(comma + 1)];
  throw new CommandFailure(`${text} is not of the form ${form}`, "usage");
}

/** `HOST:PORT`, `[IPV6]:PORT`, or `HOST` where there is a port to go by. */
function endpoint(text: string, portDefault?: number): Record<string, unknown> {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? portDefault : Number(digits);
  if (host !== undefined && port !== undefined) return { ...hostMember(host), port };
  throw new CommandFailure(`${text} is not HOST:PORT`, "usage");
}

function hostMember(host: string): Record<string, string> {
  const isAddress = /^[\d.]+$/.test(host) || host.includes(":");
  return isAddress ? { ipAddress: host } : { fullyQualifiedDomainName: host };
}
