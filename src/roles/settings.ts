import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { awsQuotas } from "../api/route53/quotas.ts";
import type { LimitName } from "../api/route53/quotas.ts";
import { parseCidr } from "../base/ip.ts";
import type { Cidr } from "../base/ip.ts";
import {
  busyPollUsMax,
  coalesceUsMax,
  customHealthHoldMaxSeconds,
  ownLocationCountMax,
  udpPayloadSizeDefault,
  udpPayloadSizeMin,
  workerCountMax,
} from "../base/limits.ts";
import { ttlMax } from "../dns/wire/ttl.ts";
import type { PacketIo } from "../dataplane/server/open-tasks.ts";
import type { Endpoint } from "../dataplane/server/socket-address.ts";
import type { LocationName } from "../health/checker/checker-desk.ts";
import { LocationNameError, parseLocation } from "../health/checker/location-name.ts";
import { readOptions, variableOf } from "./command-options.ts";
import { readResolverSettings, resolverRules } from "./resolver-settings.ts";
import type { ResolverSettings } from "./resolver-settings.ts";
import { SettingsError, oneOf, parseEndpoint, wholeNumber } from "./setting-values.ts";
import type { SettingRule } from "./setting-values.ts";

export type Settings = {
  data: string;
  dns: Endpoint[];
  api: Endpoint;
  io: PacketIo;
  workers: number;
  nsid: string;
  udpPayloadSizeMax: number;
  /** `undefined`: what suits the driver. */
  coalesceUs: number | undefined;
  pinWorkers: boolean;
  busyPollUs: number;
  tcpIdleTimeoutMs: number;
  tcpConnectionsMax: number;
  tcpConnectionsPerClientMax: number;
  nameServers: string[];
  account: string;
  limits: Partial<Record<LimitName, number>>;
  /** Whether the ids of VPCs that were never created are taken. */
  acceptUnknownVpcs: boolean;
  /** Where ImportFirewallDomains may read files. */
  firewallImportDirectory: string | undefined;
  healthAllow: Cidr[];
  /** Those of this process. */
  locations: LocationName[];
  scriptsAllowed: boolean;
  healthEvents: string;
  /** Seconds. */
  negativeTtl: number;
  /** Seconds. */
  customHealthHold: number;
  queryLogs: string;
  resolver: ResolverSettings;
  logLevel: "debug" | "info" | "warn" | "error";
};

/** Every setting of `signpost up`: a flag, an environment variable and a line of a file. */
export const settingRules = {
  data: { fallback: "signpost-data", help: "directory of everything Signpost keeps" },
  dns: { fallback: "127.0.0.1:5300", help: "address to answer DNS on; may repeat", list: true },
  api: { fallback: "127.0.0.1:8053", help: "address of the API, of /metrics and of /healthz" },
  io: {
    fallback: "auto",
    help: "packet driver: auto, mmsg (Linux), xdp:IFACE or dgram (portable)",
  },
  workers: { fallback: "", help: "answering threads (default: one a core)" },
  nsid: { fallback: "", help: "name of this server, told to who asks for it (RFC 5001)" },
  "udp-payload-size": {
    fallback: String(udpPayloadSizeDefault),
    help: "largest UDP answer in octets (512 to 4096)",
  },
  "coalesce-us": {
    fallback: "",
    help: "microseconds that queries may gather under load (default: mmsg 100, xdp 200)",
  },
  "pin-workers": {
    fallback: "no",
    help: "whether each answering thread keeps to a core of its own (mmsg): yes or no",
  },
  "busy-poll-us": {
    fallback: "0",
    help: "microseconds that a thread polls the network card itself before it sleeps (mmsg)",
  },
  "tcp-idle-timeout": { fallback: "10", help: "seconds a TCP connection may be silent" },
  "tcp-connections": { fallback: "1000", help: "most TCP connections at once" },
  "tcp-connections-per-client": { fallback: "100", help: "most of them from one address" },
  "name-servers": {
    fallback: "",
    help: "four names for the NS set of new zones (default: made for each zone)",
    list: true,
  },
  account: { fallback: "000000000000", help: "account number shown in ARNs and owners" },
  limits: {
    fallback: "",
    help: "quotas to enforce, such as MAX_HOSTED_ZONES_BY_OWNER=500; may repeat",
    list: true,
  },
  "unknown-vpcs": {
    fallback: "refuse",
    help: "what becomes of ids of VPCs that were never created: refuse or accept",
  },
  "firewall-import-directory": {
    fallback: "",
    help: "directory whose files ImportFirewallDomains may read (default: none)",
  },
  "health-allow": {
    fallback: "",
    help: "private or local networks (CIDR) that health checks may be sent to",
    list: true,
  },
  location: {
    fallback: "local",
    help: "where health checks run in this process: NAME or NAME=REGION, or none; may repeat",
    list: true,
  },
  "allow-scripts": {
    fallback: "no",
    help: "whether health checks may run programs on this machine: yes or no",
  },
  "health-events": {
    fallback: "",
    help: "directory of the log of health events (default: health-events in data)",
  },
  "discovery-negative-ttl": {
    fallback: "5",
    help: "seconds that negative answers of a Cloud Map namespace are kept, unless it says so",
  },
  "custom-health-hold": {
    fallback: "0",
    help: "seconds until a custom health status takes effect (AWS: 30)",
  },
  "query-logs": { fallback: "", help: "directory of query logs (default: query-logs in data)" },
  ...resolverRules,
  "log-level": { fallback: "info", help: "debug, info, warn or error" },
} as const satisfies Record<string, SettingRule>;

