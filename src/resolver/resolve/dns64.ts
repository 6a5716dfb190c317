import { parseIpv6 } from "../../base/ip.ts";
import { present } from "../../base/assert.ts";
import type { ResourceRecord } from "../../dns/wire/message.ts";
import { isSubdomain, parseName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { RCODE, TYPE } from "../../dns/wire/registries.ts";
import type { Outcome } from "./outcome.ts";
import { addressRecord, recordOf } from "./records.ts";

/** 64:ff9b::/96 (RFC 6052 §2.1). */
const prefix = present(parseIpv6("64:ff9b::"), "the well-known prefix is one");
const prefixSize = 12;
/** TTL at most where a denial of AAAA has no SOA (RFC 6147 §5.1.7). */
const ttlMaxSeconds = 600;

/** Whether a client's AAAA question has come to nothing that it can use (RFC 6147 §5.1.1–4). */
export function wantsSynthesis({ rcode, answer }: Outcome): boolean {
  return rcode !== RCODE.NXDOMAIN && !answer.some(isUsable);
}

/** An IPv4 address in IPv6 form is no way to an IPv6 host (RFC 6147 §5.1.4). */
function isUsable({ type, rdata }: ResourceRecord): boolean {
  const isMapped = rdata.subarray(0, 10).every((octet) => octet === 0) && rdata[10] === 0xff;
  return type === TYPE.AAAA && !isMapped;
}

/** AAAA records made of the A records of the same name; undefined where it has none. */
export function synthesize(denied: Outcome, ipv4: Outcome): Outcome | undefined {
  if (!ipv4.answer.some(({ type }) => type === TYPE.A)) return undefined;
  const soa = denied.authority.find(({ type }) => type === TYPE.SOA);
  const most = soa?.ttl ?? ttlMaxSeconds;
  const answer = ipv4.answer
    .filter(({ type }) => type !== TYPE.RRSIG)
    .map((record) => (record.type === TYPE.A ? synthesizeOne(record, most) : record));
  return {
    ...ipv4,
    ...{ answer, authority: [], authentic: false },
    expiresAtSeconds: Math.min(ipv4.expiresAtSeconds, denied.expiresAtSeconds),
  };
}

function synthesizeOne({ owner, ttl, rdata }: ResourceRecord, most: number): ResourceRecord {
  const address = prefix.slice();
  address.set(rdata, prefixSize);
  return addressRecord(owner, address, Math.min(ttl, most));
}

const reverseSuffix = parseName("b.9.f.f.4.6.0.0.ip6.arpa.");

const prefixNibbles = 8;

/** The alias from a made-up address's reverse name to that of its IPv4 address (RFC 6147 §5.3.1). */
export function reverseAlias(name: Name): ResourceRecord | undefined {
  const nibbles = nibblesOf(name);
  if (!nibbles || nibbles.slice(8, 24).some((nibble) => nibble !== 0)) return undefined;
  const octets = [0, 2, 4, 6].map((i) => (nibbles[i] ?? 0) | ((nibbles[i + 1] ?? 0) << 4));
  const target = parseName(`${octets.join(".")}.in-addr.arpa.`);
  return recordOf(name, TYPE.CNAME, { ttl: ttlMaxSeconds, rdata: target });
}

/** The digits of a reverse name below the prefix's, the last first. */
function nibblesOf(name: Name): number[] | undefined {
  const start = (32 - prefixNibbles) * 2;
  if (name.length !== start + reverseSuffix.length) return undefined;
  if (!isSubdomain(name, reverseSuffix)) return undefined;
  const nibbles: number[] = [];
  for (let at = 0; at < start; at += 2) {
    const nibble = parseInt(String.fromCharCode(name[at + 1] ?? 0), 16);
    if (name[at] !== 1 || Number.isNaN(nibble)) return undefined;
    nibbles.push(nibble);
  }
  return nibbles;
}
