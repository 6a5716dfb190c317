import { nameSizeMax } from "../../base/limits.ts";
import { hashLabel, lowerWord } from "../image/name-hash.ts";
import type { QueryContext } from "./query-context.ts";

/**
 * Reads the question's name, which is not compressed (RFC 1035 §4.1.2), into the context.
 * @returns the offset after it; 0 if it is no name, or type and class do not end before `end`
 */
export function readQuestionName(context: QueryContext, start: number, end: number): number {
  const { packet, labelStart, labelPosition } = context;
  const base = start - context.queryOffset;
  let at = start;
  let count = 0;
  for (;;) {
    if (at >= end) return 0;
    const size = packet[at] as number;
    labelStart[count] = at - start;
    labelPosition[count] = at - start + base;
    at += size + 1;
    if (size === 0) break;
    if (size > 63 || at - start >= nameSizeMax) return 0;
    count++;
  }
  if (at + 4 > end) return 0;
  context.labelCount = count;
  context.nameSize = at - start;
  lowerName(context, start, at - start);
  return at;
}

/** Copies the name in lower case, four octets at a time. */
function lowerName(context: QueryContext, start: number, size: number): void {
  const { view, nameView } = context;
  for (let i = 0; i < size; i += 4) {
    nameView.setInt32(i, lowerWord(view.getInt32(start + i, true)), true);
  }
}

/**
 * Reads a name that the response holds, following its pointers: the next name of a chain. It was
 * written by this name server, so it is valid, but a DNAME may have made it too long.
 * @param position of the name in the response
 */
export function readResponseName(context: QueryContext, position: number): void {
  const { packet, name, labelStart, labelPosition } = context;
  const base = context.responseOffset;
  let at = base + position;
  let written = 0;
  let count = 0;
  for (;;) {
    const size = packet[at] as number;
    if (size > 63) {
      at = base + (((size & 0x3f) << 8) | (packet[at + 1] as number));
      continue;
    }
    labelStart[count] = written;
    labelPosition[count] = at - base;
    name[written++] = size;
    at++;
    if (size === 0) break;
    const next = at + size;
    while (at < next) {
      const octet = packet[at++] as number;
      name[written++] = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
    }
    count++;
  }
  context.labelCount = count;
  context.nameSize = written;
}

/** Hashes all suffixes of the name at hand, from the root. */
export function hashSuffixes(context: QueryContext): void {
  const { nameView, labelStart, suffixHash } = context;
  let hash = context.zones.seed;
  suffixHash[context.labelCount] = hash;
  for (let label = context.labelCount - 1; label >= 0; label--) {
    hash = hashLabel(hash, nameView, labelStart[label] as number);
    suffixHash[label] = hash;
  }
}

/**
 * Finds the zone that holds the name at hand: the one with the longest apex.
 * @param firstLabel 0, or 1 to leave out a zone whose apex is the whole name
 * @returns whether one is served
 */
export function findZone(context: QueryContext, firstLabel: number): boolean {
  const { zones, labelCount } = context;
  let label = labelCount - zones.labelCountMax;
  if (label < firstLabel) label = firstLabel;
  for (; label <= labelCount; label++) {
    const start = context.labelStart[label] as number;
    const hash = context.suffixHash[label] as number;
    const zone = zones.find(hash, context.nameView, start, context.nameSize - start);
    if (zone !== undefined) {
      context.zone = zone;
      context.apexLabel = label;
      return true;
    }
  }
  return false;
}
