import { nameSizeMax } from "../../base/limits.ts";
import { RECORD_HEADER_SIZE, typeKey } from "../image/layout.ts";
import type { ZoneView } from "../image/zone-image.ts";
import { findBlock } from "../policy/find-target.ts";
import type { QueryContext } from "./query-context.ts";
import { ANY, CNAME, DNAME, FOLLOW, NOERROR, TC, YXDOMAIN } from "./response-codes.ts";
import { writePointer, writeRRset } from "./write-rrset.ts";

const dnameKey = typeKey(DNAME);

/**
 * Redirects the name at hand by the DNAME of one of its ancestors (RFC 6672 §3.2).
 * @param label index of the label that begins the ancestor: 1 or more
 * @returns a response code or FOLLOW
 */
export function synthesize(
  context: QueryContext,
  zone: ZoneView,
  node: number,
  label: number,
): number {
  let record = findRecord(context, zone, node);
  if (record === 0) {
    record = context.cursor;
    if (!writeDname(context, zone, node, label)) return NOERROR;
  }
  const prefixSize = context.labelStart[label] as number;
  const targetSize = context.view.getUint16(record + RECORD_HEADER_SIZE - 2);
  if (prefixSize + targetSize > nameSizeMax) return YXDOMAIN;
  return writeCname(context, record, label, prefixSize + 2);
}

/** The offset of a DNAME record that the chain has come by before; 0 if it has not. */
function findRecord(context: QueryContext, zone: ZoneView, node: number): number {
  for (let i = 0; i < context.dnameCount; i++) {
    if (context.dnameNode[i] === node && context.dnameZoneKey[i] === zone.zoneKey) {
      return context.dnameRecord[i] as number;
    }
  }
  return 0;
}

/** @returns false if there is no room */
function writeDname(context: QueryContext, zone: ZoneView, node: number, label: number): boolean {
  const block = findBlock(zone, node, dnameKey);
  const record = context.cursor;
  if (writeRRset(context, zone, block, context.labelPosition[label] as number) === 0) {
    context.truncated = TC;
    return false;
  }
  context.answerCount++;
  const i = context.dnameCount++;
  context.dnameZoneKey[i] = zone.zoneKey;
  context.dnameNode[i] = node;
  context.dnameRecord[i] = record;
  return true;
}

/** Writes the CNAME that the DNAME at offset `record` stands for (RFC 6672 §3.1: its TTL too). */
function writeCname(
  context: QueryContext,
  record: number,
  label: number,
  rdataSize: number,
): number {
  const start = context.cursor;
  if (start + RECORD_HEADER_SIZE + rdataSize > context.limit) {
    context.truncated = TC;
    return NOERROR;
  }
  const { view } = context;
  writePointer(context, start, context.labelPosition[0] as number);
  view.setUint16(start + 2, CNAME);
  view.setUint16(start + 4, 1);
  view.setUint32(start + 6, view.getUint32(record + 6));
  view.setUint16(start + 10, rdataSize);
  let at = start + RECORD_HEADER_SIZE;
  for (let i = 0; i < label; i++) at = copyLabel(context, i, at);
  writePointer(context, at, record - context.responseOffset + RECORD_HEADER_SIZE);
  context.cursor = at + 2;
  context.answerCount++;
  context.nextPosition = start + RECORD_HEADER_SIZE - context.responseOffset;
  return context.qtype === CNAME || context.qtype === ANY ? NOERROR : FOLLOW;
}

/** Copies a label of the name at hand as it was asked. @returns the offset after it */
function copyLabel(context: QueryContext, label: number, to: number): number {
  const { packet } = context;
  const from = context.responseOffset + (context.labelPosition[label] as number);
  const size = (packet[from] as number) + 1;
  for (let i = 0; i < size; i++) packet[to + i] = packet[from + i] as number;
  return to + size;
}
