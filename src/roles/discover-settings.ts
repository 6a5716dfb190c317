import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordType } from "@aws-sdk/client-servicediscovery";
import { discoverSocketDefault } from "../base/discover-socket.ts";
import { parseIp } from "../base/ip.ts";
import type { AccessKey } from "../base/own-api.ts";
import { ttlMax } from "../dns/wire/ttl.ts";
import type { CreationOptions } from "../discovery/cloud-map-registry.ts";
import type { NamespaceKind } from "../discovery/registry.ts";
import type { LogLevel } from "../telemetry/logger.ts";
import { accessKeyHelp, readAccessKeySetting } from "./access-key-setting.ts";
import { readLogLevel, readOptions, readSwitch, variableOf } from "./command-options.ts";
import { SettingsError, oneOf, parseEndpoint, wholeNumber } from "./setting-values.ts";

export type DiscoverSettings = {
  dockerSocket: string;
  url: URL;
  region: string;
  key: AccessKey;
  /** Undefined: what the engine calls its host. */
  host: string | undefined;
  hostAddress: { ipv4: string; ipv6: string };
  namespace: string | undefined;
  network: string | undefined;
  createsServices: boolean;
  createsNamespaces: boolean;
  creation: CreationOptions;
  drainMaxMs: number;
  syncMs: number;
  control: string;
  metrics: { host: string; port: number } | undefined;
  logLevel: LogLevel;
};

/** Every option of `signpost discover docker`; each is an environment variable as well. */
const optionHelp = {
  docker: "socket of the Docker Engine (default: DOCKER_HOST, or /var/run/docker.sock)",
  url: "the Signpost to register with (default: what --data says, or AWS_ENDPOINT_URL)",
  region: "AWS region to sign for (default: AWS_REGION, or us-east-1)",
  ...accessKeyHelp,
  host: "what tells this machine's containers from others' (default: the engine's host name)",
  "host-address": "address under which published ports are reached; one IPv4, one IPv6",
  namespace: "namespace of services whose labels name none",
  network: "network whose address is registered where labels name none",
  "create-services": "creates services that labels name and that are missing",
  "create-namespaces": "with create-services: missing namespaces too: private, public or http",
  vpc: "VPC of private namespaces that are created",
  records: "record types of services that are created: A, AAAA, SRV (default: A)",
  ttl: "seconds that their records may be cached (default: 10)",
  "drain-max": "longest wait, in seconds, for what was cached to expire (default: 60)",
  sync: "seconds between comparisons of everything (default: 60)",
  control: `socket for drain and resume (default: ${discoverSocketDefault})`,
  metrics: "address that also answers /metrics and /healthz (default: none)",
  "log-level": "debug, info, warn or error (default: info)",
} as const;

type OptionName = keyof typeof optionHelp;
const switches: readonly string[] = ["create-services"];
const repeated: readonly string[] = ["host-address"];
const namespaceKinds: readonly NamespaceKind[] = ["private", "public", "http"];
const recordTypes = ["A", "AAAA", "SRV"] as const satisfies readonly RecordType[];
/** Seconds. */
const drainRange = { min: 0, max: 3_600 };
const syncRange = { min: 1, max: 86_400 };

/**
 * The settings of one watcher: a flag beats an environment variable (`SIGNPOST_HOST_ADDRESS`).
 * @throws SettingsError
 */
export function readDiscoverSettings(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): DiscoverSettings {
  const flags = readFlags(args);
  const texts = (name: OptionName): string[] => {
    const given = flags[name];
    if (Array.isArray(given)) return given as string[];
    if (typeof given === "string") return [given];
    const variable = env[variableOf(name)];
    return variable ? [variable] : [];
  };
  const text = (name: OptionName): string | undefined => texts(name).at(-1);
  const namespaces = text("create-namespaces");
  const kind =
    namespaces === undefined ? undefined : oneOf("create-namespaces", namespaces, namespaceKinds);
  const createsServices = flags["create-services"] === true || readSwitch("create-services", env);
  const creation = readCreation({ kind, text });
  if (kind !== undefined && !createsServices) {
    throw new SettingsError("--create-services is missing: namespaces are created for services");
  }
  return {
    dockerSocket: readDockerSocket(text("docker") ?? env["DOCKER_HOST"]),
    url: readUrl(text("url"), { data: text("data"), env }),
    region: text("region") ?? (env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || "us-east-1"),
    key: readAccessKeySetting(text, env),
    host: text("host"),
    hostAddress: readAddresses(texts("host-address").flatMap((list) => list.split(","))),
    namespace: text("namespace")?.toLowerCase(),
    network: text("network"),
    ...{ createsServices, createsNamespaces: kind !== undefined, creation },
    drainMaxMs: 1000 * wholeNumber("drain-max", text("drain-max") ?? "60", drainRange),
    syncMs: 1000 * wholeNumber("sync", text("sync") ?? "60", syncRange),
    control: text("control") ?? discoverSocketDefault,
    metrics: readListen(text("metrics")),
    logLevel: readLogLevel(text("log-level") ?? "info"),
  };
}

