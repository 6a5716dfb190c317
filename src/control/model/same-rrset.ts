import { InvalidValueError, parseRecordValue } from "./record-value.ts";
import type { ResourceRecordSet } from "./resource-record-set.ts";

/**
 * Whether a DELETE names the set as it is: every field equal, values in any order. Values that
 * differ only in how they are written are equal.
 */
export function sameRRset(given: ResourceRecordSet, current: ResourceRecordSet): boolean {
  const { resourceRecords: givenValues = [], ...givenRest } = given;
  const { resourceRecords: currentValues = [], ...currentRest } = current;
  if (canonical(givenRest) !== canonical(currentRest)) return false;
  if (givenValues.length !== currentValues.length) return false;
  if (sorted(givenValues) === sorted(currentValues)) return true;
  const givenWire = wireTexts(given.type, givenValues);
  return givenWire !== undefined && givenWire === wireTexts(given.type, currentValues);
}

/** JSON with members in order of name; members that are `undefined` are left out. */
function canonical(value: object): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function sorted(values: readonly string[]): string {
  return JSON.stringify(values.toSorted());
}

function wireTexts(type: string, values: readonly string[]): string | undefined {
  try {
    return sorted(values.map((value) => parseRecordValue(type, value).join()));
  } catch (error) {
    if (error instanceof InvalidValueError) return undefined;
    throw error;
  }
}
