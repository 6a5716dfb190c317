import { chainLengthMax } from "../../base/limits.ts";
import { findNode } from "../image/find-node.ts";
import { BLOCK, HEADER, NODE_FLAG, typeKey } from "../image/layout.ts";
import { hashLabel } from "../image/name-hash.ts";
import { type ZoneView, blockWords, firstBlock } from "../image/zone-image.ts";
import { synthesize } from "./dname.ts";
import { isRouted } from "../policy/find-target.ts";
import { choose } from "./choose-leaves.ts";
import { COUNTER } from "./query-counters.ts";
import type { QueryContext } from "./query-context.ts";
import { findZone, hashSuffixes, readResponseName } from "./query-name.ts";
import { refer } from "./referral.ts";
import { ANY, CNAME, DS, FOLLOW, NOERROR, NXDOMAIN, TC } from "./response-codes.ts";
import { writeRRset } from "./write-rrset.ts";

const cnameKey = typeKey(CNAME);

/**
 * Answers for the name at hand and those its chain leads to (RFC 1034 §4.3.2), in `context.zone`.
 * @returns the response code; that of the last name of a chain (RFC 6604 §3)
 */
export function answer(context: QueryContext): number {
  for (;;) {
    const code = answerName(context);
    if (code !== FOLLOW) return code;
    if (!follow(context)) return NOERROR;
  }
}

/**
 * Finds the zone for the name at hand. A DS set belongs to the parent side of a cut (RFC 4035
 * §3.1.4.1), so its query goes to the parent zone where that is served.
 */
export function enterZone(context: QueryContext): boolean {
  if (!findZone(context, 0)) return false;
  if (context.qtype === DS && context.apexLabel === 0 && context.labelCount > 0) {
    const zone = context.zone;
    if (!findZone(context, 1)) {
      context.zone = zone;
      context.apexLabel = 0;
    }
  }
  return true;
}

/** Takes the next name of a chain. @returns false where the chain ends with what was gathered */
function follow(context: QueryContext): boolean {
  const step = context.chainLength++;
  context.chainHash[step] = context.suffixHash[0] as number;
  context.chainNameSize[step] = context.nameSize;
  if (context.chainLength > chainLengthMax) return giveUp(context);
  readResponseName(context, context.nextPosition);
  hashSuffixes(context);
  for (let i = 0; i <= step; i++) {
    if (context.chainHash[i] === context.suffixHash[0]) {
      if (context.chainNameSize[i] === context.nameSize) return giveUp(context);
    }
  }
  const { chainGate } = context;
  if ((chainGate === undefined || chainGate.admits(context)) && enterZone(context)) return true;
  context.unfinished = 1;
  return false;
}

function giveUp(context: QueryContext): boolean {
  const { counters } = context;
  counters[COUNTER.chainsGivenUp] = (counters[COUNTER.chainsGivenUp] as number) + 1;
  context.unfinished = 1;
  return false;
}

function answerName(context: QueryContext): number {
  const zone = context.zone as ZoneView;
  const label = context.apexLabel;
  if (label === 0) return answerNode(context, zone, zone.words[HEADER.apexNode] as number);
  const size = context.labelStart[label] as number;
  const node = findNode(zone, context.suffixHash[0] as number, context.nameView, 0, size);
  if (node !== 0) {
    const flags = zone.words[node + 1] as number;
    if ((flags & (NODE_FLAG.CUT | NODE_FLAG.OCCLUDED)) === 0) {
      return answerNode(context, zone, node);
    }
    if ((flags & NODE_FLAG.OCCLUDED) === 0 && context.qtype === DS) {
      return answerNode(context, zone, node);
    }
  }
  return descend(context, zone);
}

/** Goes down from the apex to the first cut or DNAME, or to the closest encloser. */
function descend(context: QueryContext, zone: ZoneView): number {
  const { words } = zone;
  const nameEnd = context.labelStart[context.apexLabel] as number;
  let encloser = words[HEADER.apexNode] as number;
  let encloserLabel = context.apexLabel;
  for (let label = context.apexLabel; ;) {
    if (((words[encloser + 1] as number) & NODE_FLAG.DNAME) !== 0 && label > 0) {
      return synthesize(context, zone, encloser, label);
    }
    label--;
    if (label < 0) break;
    const start = context.labelStart[label] as number;
    const hash = context.suffixHash[label] as number;
    const node = findNode(zone, hash, context.nameView, start, nameEnd - start);
    if (node === 0) break;
    encloser = node;
    encloserLabel = label;
    if (((words[node + 1] as number) & NODE_FLAG.CUT) !== 0) {
      return refer(context, zone, node, label);
    }
  }
  // A patch may have brought the name since it was not found.
  if (encloserLabel === 0) return answerNode(context, zone, encloser);
  if (((words[encloser + 1] as number) & NODE_FLAG.WILDCARD) !== 0) {
    const wildcard = findWildcard(context, zone, encloserLabel, nameEnd);
    if (wildcard !== 0) return answerNode(context, zone, wildcard);
  }
  return denyName(context, zone);
}