type SettingName = keyof typeof settingRules;
const names = Object.keys(settingRules) as SettingName[];

/**
 * The settings of one start: a flag beats an environment variable (`SIGNPOST_LOG_LEVEL`), which
 * beats a line of the configuration file (`log-level=warn`; `--config FILE`, else
 * `signpost.conf` in the data directory where there is one), which beats the default.
 * @throws SettingsError
 */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const flags = readFlags(args);
  const environment = (name: string): string | undefined => env[variableOf(name)];
  const data = flags["data"]?.[0] ?? environment("data") ?? settingRules.data.fallback;
  const configFile = flags["config"]?.[0] ?? environment("config");
  const file = readConfigFile(configFile ?? join(data, "signpost.conf"), configFile !== undefined);
  const texts = (name: SettingName): string[] => {
    const given = flags[name]?.flatMap((text) => split(text) ?? []);
    const elsewhere = split(environment(name)) ?? split(file[name]);
    return given ?? elsewhere ?? split(settingRules[name].fallback) ?? [];
  };
  return fromTexts((name) => texts(name).at(-1) ?? "", texts, data);
}

function readFlags(args: readonly string[]): Record<string, string[] | undefined> {
  const options = Object.fromEntries(
    [...names, "config"].map((name) => [name, { type: "string", multiple: true }] as const),
  );
  return readOptions(args, options) as Record<string, string[] | undefined>;
}

function readConfigFile(path: string, mustExist: boolean): NodeJS.Dict<string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (!mustExist && (error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new SettingsError(`Cannot read configuration file ${path}: ${(error as Error).message}`);
  }
  const file = parseEnv(text);
  const unknown = Object.keys(file).filter((name) => !(names as string[]).includes(name));
  if (unknown.length > 0) {
    throw new SettingsError(`Cannot use configuration file ${path}: unknown setting ${unknown[0]}`);
  }
  return file;
}

