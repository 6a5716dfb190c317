import type { IpAddress } from "../../base/ip.ts";
import type { ResourceRecord } from "../../dns/wire/message.ts";
import { parseName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { CLASS, TYPE } from "../../dns/wire/registries.ts";
import { ttlMax } from "../../dns/wire/ttl.ts";

export function recordOf(
  owner: Name,
  type: number,
  content: { ttl: number; rdata: Uint8Array },
): ResourceRecord {
  return { owner, type, class: CLASS.IN, ...content };
}

export function addressRecord(owner: Name, address: IpAddress, ttl: number): ResourceRecord {
  const type = address.length === 4 ? TYPE.A : TYPE.AAAA;
  return recordOf(owner, type, { ttl, rdata: address });
}

/** The same record with another TTL. */
export function withTtl(record: ResourceRecord, ttl: number): ResourceRecord {
  return record.ttl === ttl ? record : { ...record, ttl };
}

/** A TTL as it is meant: with the first bit set it is none (RFC 2181 §8). */
export function ttlOf({ ttl }: Pick<ResourceRecord, "ttl">): number {
  return ttl > ttlMax ? 0 : ttl;
}

/** Two names and five numbers: less is no SOA. */
const soaSizeMin = 22;

export function isSoa({ type, rdata }: ResourceRecord): boolean {
  return type === TYPE.SOA && rdata.length >= soaSizeMin;
}

/** TTL of a negative answer: the lesser of the SOA's own and its minimum (RFC 2308 §5). */
export function negativeTtl(soa: ResourceRecord): number {
  const { rdata } = soa;
  const view = new DataView(rdata.buffer, rdata.byteOffset, rdata.byteLength);
  return Math.min(ttlOf(soa), ttlOf({ ttl: view.getUint32(rdata.length - 4) }));
}

const nobody = parseName("nobody.invalid.");

/** The SOA of a zone that is empty on purpose (RFC 6303 §3). */
export function emptyZoneSoa(apex: Name, ttl: number): ResourceRecord {
  const numbers = new DataView(new ArrayBuffer(20));
  [1, 3_600, 1_200, 604_800, ttl].forEach((value, i) => numbers.setUint32(i * 4, value));
  const rdata = Uint8Array.from([...apex, ...nobody, ...new Uint8Array(numbers.buffer)]);
  return recordOf(apex, TYPE.SOA, { ttl, rdata });
}
