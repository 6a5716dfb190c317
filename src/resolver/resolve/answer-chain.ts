import { chainLengthMax } from "../../base/limits.ts";
import type { ResourceRecord } from "../../dns/wire/message.ts";
import { equalNames, isSubdomain, skipName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { CLASS, TYPE } from "../../dns/wire/registries.ts";

/** One step of a chain: the alias of a name, with the DNAME it was made of, and signatures. */
export type ChainLink = { owner: Name; records: ResourceRecord[]; target: Name };

/** An answer section taken apart. */
export type AnswerChain = {
  links: ChainLink[];
  /** The name that the chain leads to; the question's own where it has no links. */
  end: Name;
  /** Records of the type asked for at `end`, with their signatures. */
  final: ResourceRecord[];
};

/**
 * Follows an answer from the question's name. Records that do not belong to the chain are in
 * none of its parts.
 */
export function readChain(
  records: readonly ResourceRecord[],
  name: Name,
  type: number,
): AnswerChain {
  const links: ChainLink[] = [];
  let end = name;
  while (links.length <= chainLengthMax) {
    const here = end;
    const own = records.filter((record) => isIn(record) && equalNames(record.owner, here));
    const final = own.filter((record) => isOf(record, type));
    const made = records.filter((record) => isMadeOf(record, here));
    if (final.some((record) => record.type === type || type === TYPE.ANY)) {
      // A CNAME that was asked for may be made of a DNAME.
      const isAlias = final.some((record) => record.type === TYPE.CNAME);
      return { links, end, final: isAlias ? [...made, ...final] : final };
    }
    const alias = own.find((record) => record.type === TYPE.CNAME && isName(record.rdata));
    if (!alias || links.some(({ owner }) => equalNames(owner, here))) break;
    const signatures = own.filter((record) => covers(record, TYPE.CNAME));
    links.push({ owner: end, records: [...made, alias, ...signatures], target: alias.rdata });
    end = alias.rdata;
  }
  return { links, end, final: [] };
}

/** Whether octets are a name and nothing more. */
export function isName(octets: Uint8Array): boolean {
  try {
    return skipName(octets, 0) === octets.length;
  } catch {
    return false;
  }
}

function isIn(record: ResourceRecord): boolean {
  return record.class === CLASS.IN;
}

function isOf(record: ResourceRecord, type: number): boolean {
  if (type === TYPE.ANY) return true;
  return record.type === type || covers(record, type);
}

/** Whether a record signs records of this type (RFC 4034 §3.1.1). */
function covers({ type, rdata }: ResourceRecord, covered: number): boolean {
  return type === TYPE.RRSIG && (((rdata[0] ?? 0) << 8) | (rdata[1] ?? 0)) === covered;
}

/** A DNAME above the name, or its signature. */
function isMadeOf(record: ResourceRecord, name: Name): boolean {
  if (record.type !== TYPE.DNAME && !covers(record, TYPE.DNAME)) return false;
  const { owner } = record;
  return isIn(record) && owner.length < name.length && isSubdomain(name, owner);
}
