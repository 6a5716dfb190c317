import { chainLengthMax, nameSizeMax } from "../../base/limits.ts";
import { RdataError } from "../../dns/rdata/rdata-error.ts";
import { additionalTarget, validateRdata } from "../../dns/rdata/rdata.ts";
import type { Message, ResourceRecord } from "../../dns/wire/message.ts";
import { equalNames, isSubdomain, skipName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { nameKey } from "../../dns/wire/name-key.ts";
import { rdataNames } from "../../dns/wire/rdata-names.ts";
import { RCODE, TYPE } from "../../dns/wire/registries.ts";
import { ttlMax } from "../../dns/wire/ttl.ts";
import type { WireQuery } from "./wire-query.ts";

/**
 * The part of a response that answers its question: in the answer section the chain of CNAMEs and
 * DNAMEs from the question's name with the records at its end, in the authority section SOA and NS
 * of zones that these names are in, with DO their signatures and denials too, in the additional
 * section of a referral the addresses of servers that are in the zone they serve. What was not asked
 * for is left out without a word, whoever sent it.
 * @returns `undefined` where a record that would be kept is malformed
 */
export function cleanResponse(message: Message, query: WireQuery): Message | undefined {
  const { question, dnssecOk } = query;
  const isAnswer = message.rcode === RCODE.NOERROR || message.rcode === RCODE.NXDOMAIN;
  const ofClass = (record: ResourceRecord): boolean => record.class === question.class;
  const chain = isAnswer ? chainIn(message.answer.filter(ofClass), query) : nothing(query);
  const claims = isAnswer ? message.authority.filter(ofClass) : [];
  const tidied = (records: readonly ResourceRecord[]) =>
    records.map((record) => tidy(record, query));
  try {
    const answer = tidied(chain.records);
    const authority = tidied(authorityFor(claims, { names: chain.names, dnssecOk }));
    const glue = answer.length === 0 ? glueOf(authority, message.additional.filter(ofClass)) : [];
    return { ...message, questions: [question], answer, authority, additional: tidied(glue) };
  } catch (error) {
    if (!(error instanceof RdataError)) throw error;
    return undefined;
  }
}

/** The names of a chain in order, and the records that make and end it. */
type Chain = { names: Name[]; records: ResourceRecord[] };

function nothing({ question }: WireQuery): Chain {
  return { names: [question.name], records: [] };
}

function chainIn(records: readonly ResourceRecord[], query: WireQuery): Chain {
  const { question, dnssecOk } = query;
  const byOwner = Map.groupBy(records, ({ owner }) => nameKey(owner));
  const seen = new Set<string>();
  const chain = nothing(query);
  let name = question.name;
  const take = (owner: Name, isWanted: (type: number) => boolean): number => {
    const taken = (byOwner.get(nameKey(owner)) ?? []).filter(
      ({ type, rdata }) =>
        isWanted(type) || (dnssecOk && type === TYPE.RRSIG && isWanted(coveredType(rdata))),
    );
    chain.records.push(...taken);
    return taken.length;
  };
  for (let step = 0; step < chainLengthMax && !seen.has(nameKey(name)); step++) {
    seen.add(nameKey(name));
    if (step > 0) chain.names.push(name);
    const { type } = question;
    if (take(name, (each) => each === type || type === TYPE.ANY) > 0) break;
    const link = linkFrom(name, byOwner);
    if (!link) break;
    take(link.by.owner, (each) => each === link.by.type);
    if (link.synthesized) chain.records.push(link.synthesized);
    name = link.target;
  }
  return chain;
}

type Link = { target: Name; by: ResourceRecord; synthesized?: ResourceRecord };

/** Where a CNAME at the name, or a DNAME above it, leads. */
function linkFrom(name: Name, byOwner: Map<string, ResourceRecord[]>): Link | undefined {
  // Only the records that end a chain are asked for below a DNAME (RFC 6672 §3.1): what is said to
  // be a CNAME made by it is made anew.
  for (let at = (name[0] as number) + 1; at < name.length; at += (name[at] as number) + 1) {
    const by = byOwner.get(nameKey(name.subarray(at)))?.find(({ type }) => type === TYPE.DNAME);
    if (!by) continue;
    const target = joined(name.subarray(0, at), by.rdata);
    if (!target) return undefined;
    return { target, by, synthesized: { ...by, owner: name, type: TYPE.CNAME, rdata: target } };
  }
  const by = byOwner.get(nameKey(name))?.find(({ type }) => type === TYPE.CNAME);
  return by && { target: by.rdata, by };
}

function joined(labels: Uint8Array, suffix: Name): Name | undefined {
  if (labels.length + suffix.length > nameSizeMax) return undefined;
  const name = new Uint8Array(labels.length + suffix.length);
  name.set(labels);
  name.set(suffix, labels.length);
  return name;
}

const zoneTypes: readonly number[] = [TYPE.SOA, TYPE.NS];
const denialTypes: readonly number[] = [TYPE.NSEC, TYPE.NSEC3, TYPE.DS];

function authorityFor(
  records: readonly ResourceRecord[],
  { names, dnssecOk }: { names: readonly Name[]; dnssecOk: boolean },
): ResourceRecord[] {
  const encloses = (zone: Name): boolean => names.some((name) => isSubdomain(name, zone));
  const signed = dnssecOk ? records.filter((record) => isSignatureBy(record, encloses)) : [];
  const isSigned = ({ owner, type }: ResourceRecord): boolean =>
    signed.some(({ owner: at, rdata }) => coveredType(rdata) === type && equalNames(at, owner));
  return records.filter((record) => {
    if (zoneTypes.includes(record.type)) return encloses(record.owner);
    return signed.includes(record) || (denialTypes.includes(record.type) && isSigned(record));
  });
}

/** Octets of an RRSIG before the signer's name (RFC 4034 §3.1). */
const rrsigFixedSize = 18;

function isSignatureBy(record: ResourceRecord, encloses: (zone: Name) => boolean): boolean {
  if (record.type !== TYPE.RRSIG || record.rdata.length <= rrsigFixedSize) return false;
  const covered = coveredType(record.rdata);
  if (!zoneTypes.includes(covered) && !denialTypes.includes(covered)) return false;
  const signer = signerOf(record.rdata);
  return signer !== undefined && encloses(signer) && isSubdomain(record.owner, signer);
}

function signerOf(rdata: Uint8Array): Name | undefined {
  try {
    return rdata.subarray(rrsigFixedSize, skipName(rdata, rrsigFixedSize));
  } catch {
    return undefined;
  }
}

/** The type an RRSIG signs; 0 where it is too short to say. */
function coveredType(rdata: Uint8Array): number {
  return rdata.length < 2 ? 0 : ((rdata[0] as number) << 8) | (rdata[1] as number);
}

/** Addresses of other zones' names are for those zones to tell. */
function glueOf(
  authority: readonly ResourceRecord[],
  additional: readonly ResourceRecord[],
): ResourceRecord[] {
  if (authority.some(({ type }) => type === TYPE.SOA)) return [];
  const servers = authority
    .filter(({ type }) => type === TYPE.NS)
    .map(({ owner, rdata }) => ({ zone: owner, target: additionalTarget(TYPE.NS, rdata) }));
  return additional.filter(
    ({ owner, type }) =>
      (type === TYPE.A || type === TYPE.AAAA) &&
      servers.some(
        ({ zone, target }) => target && equalNames(target, owner) && isSubdomain(owner, zone),
      ),
  );
}

/**
 * The record, checked, as the target would have sent it to a query in the caller's case: names that
 * were compressed to the question have its random case.
 * @throws RdataError
 */
function tidy(record: ResourceRecord, query: WireQuery): ResourceRecord {
  const { type } = record;
  validateRdata(type, record.rdata);
  // With the highest bit set it counts as 0 (RFC 2181 §8).
  const ttl = record.ttl > ttlMax ? 0 : record.ttl;
  if (query.wireName === query.question.name) return { ...record, ttl };
  const rdata = record.rdata.slice();
  for (const offset of rdataNames(type, rdata)) {
    const name = rdata.subarray(offset, skipName(rdata, offset));
    name.set(inCallersCase(name, query));
  }
  return { ...record, ttl, owner: inCallersCase(record.owner, query), rdata };
}

function inCallersCase(name: Name, { wireName, question }: WireQuery): Name {
  for (let at = 0; wireName[at] !== 0; at += (wireName[at] as number) + 1) {
    const start = name.length - (wireName.length - at);
    if (start < 0 || !endsWith(name, wireName, { start, at })) continue;
    const whole = name.slice();
    whole.set(question.name.subarray(at), start);
    return whole;
  }
  return name;
}

function endsWith(name: Name, suffix: Name, { start, at }: { start: number; at: number }): boolean {
  for (let i = start; i < name.length; i++) if (name[i] !== suffix[at + i - start]) return false;
  return true;
}
