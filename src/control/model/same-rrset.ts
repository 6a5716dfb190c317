import { isDeepStrictEqual } from "node:util";
import { InvalidValueError, parseRecordValue } from "./record-value.ts";
import type { ResourceRecordSet } from "./resource-record-set.ts";

/**
 * Whether a DELETE names the set as it is: every field equal, values in any order. Values that
 * differ only in how they are written are equal.
 */
export function sameRRset(given: ResourceRecordSet, current: ResourceRecordSet): boolean {
  const { resourceRecords: givenValues = [], ...givenRest } = given;
  const { resourceRecords: currentValues = [], ...currentRest } = current;
  if (!isDeepStrictEqual(withoutAbsent(givenRest), withoutAbsent(currentRest))) return false;
  if (givenValues.length !== currentValues.length) return false;
  if (sorted(givenValues) === sorted(currentValues)) return true;
  const givenWire = wireTexts(given.type, givenValues);
  return givenWire !== undefined && givenWire === wireTexts(given.type, currentValues);
}

function withoutAbsent(rrset: object): object {
  return JSON.parse(JSON.stringify(rrset)) as object;
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
