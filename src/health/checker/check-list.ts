import { parseCidr } from "../../base/ip.ts";
import {
  checkAllowCountMax,
  checkIntervalMaxMs,
  checkIntervalMinMs,
  checkListSizeMax,
  checkThresholdMax,
  healthCheckCountMax,
} from "../../base/limits.ts";
import type { CheckList, CheckSpec } from "./check-spec.ts";

/** Octets that are no list of checks; the message says why. */
export class CheckListError extends Error {
  override name = "CheckListError";
}

/** A list as it is sent to a checker: JSON in UTF-8. */
export function encodeCheckList(list: CheckList): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(list));
}

/**
 * Reads a list that came from elsewhere. What a probe does is not looked into: a probe that this
 * checker cannot do fails by itself, and only itself.
 * @throws CheckListError
 */
export function decodeCheckList(octets: Uint8Array): CheckList {
  if (octets.length > checkListSizeMax) {
    throw refusal(`${octets.length} octets, limit ${checkListSizeMax}`);
  }
  const list = parse(octets);
  if (!isRecord(list)) throw refusal("it is no object");
  const { version, checks, allow } = list;
  if (!isWhole(version, 1, 0xffff_ffff)) throw refusal(`its version is ${shown(version)}`);
  if (!Array.isArray(checks)) throw refusal("it has no checks");
  if (checks.length > healthCheckCountMax) {
    throw refusal(`${checks.length} checks, limit ${healthCheckCountMax}`);
  }
  const slots = new Set<number>();
  for (const check of checks as unknown[]) slots.add(slotOf(check));
  if (slots.size < checks.length) throw refusal("two checks have the same slot");
  return { version: version as number, checks: checks as CheckSpec[], allow: readAllow(allow) };
}

function parse(octets: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(octets));
  } catch (error) {
    throw refusal(`it is no JSON: ${(error as Error).message}`);
  }
}

/** The slot of a check whose every member but the probe's own has been looked at. */
function slotOf(check: unknown): number {
  if (!isRecord(check)) throw refusal("one of its checks is no object");
  const { slot, healthCheckId, version, intervalMs, upThreshold, downThreshold, probe } = check;
  const refuse = (what: string, value: unknown): never => {
    throw refusal(`check ${shown(healthCheckId)} has ${what} ${shown(value)}`);
  };
  if (typeof healthCheckId !== "string" || healthCheckId === "") refuse("id", healthCheckId);
  if (!isWhole(slot, 1, healthCheckCountMax)) refuse("slot", slot);
  if (!isWhole(version, 0, 0xffff)) refuse("version", version);
  if (!isWhole(intervalMs, checkIntervalMinMs, checkIntervalMaxMs)) refuse("interval", intervalMs);
  if (!isWhole(upThreshold, 1, checkThresholdMax)) refuse("upThreshold", upThreshold);
  if (!isWhole(downThreshold, 1, checkThresholdMax)) refuse("downThreshold", downThreshold);
  if (!isRecord(probe) || typeof probe["kind"] !== "string") refuse("probe", probe);
  return slot as number;
}

function readAllow(allow: unknown): string[] {
  if (!Array.isArray(allow)) throw refusal("it does not say what networks are allowed");
  if (allow.length > checkAllowCountMax) {
    throw refusal(`${allow.length} allowed networks, limit ${checkAllowCountMax}`);
  }
  for (const block of allow as unknown[]) {
    if (typeof block !== "string" || !parseCidr(block)) {
      throw refusal(`allowed network ${shown(block)} is not ADDRESS/LENGTH`);
    }
  }
  return allow as string[];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 100);
}

function refusal(state: string): CheckListError {
  return new CheckListError(`Cannot read list of checks: ${state}`);
}
