import type { AccessKey } from "../base/own-api.ts";
import type { LocationName } from "../health/checker/checker-desk.ts";
import {
  LocationNameError,
  parseLocation,
  locationNamed,
} from "../health/checker/location-name.ts";
import type { LogLevel } from "../telemetry/logger.ts";
import { accessKeyHelp, readAccessKeySetting } from "./access-key-setting.ts";
import { readLogLevel, readOptions, readSwitch, variableOf } from "./command-options.ts";
import { SettingsError } from "./setting-values.ts";

export type CheckerSettings = LocationName & {
  join: URL;
  key: AccessKey;
  scriptsAllowed: boolean;
  logLevel: LogLevel;
};

/** Every option of `signpost checker`; each is an environment variable as well. */
const optionHelp = {
  location: "name of this location, NAME or NAME=REGION",
  region: "AWS region that it stands for; a check with regions runs where they match",
  join: "the Signpost to join, such as http://192.0.2.10:8053",
  ...accessKeyHelp,
  "allow-scripts": "lets checks run programs on this machine",
  "log-level": "debug, info, warn or error (default: info)",
} as const;

type OptionName = keyof typeof optionHelp;

/**
 * The settings of one checker: a flag beats an environment variable (`SIGNPOST_JOIN`).
 * @throws SettingsError
 */
export function readCheckerSettings(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): CheckerSettings {
  const flags = readFlags(args);
  const text = (name: OptionName): string | undefined => {
    return (flags[name] as string | undefined) ?? (env[variableOf(name)] || undefined);
  };
  return {
    ...readLocation(text("location"), text("region")),
    join: readJoin(text("join")),
    key: readAccessKeySetting(text, env),
    scriptsAllowed: flags["allow-scripts"] === true || readSwitch("allow-scripts", env),
    logLevel: readLogLevel(text("log-level") ?? "info"),
  };
}

function readFlags(args: readonly string[]) {
  const options = Object.fromEntries(
    Object.keys(optionHelp).map((name) => {
      return [name, { type: name === "allow-scripts" ? "boolean" : "string" }] as const;
    }),
  );
  return readOptions(args, options);
}

function readLocation(text: string | undefined, region: string | undefined): LocationName {
  if (text === undefined) throw new SettingsError("--location is missing");
  try {
    if (region === undefined) return parseLocation(text);
    return locationNamed(text, region);
  } catch (error) {
    if (!(error instanceof LocationNameError)) throw error;
    throw new SettingsError(`Cannot use setting location: ${error.message}`);
  }
}

function readJoin(text: string | undefined): URL {
  if (text === undefined) throw new SettingsError("--join is missing");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  if (url && isHttp && url.pathname === "/" && url.search === "") return url;
  throw new SettingsError(`Cannot use setting join: ${text} is not http://HOST:PORT`);
}

/** What `signpost checker --help` prints. */
export function checkerHelp(): string {
  const lines = Object.entries(optionHelp).map(([name, help]) => `  --${name.padEnd(16)} ${help}`);
  return [
    "Runs the health checks of a Signpost from another location, and tells it what they find.",
    "",
    "Usage: bin/signpost checker --location NAME --join URL [--OPTION VALUE]…",
    "",
    ...lines,
    "",
    "Example: bin/signpost checker --location tokyo --region ap-northeast-1 \\",
    "           --join http://192.0.2.10:8053 --credentials /etc/signpost/credentials",
    "",
  ].join("\n");
}
