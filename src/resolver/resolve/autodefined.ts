import { autodefinedTtlSeconds } from "../../base/limits.ts";
import type { ResourceRecord } from "../../dns/wire/message.ts";
import { equalNames, isSubdomain } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { RCODE, TYPE } from "../../dns/wire/registries.ts";
import { emptyStep } from "./outcome.ts";
import type { Step } from "./outcome.ts";
import { emptyZoneSoa } from "./records.ts";

/** The addresses of a hosts entry. The name is there, so other types have no data. */
export function answerHosts(records: readonly ResourceRecord[], name: Name, type: number): Step {
  const answer = records.filter((record) => record.type === type || type === TYPE.ANY);
  const authority = answer.length > 0 ? [] : [emptyZoneSoa(name, autodefinedTtlSeconds)];
  return { ...emptyStep(), answer, authority };
}

/** A zone of a few records, made up here (RFC 6303). */
export function answerAutodefined(
  zone: { apex: Name; records: readonly ResourceRecord[] },
  name: Name,
  type: number,
): Step {
  const { apex, records } = zone;
  const own = records.filter(({ owner }) => equalNames(owner, name));
  const answer = own.filter((record) => record.type === type || type === TYPE.ANY);
  if (answer.length > 0) return { ...emptyStep(), answer };
  const isThere =
    own.length > 0 ||
    equalNames(name, apex) ||
    records.some(({ owner }) => isSubdomain(owner, name));
  const authority = [emptyZoneSoa(apex, autodefinedTtlSeconds)];
  return { ...emptyStep(isThere ? RCODE.NOERROR : RCODE.NXDOMAIN), authority };
}
