import { messageSizeMax, udpPayloadSizeMin } from "../../base/limits.ts";
import { answer, enterZone } from "./answer.ts";
import { writeSubnet } from "./client-subnet.ts";
import { COUNTER, typeCounter } from "./query-counters.ts";
import type { QueryContext } from "./query-context.ts";
import { hashSuffixes } from "./query-name.ts";
import { readQuery } from "./read-query.ts";
import {
  AXFR,
  BADVERS,
  CD,
  FORMERR,
  IXFR,
  MAILA,
  MAILB,
  NOERROR,
  NOTIMP,
  QR,
  RD,
  REFUSED,
} from "./response-codes.ts";
import type { ZoneView } from "../image/zone-image.ts";

/** Bits of `transportFlags`. */
export const TRANSPORT = {
  /** A query over UDP; its response has a size limit. */
  UDP: 0,
  TCP: 1,
} as const;

const headerSize = 12;
/** Octets of the response's OPT record without options. */
const optSize = 11;
/** Octets of an option before its data. */
const optionHeaderSize = 4;
const classIn = 1;
const optionNsid = 3;

/**
 * Answers one DNS message, for whoever `context.resolverFamily` and `resolverOffset` tell. The context holds afterwards what a query log tells: zoneKey, zoneFlags,
 * qnameSize (the name lies 12 octets after the start of query and response alike), qtype, rcode.
 * @param queryOffset of the message in `context.packet`
 * @param querySize octets of the message
 * @param responseOffset where the response goes: `queryOffset` itself, or memory apart from the
 *   query; there must be room for the largest response, `udpPayloadSizeMax` or 65,535 over TCP
 * @param transportFlags bits of TRANSPORT
 * @returns octets of the response; 0: send none
 */
export function processQuery(
  context: QueryContext,
  queryOffset: number,
  querySize: number,
  responseOffset: number,
  transportFlags: number,
): number {
  const size = openQuery(context, queryOffset, querySize, responseOffset);
  if (size !== OPEN) return size;
  beginResponse(context, transportFlags);
  return finishResponse(context, decide(context));
}

/** What `openQuery` returns of a query that is to be answered. */
export const OPEN = -1;

/**
 * The first step of `processQuery`, for those who have other steps after it: reads a message into the
 * context.
 * @returns OPEN; else the query is done with, and it is the octets of the response
 */
export function openQuery(
  context: QueryContext,
  queryOffset: number,
  querySize: number,
  responseOffset: number,
): number {
  const { counters, packet } = context;
  counters[COUNTER.received] = (counters[COUNTER.received] as number) + 1;
  reset(context, queryOffset, querySize, responseOffset);
  if (querySize < headerSize) return drop(context, COUNTER.droppedShort);
  const flags = packet[queryOffset + 2] as number;
  if ((flags & QR) !== 0) return drop(context, COUNTER.droppedResponse);
  if ((flags & 0x78) !== 0) return replyWithHeader(context, NOTIMP);
  if (readQuery(context) !== NOERROR) return replyWithHeader(context, FORMERR);
  const type = typeCounter(context.qtype);
  counters[type] = (counters[type] as number) + 1;
  return OPEN;
}

function reset(
  context: QueryContext,
  queryOffset: number,
  querySize: number,
  responseOffset: number,
): void {
  context.queryOffset = queryOffset;
  context.queryEnd = queryOffset + querySize;
  context.responseOffset = responseOffset;
  context.qtype = 0;
  context.qnameSize = 0;
  context.zoneKey = -1;
  context.zoneFlags = 0;
  context.rcode = NOERROR;
  context.hasEdns = 0;
  context.ednsVersion = 0;
  context.ednsNsid = 0;
  context.ednsSubnetSize = 0;
  context.subnetFamily = 0;
  context.subnetBits = 0;
  context.clientKnown = 0;
  context.location = -1;
  context.scope = 0;
  context.chainLength = 0;
  context.dnameCount = 0;
  context.answerCount = 0;
  context.authorityCount = 0;
  context.additionalCount = 0;
  context.authoritative = 0;
  context.truncated = 0;
  context.unfinished = 0;
}

/** The response code for a query that is well formed. */
function decide(context: QueryContext): number {
  const refused = refusal(context);
  if (refused !== NOERROR) return refused;
  hashSuffixes(context);
  if (!enterZone(context)) {
    const { counters } = context;
    counters[COUNTER.noZone] = (counters[COUNTER.noZone] as number) + 1;
    return REFUSED;
  }
  return answerFromZone(context);
}

/** The response code for a query that is well formed but asks what nobody answers; or NOERROR. */
export function refusal(context: QueryContext): number {
  const { qtype } = context;
  if (context.ednsVersion > 0) return BADVERS; // RFC 6891 §6.1.3
  if (context.qclass !== classIn) return REFUSED;
  if (qtype === AXFR || qtype === IXFR) return REFUSED;
  return qtype === MAILB || qtype === MAILA ? NOTIMP : NOERROR;
}

