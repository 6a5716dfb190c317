import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";
import { logLevels } from "../telemetry/logger.ts";
import type { LogLevel } from "../telemetry/logger.ts";
import { SettingsError, oneOf } from "./setting-values.ts";

/** The environment variable that stands for an option: `SIGNPOST_LOG_LEVEL`. */
export function variableOf(name: string): string {
  return `SIGNPOST_${name.toUpperCase().replaceAll("-", "_")}`;
}

/**
 * The options of a command line that has nothing else.
 * @throws SettingsError
 */
export function readOptions(
  args: readonly string[],
  options: NonNullable<ParseArgsConfig["options"]>,
): Record<string, string | boolean | (string | boolean)[] | undefined> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new SettingsError((error as Error).message);
  }
}

/** A switch's environment variable. @throws SettingsError */
export function readSwitch(name: string, env: NodeJS.ProcessEnv): boolean {
  const variable = variableOf(name);
  const text = env[variable];
  if (!text || text === "no") return false;
  if (text === "yes") return true;
  throw new SettingsError(`Cannot use ${variable}: ${text} is none of yes, no`);
}

/** @throws SettingsError */
export function readLogLevel(text: string): LogLevel {
  return oneOf("log-level", text, logLevels);
}
