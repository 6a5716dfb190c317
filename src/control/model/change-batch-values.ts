import { InvalidValueError, parseRecordValue } from "./record-value.ts";
import type { ResourceRecordSet } from "./resource-record-set.ts";

const singleValueTypes = new Set(["CNAME", "SOA"]);

/** Everything that is wrong with the values of a set, each by itself and among themselves. */
export function valueMessages(rrset: ResourceRecordSet): string[] {
  const { name, type, resourceRecords = [] } = rrset;
  const messages: string[] = [];
  const seen = new Set<string>();
  for (const value of resourceRecords) {
    try {
      const wire = parseRecordValue(type, value).join();
      if (seen.has(wire)) messages.push(`Duplicate Resource Record: '${value}'`);
      seen.add(wire);
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      messages.push(error.message);
    }
  }
  if (resourceRecords.length > 1 && singleValueTypes.has(type)) {
    messages.push(`RRSet of type ${type} with DNS name ${name} must have exactly one value.`);
  }
  return messages;
}
