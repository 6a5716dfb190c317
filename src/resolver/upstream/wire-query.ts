import { nameSizeMax, udpPayloadSizeDefault, upstreamPaddingBlockSize } from "../../base/limits.ts";
import type { Random } from "../../base/random.ts";
import { FLAG, headerSize } from "../../dns/wire/message.ts";
import type { Question } from "../../dns/wire/message.ts";
import type { Name } from "../../dns/wire/name.ts";
import { EDNS_OPTION, TYPE } from "../../dns/wire/registries.ts";
import type { UpstreamQuery } from "./upstream.ts";

/** A question as one target is asked it. */
export type WireQuery = {
  /** As the caller has it. */
  readonly question: Question;
  /** Its name in the case that goes over the wire. */
  readonly wireName: Name;
  /** The second word of the header. */
  readonly flags: number;
  readonly dnssecOk: boolean;
  readonly hasEdns: boolean;
};

export type WireQueryForm = {
  /** Draws the case of each letter (draft-vixie-dnsext-dns0x20); without it the case is kept. */
  mixCase: Random | undefined;
  hasEdns: boolean;
};

export function wireQueryOf(query: UpstreamQuery, { mixCase, hasEdns }: WireQueryForm): WireQuery {
  const { question, recursionDesired, checkingDisabled, dnssecOk } = query;
  const wireName = mixCase ? nameInMixedCase(question.name, mixCase) : question.name;
  const flags = (recursionDesired ? FLAG.rd : 0) | (checkingDisabled ? FLAG.cd : 0);
  return { question, wireName, flags, dnssecOk, hasEdns };
}

function nameInMixedCase(name: Name, random: Random): Name {
  let bits = 0;
  let left = 0;
  return name.map((octet) => {
    const letter = octet | 0x20;
    // Length octets are at most 63 and so never taken for a letter.
    if (letter < 0x61 || letter > 0x7a) return octet;
    if (left === 0) {
      bits = random.uint32();
      left = 32;
    }
    left--;
    const isUpper = (bits >>> left) & 1;
    return isUpper ? letter & ~0x20 : letter;
  });
}

const optFixedSize = 11;
const optionHeadSize = 4;
const flagDnssecOk = 0x8000;
/** Header, name, type, class, OPT record and its padding. */
const querySizeMax = headerSize + nameSizeMax + 4 + optFixedSize + optionHeadSize + 127;
const scratch = new Uint8Array(querySizeMax);
const view = new DataView(scratch.buffer);

export type QueryEncoding = {
  /** 0–65535. */
  id: number;
  /** Whether its size is to say nothing of the name (RFC 7830): over TLS. */
  padded: boolean;
};

/** The octets of a query, with memory of their own. */
export function encodeQuery(query: WireQuery, { id, padded }: QueryEncoding): Uint8Array {
  view.setUint16(0, id);
  view.setUint16(2, query.flags);
  view.setUint16(4, 1);
  view.setUint16(6, 0);
  view.setUint16(8, 0);
  view.setUint16(10, query.hasEdns ? 1 : 0);
  scratch.set(query.wireName, headerSize);
  let at = headerSize + query.wireName.length;
  view.setUint16(at, query.question.type);
  view.setUint16(at + 2, query.question.class);
  at += 4;
  return scratch.slice(0, query.hasEdns ? writeOpt(at, query.dnssecOk, padded) : at);
}

function writeOpt(start: number, dnssecOk: boolean, padded: boolean): number {
  const end = start + optFixedSize;
  const paddingSize = padded ? paddingAfter(end + optionHeadSize) : 0;
  scratch[start] = 0;
  view.setUint16(start + 1, TYPE.OPT);
  view.setUint16(start + 3, udpPayloadSizeDefault);
  view.setUint32(start + 5, dnssecOk ? flagDnssecOk : 0);
  view.setUint16(start + 9, padded ? optionHeadSize + paddingSize : 0);
  if (!padded) return end;
  view.setUint16(end, EDNS_OPTION.PADDING);
  view.setUint16(end + 2, paddingSize);
  return scratch.fill(0, end + 4, end + 4 + paddingSize) && end + 4 + paddingSize;
}

function paddingAfter(size: number): number {
  return (upstreamPaddingBlockSize - (size % upstreamPaddingBlockSize)) % upstreamPaddingBlockSize;
}