/** The source of synthesis (RFC 4592 §3.3.1): `*` below the closest encloser. */
function findWildcard(
  context: QueryContext,
  zone: ZoneView,
  encloserLabel: number,
  nameEnd: number,
): number {
  const { name, nameView } = context;
  // The label before the encloser gives way to the asterisk; each label has two octets or more.
  const start = (context.labelStart[encloserLabel] as number) - 2;
  const size = name[start] as number;
  const octet = name[start + 1] as number;
  name[start] = 1;
  name[start + 1] = 0x2a;
  const hash = hashLabel(context.suffixHash[encloserLabel] as number, nameView, start);
  const node = findNode(zone, hash, nameView, start, nameEnd - start);
  name[start] = size;
  name[start + 1] = octet;
  return node;
}

/** Answers from a node: the type asked for, else its CNAME, else that there is no such data. */
function answerNode(context: QueryContext, zone: ZoneView, node: number): number {
  if (context.qtype === ANY) return answerAny(context, zone, node);
  const { words } = zone;
  const key = context.qkey;
  let block = firstBlock(words, node);
  for (let i = ((words[node] as number) >>> 8) & 0xff; i > 0; i--) {
    const blockKey = words[block + BLOCK.key] as number;
    if (blockKey === key) {
      return writeAnswer(context, zone, block) ? NOERROR : denyType(context, zone);
    }
    if (blockKey === cnameKey) return answerCname(context, zone, block);
    block += blockWords(words, block);
  }
  return denyType(context, zone);
}

/** One set stands for all (RFC 8482 §4.1): the first, which is the SOA or the lowest type. */
function answerAny(context: QueryContext, zone: ZoneView, node: number): number {
  const { words } = zone;
  let block = firstBlock(words, node);
  for (let i = ((words[node] as number) >>> 8) & 0xff; i > 0; i--) {
    if (writeAnswer(context, zone, block)) return NOERROR;
    block += blockWords(words, block);
  }
  return denyType(context, zone);
}

function answerCname(context: QueryContext, zone: ZoneView, block: number): number {
  const position = context.cursor - context.responseOffset;
  if (!writeAnswer(context, zone, block)) return denyType(context, zone);
  if (context.truncated !== 0) return NOERROR;
  context.nextPosition = position + 12;
  return FOLLOW;
}

/**
 * Writes a set in the answer section, owned by the name at hand.
 * @returns false where it is routed and comes to nothing
 */
function writeAnswer(context: QueryContext, zone: ZoneView, block: number): boolean {
  const owner = context.labelPosition[0] as number;
  if (!isRouted(zone, block)) {
    const count = writeRRset(context, zone, block, owner);
    if (count === 0) context.truncated = TC;
    context.answerCount += count;
    return true;
  }
  const leafCount = choose(context, zone, block);
  for (let i = 0; i < leafCount; i++) {
    const count = writeRRset(context, zone, context.leaves[i] as number, owner);
    if (count === 0) context.truncated = TC;
    context.answerCount += count;
  }
  return leafCount > 0;
}

/** NODATA (RFC 2308 §2.2). */
function denyType(context: QueryContext, zone: ZoneView): number {
  const { counters } = context;
  counters[COUNTER.noData] = (counters[COUNTER.noData] as number) + 1;
  writeSoa(context, zone);
  return NOERROR;
}

/** NXDOMAIN (RFC 2308 §2.1). */
function denyName(context: QueryContext, zone: ZoneView): number {
  writeSoa(context, zone);
  return NXDOMAIN;
}

/** The SOA of a negative answer; its TTL is that of the answer (RFC 2308 §3). */
function writeSoa(context: QueryContext, zone: ZoneView): void {
  const start = context.cursor;
  const soa = firstBlock(zone.words, zone.words[HEADER.apexNode] as number);
  const owner = context.labelPosition[context.apexLabel] as number;
  const count = writeRRset(context, zone, soa, owner);
  if (count === 0) {
    context.truncated = TC;
    return;
  }
  const { view } = context;
  const minimum = view.getUint32(context.cursor - 4);
  if (minimum < view.getUint32(start + 6)) view.setUint32(start + 6, minimum);
  context.authorityCount += count;
}
