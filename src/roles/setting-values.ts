import { formatIp, parseIp } from "../base/ip.ts";
import type { Endpoint } from "../dataplane/server/socket-address.ts";

/** What the operator wrote cannot be used; the message says which setting and why. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

export type SettingRule = {
  fallback: string;
  help: string;
  /** Given several times, or separated by commas. */
  list?: boolean;
};

/** @throws SettingsError */
export function oneOf<T extends string>(name: string, text: string, values: readonly T[]): T {
  const value = values.find((candidate) => candidate === text);
  if (value !== undefined) return value;
  throw new SettingsError(`Cannot use setting ${name}: ${text} is none of ${values.join(", ")}`);
}

/** @throws SettingsError */
export function wholeNumber(
  name: string,
  text: string,
  range: { min: number; max: number },
): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value >= range.min && value <= range.max) return value;
  throw new SettingsError(
    `Cannot use setting ${name}: ${text} is no whole number from ${range.min} to ${range.max}`,
  );
}

/** `ADDRESS:PORT`, or `[ADDRESS]:PORT` for IPv6. @throws SettingsError */
export function parseEndpoint(text: string, setting: string): Endpoint {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const address = match ? parseIp(match[1] ?? match[2] ?? "") : undefined;
  const port = Number(match?.[3] ?? NaN);
  if (!address || !(port <= 65_535)) {
    throw new SettingsError(
      `Cannot use setting ${setting}: ${text} is not ADDRESS:PORT or [IPV6]:PORT`,
    );
  }
  return { address: formatIp(address), port };
}
