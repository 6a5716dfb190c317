import { typeKey } from "../image/layout.ts";
import { optionClientSubnet, readSubnet } from "./client-subnet.ts";
import type { QueryContext } from "./query-context.ts";
import { readQuestionName } from "./query-name.ts";
import { FORMERR, NOERROR, OPT } from "./response-codes.ts";

const headerSize = 12;
/** Octets of an OPT record before its options (RFC 6891 §6.1.2). */
const optSize = 11;
const optionNsid = 3;

/**
 * Reads the question and the OPT record of a query whose header is there.
 * @returns NOERROR or FORMERR
 */
export function readQuery(context: QueryContext): number {
  const { view } = context;
  const start = context.queryOffset;
  const end = context.queryEnd;
  const counts = view.getInt32(start + 4);
  if (counts >>> 16 !== 1) return FORMERR; // RFC 9619
  const nameEnd = readQuestionName(context, start + headerSize, end);
  if (nameEnd === 0) return FORMERR;
  context.qnameSize = context.nameSize;
  const question = view.getInt32(nameEnd);
  context.qtype = question >>> 16;
  context.qclass = question & 0xffff;
  context.qkey = typeKey(context.qtype);
  context.questionEnd = nameEnd + 4;
  const moreCounts = view.getInt32(start + 8);
  const beforeAdditional = (counts & 0xffff) + (moreCounts >>> 16);
  const count = beforeAdditional + (moreCounts & 0xffff);
  return readRecords(context, count, beforeAdditional);
}

/**
 * Walks the records after the question. Only OPT means something in a query; the others must be
 * whole, and together fill the message.
 */
function readRecords(context: QueryContext, count: number, beforeAdditional: number): number {
  const { packet, view } = context;
  const end = context.queryEnd;
  let at = context.questionEnd;
  for (let i = 0; i < count; i++) {
    const owner = at;
    at = skipName(context, at);
    if (at === 0 || at + 10 > end) return FORMERR;
    const next = at + 10 + view.getUint16(at + 8);
    if (next > end) return FORMERR;
    if (view.getUint16(at) === OPT) {
      // In the additional section, once, owned by the root (RFC 6891 §6.1.1, §6.1.2).
      if (i < beforeAdditional || context.hasEdns !== 0 || packet[owner] !== 0) return FORMERR;
      if (!readOpt(context, owner, next)) return FORMERR;
    }
    at = next;
  }
  return at === end ? NOERROR : FORMERR;
}

/** @returns the offset after a name that may end in a pointer; 0 if it is none */
function skipName(context: QueryContext, start: number): number {
  const { packet } = context;
  const end = context.queryEnd;
  for (let at = start; at < end;) {
    const size = packet[at] as number;
    if (size >= 0xc0) return at + 2 <= end ? at + 2 : 0;
    if (size > 63) return 0;
    at += size + 1;
    if (size === 0) return at;
  }
  return 0;
}

function readOpt(context: QueryContext, start: number, end: number): boolean {
  const { packet, view } = context;
  context.hasEdns = 1;
  const size = view.getUint16(start + 3);
  context.ednsPayloadSize = size < 512 ? 512 : size; // RFC 6891 §6.2.3
  context.ednsVersion = packet[start + 6] as number;
  context.ednsDnssecOk = (packet[start + 7] as number) & 0x80;
  for (let at = start + optSize; at < end;) {
    if (at + 4 > end) return false;
    const code = view.getUint16(at);
    const dataSize = view.getUint16(at + 2);
    at += 4;
    if (at + dataSize > end) return false;
    if (code === optionNsid) {
      if (context.nsid.length > 0) context.ednsNsid = 1;
    } else if (code === optionClientSubnet) {
      if (!readSubnet(context, at, dataSize)) return false;
    }
    at += dataSize;
  }
  return true;
}