function split(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function fromTexts(
  one: (name: SettingName) => string,
  all: (name: SettingName) => string[],
  data: string,
): Settings {
  const listen = all("dns").map((text) => parseEndpoint(text, "dns"));
  if (listen.length === 0) throw new SettingsError("Cannot use setting dns: no address given");
  const nameServers = all("name-servers");
  if (nameServers.length !== 0 && nameServers.length !== 4) {
    throw new SettingsError(`Cannot use setting name-servers: ${nameServers.length} names, not 4`);
  }
  const idleSeconds = wholeNumber("tcp-idle-timeout", one("tcp-idle-timeout"), {
    min: 1,
    max: 3600,
  });
  const range = { min: 1, max: 100_000 };
  const workers = wholeNumber("workers", one("workers") || String(availableParallelism()), {
    min: 1,
    max: workerCountMax,
  });
  return {
    data,
    dns: listen,
    api: parseEndpoint(one("api"), "api"),
    io: packetIo(one("io")),
    workers,
    nsid: one("nsid"),
    udpPayloadSizeMax: wholeNumber("udp-payload-size", one("udp-payload-size"), {
      min: udpPayloadSizeMin,
      max: 4096,
    }),
    coalesceUs: one("coalesce-us")
      ? wholeNumber("coalesce-us", one("coalesce-us"), { min: 0, max: coalesceUsMax })
      : undefined,
    pinWorkers: oneOf("pin-workers", one("pin-workers"), ["yes", "no"]) === "yes",
    busyPollUs: wholeNumber("busy-poll-us", one("busy-poll-us"), { min: 0, max: busyPollUsMax }),
    tcpIdleTimeoutMs: idleSeconds * 1000,
    tcpConnectionsMax: wholeNumber("tcp-connections", one("tcp-connections"), range),
    tcpConnectionsPerClientMax: wholeNumber(
      "tcp-connections-per-client",
      one("tcp-connections-per-client"),
      range,
    ),
    nameServers,
    account: accountNumber(one("account")),
    limits: quotas(all("limits")),
    acceptUnknownVpcs:
      oneOf("unknown-vpcs", one("unknown-vpcs"), ["refuse", "accept"]) === "accept",
    firewallImportDirectory: one("firewall-import-directory") || undefined,
    healthAllow: all("health-allow").map(readNetwork),
    locations: locations(all("location")),
    scriptsAllowed: oneOf("allow-scripts", one("allow-scripts"), ["yes", "no"]) === "yes",
    healthEvents: one("health-events") || join(data, "health-events"),
    negativeTtl: wholeNumber("discovery-negative-ttl", one("discovery-negative-ttl"), {
      min: 0,
      max: ttlMax,
    }),
    customHealthHold: wholeNumber("custom-health-hold", one("custom-health-hold"), {
      min: 0,
      max: customHealthHoldMaxSeconds,
    }),
    queryLogs: one("query-logs") || join(data, "query-logs"),
    resolver: readResolverSettings({ one, all }, { data, workers }),
    logLevel: oneOf("log-level", one("log-level"), ["debug", "info", "warn", "error"]),
  };
}

/** An interface's name has at most 15 characters (IFNAMSIZ), no slash and no space. */
function packetIo(text: string): PacketIo {
  if (/^xdp:[^\s/:]{1,15}$/.test(text)) return text as PacketIo;
  if (text.startsWith("xdp")) {
    throw new SettingsError(`Cannot use setting io: ${text} is not xdp:INTERFACE, as in xdp:eth0`);
  }
  return oneOf("io", text, ["auto", "mmsg", "dgram"]);
}

function quotas(texts: readonly string[]): Partial<Record<LimitName, number>> {
  const limits: Partial<Record<LimitName, number>> = {};
  for (const text of texts) {
    const [name = "", number = ""] = text.split("=");
    if (!(name in awsQuotas)) {
      const known = Object.keys(awsQuotas).join(", ");
      throw new SettingsError(`Cannot use setting limits: ${name} is none of ${known}`);
    }
    limits[name as LimitName] = wholeNumber("limits", number, { min: 0, max: 999_999_999 });
  }
  return limits;
}

function accountNumber(text: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw new SettingsError(`Cannot use setting account: ${text} is not a number of 12 digits`);
}

function readNetwork(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr) return cidr;
  throw new SettingsError(`Cannot use setting health-allow: ${text} is not ADDRESS/LENGTH`);
}

/** @throws SettingsError; `none` stands for no location at all */
function locations(texts: readonly string[]): LocationName[] {
  if (texts.length === 1 && texts[0] === "none") return [];
  const refuse = (why: string): never => {
    throw new SettingsError(`Cannot use setting location: ${why}`);
  };
  const found = new Map<string, LocationName>();
  for (const text of texts) {
    try {
      const name = parseLocation(text);
      if (name.location === "none") refuse("none stands for no location, and stands alone");
      if (found.has(name.location)) refuse(`${name.location} is given twice`);
      found.set(name.location, name);
    } catch (error) {
      if (error instanceof LocationNameError) refuse(error.message);
      throw error;
    }
  }
  if (found.size > ownLocationCountMax) {
    refuse(`${found.size} locations, limit ${ownLocationCountMax}`);
  }
  return [...found.values()];
}

/** What `signpost up --help` prints. */
export function settingsHelp(): string {
  const lines = Object.entries(settingRules).map(([name, { fallback, help }]) => {
    const note = fallback === "" ? "" : ` (default: ${fallback})`;
    return `  --${name.padEnd(28)} ${help}${note}`;
  });
  return [
    "Starts Signpost: DNS, API and everything else, in one process.",
    "",
    "Usage: bin/signpost up [--SETTING VALUE]…",
    "",
    ...lines,
    `  --${"config".padEnd(28)} file of settings (default: signpost.conf in data)`,
    "",
    "Example: bin/signpost up --data /var/lib/signpost --dns 192.0.2.53:53 --dns [2001:db8::53]:53",
    "",
  ].join("\n");
}