/** The response code for the name at hand, once `enterZone` has found its zone. */
export function answerFromZone(context: QueryContext): number {
  const zone = context.zone as ZoneView;
  context.zoneKey = zone.zoneKey;
  context.zoneFlags = zone.flags;
  context.authoritative = context.authority;
  return answer(context);
}

function drop(context: QueryContext, counter: number): number {
  const { counters } = context;
  counters[counter] = (counters[counter] as number) + 1;
  return 0;
}

/** A response without a question, for a message that was not understood. */
function replyWithHeader(context: QueryContext, rcode: number): number {
  const { packet, view } = context;
  const query = context.queryOffset;
  const start = context.responseOffset;
  packet[start] = packet[query] as number;
  packet[start + 1] = packet[query + 1] as number;
  // Opcode and RD as they came.
  packet[start + 2] = QR | ((packet[query + 2] as number) & (0x78 | RD));
  packet[start + 3] = ((packet[query + 3] as number) & CD) | rcode;
  view.setInt32(start + 4, 0);
  view.setInt32(start + 8, 0);
  count(context, rcode);
  return headerSize;
}

/** Copies header and question, and finds how far the records may go. */
export function beginResponse(context: QueryContext, transportFlags: number): void {
  const start = context.responseOffset;
  const query = context.queryOffset;
  if (start !== query) copyQuestion(context, query, start, context.questionEnd - query);
  context.cursor = start + context.questionEnd - query;
  let size = messageSizeMax;
  if ((transportFlags & TRANSPORT.TCP) === 0) {
    size = udpPayloadSizeMin;
    if (context.hasEdns !== 0) {
      const offered = context.ednsPayloadSize;
      size = offered < context.udpPayloadSizeMax ? offered : context.udpPayloadSizeMax;
    }
  }
  context.limit = start + size;
  if (context.hasEdns !== 0) {
    context.limit -= optSize;
    if (context.ednsNsid !== 0) context.limit -= optionHeaderSize + context.nsid.length;
    if (context.ednsSubnetSize !== 0) context.limit -= optionHeaderSize + context.ednsSubnetSize;
  }
}

/** Copies header and question (measured: 31 octets, 15 ns; copyWithin 22). */
function copyQuestion(context: QueryContext, from: number, to: number, size: number): void {
  const { view, packet } = context;
  let i = 0;
  for (; i + 4 <= size; i += 4) view.setInt32(to + i, view.getInt32(from + i));
  for (; i < size; i++) packet[to + i] = packet[from + i] as number;
}

/** Adds OPT and writes the header. @returns octets of the response */
export function finishResponse(context: QueryContext, rcode: number): number {
  const { packet, view } = context;
  const start = context.responseOffset;
  if (context.truncated !== 0) cutShort(context);
  if (context.hasEdns !== 0) writeOpt(context, rcode);
  const flags = (packet[start + 2] as number) & RD;
  packet[start + 2] = QR | flags | context.authoritative | context.truncated;
  const checking = (packet[start + 3] as number) & CD;
  packet[start + 3] = checking | context.recursion | (rcode & 0x0f);
  view.setInt32(start + 4, 0x10000 | context.answerCount);
  view.setInt32(start + 8, (context.authorityCount << 16) | context.additionalCount);
  count(context, rcode);
  return context.cursor - start;
}

/** A truncated response carries no records: the client asks again over TCP. */
function cutShort(context: QueryContext): void {
  const { counters } = context;
  counters[COUNTER.truncated] = (counters[COUNTER.truncated] as number) + 1;
  context.cursor = context.responseOffset + context.questionEnd - context.queryOffset;
  context.answerCount = 0;
  context.authorityCount = 0;
  context.additionalCount = 0;
}

/** Writes the OPT record (RFC 6891 §6.1.2); its room was kept. */
function writeOpt(context: QueryContext, rcode: number): void {
  const { counters, packet, view, nsid } = context;
  counters[COUNTER.edns] = (counters[COUNTER.edns] as number) + 1;
  let at = context.cursor;
  const size = context.udpPayloadSizeMax;
  view.setInt32(at, (41 << 8) | (size >>> 8));
  view.setInt32(at + 4, (size << 24) | ((rcode >>> 4) << 16) | context.ednsDnssecOk);
  packet[at + 8] = 0;
  const start = at;
  at += optSize;
  if (context.ednsNsid !== 0) {
    view.setUint16(at, optionNsid);
    view.setUint16(at + 2, nsid.length);
    at += optionHeaderSize;
    for (let i = 0; i < nsid.length; i++) packet[at++] = nsid[i] as number;
  }
  if (context.ednsSubnetSize !== 0) at = writeSubnet(context, at);
  view.setUint16(start + 9, at - start - optSize);
  context.cursor = at;
  context.additionalCount++;
}

function count(context: QueryContext, rcode: number): void {
  const { counters } = context;
  context.rcode = rcode;
  const index = COUNTER.rcode + rcode;
  counters[index] = (counters[index] as number) + 1;
}