function readFlags(args: readonly string[]) {
  const options = Object.fromEntries(
    Object.keys(optionHelp).map((name) => {
      const type = switches.includes(name) ? ("boolean" as const) : ("string" as const);
      return [name, { type, multiple: repeated.includes(name) }] as const;
    }),
  );
  return readOptions(args, options);
}

function readDockerSocket(text: string | undefined): string {
  if (!text) return "/var/run/docker.sock";
  const path = text.replace(/^unix:\/\//, "");
  if (path.startsWith("/")) return path;
  throw new SettingsError(`Cannot use setting docker: ${text} is no unix socket`);
}

function readUrl(
  text: string | undefined,
  { data, env }: { data: string | undefined; env: NodeJS.ProcessEnv },
): URL {
  const ofData = data === undefined ? undefined : readEndpoint(data);
  const ofAws = env["AWS_ENDPOINT_URL_SERVICEDISCOVERY"] || env["AWS_ENDPOINT_URL"] || undefined;
  const given = text ?? ofData ?? ofAws ?? readEndpoint("signpost-data");
  if (given === undefined) throw new SettingsError("--url is missing");
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new SettingsError(`Cannot use setting url: ${given} is not http://HOST:PORT`);
}

/** What a running Signpost has written; undefined where none has. */
function readEndpoint(data: string): string | undefined {
  try {
    return readFileSync(join(data, "endpoint"), "utf8").trim();
  } catch {
    return undefined;
  }
}

function readAddresses(texts: readonly string[]): { ipv4: string; ipv6: string } {
  const address = { ipv4: "", ipv6: "" };
  for (const text of texts) {
    if (!parseIp(text)) {
      throw new SettingsError(`Cannot use setting host-address: ${text} is no IP address`);
    }
    address[text.includes(":") ? "ipv6" : "ipv4"] = text;
  }
  return address;
}

function readCreation({
  kind,
  text,
}: {
  kind: NamespaceKind | undefined;
  text: (name: OptionName) => string | undefined;
}): CreationOptions {
  const vpc = text("vpc");
  if (kind === "private" && vpc === undefined) {
    throw new SettingsError("--vpc is missing: a private namespace needs one");
  }
  const types = (text("records") ?? "A").split(",");
  return {
    kind: kind ?? "http",
    vpc,
    recordTypes: types.map((type) => oneOf("records", type, recordTypes)),
    ttlSeconds: wholeNumber("ttl", text("ttl") ?? "10", { min: 0, max: ttlMax }),
  };
}

function readListen(text: string | undefined): { host: string; port: number } | undefined {
  if (text === undefined) return undefined;
  const { address, port } = parseEndpoint(text, "metrics");
  return { host: address, port };
}

/** What `signpost discover docker --help` prints. */
export function discoverHelp(): string {
  const lines = Object.entries(optionHelp).map(([name, help]) => `  --${name.padEnd(18)} ${help}`);
  return [
    "Registers this machine's Docker containers with Cloud Map, by their labels.",
    "",
    "Usage: bin/signpost discover docker [--url URL] [--OPTION VALUE]…",
    "",
    ...lines,
    "",
    "Example: bin/signpost discover docker --url http://192.0.2.10:8053 \\",
    "           --credentials /etc/signpost/credentials --create-services",
    "         docker run --label signpost.service=web.shop.local --label signpost.port=80 nginx",
    "",
  ].join("\n");
}
