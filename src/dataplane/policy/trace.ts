import type { ZoneView } from "../image/zone-image.ts";
import { isHealthy, isUp } from "./find-healthy.ts";
import { cidrBranch, nextBlock, smallestBlock } from "./match-network.ts";
import { currentMinute, isOpen } from "./match-hours.ts";
import { placeBranch, placeRungCount } from "./match-place.ts";
import {
  BRANCH,
  BRANCH_COUNT_SHIFT,
  BRANCH_WORDS,
  GROUP,
  OP,
  OP_MASK,
  WEIGHTED,
} from "./program.ts";
import { rankOf } from "./rank.ts";
import { type RoutingContext, draw } from "./routing-context.ts";
import { CANDIDATE_FLAG, GROUP_FLAG, STEP, STEP_COLUMN, STEP_WORDS } from "./trace-buffer.ts";

/** Writes one step where a trace is wanted. */
export function traceStep(
  context: RoutingContext,
  kind: number,
  program: number,
  at: number,
): void {
  write(context, kind, program, at, 0, 0);
}

/**
 * Writes what a group was decided from: every branch with its rank or weight and its health. What
 * that looks at leaves no mark: draws, scope and judgements are as they were.
 * @param taken the branch that answers; 0: none
 * @param random state of the generator before the group drew from it
 */
export function traceGroup(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  taken: number,
  depth: number,
  random: number,
): void {
  const { words } = zone;
  const after = context.random;
  const { scope, branchesLeft, fallback } = context;
  context.random = random;
  const isOpenFail = taken !== 0 && !isHealthy(context, zone, program, taken, depth);
  const flags = isOpenFail ? GROUP_FLAG.FAIL_OPEN : 0;
  write(context, STEP.GROUP, program, at - program, taken === 0 ? 0 : taken - program, flags);
  const head = words[at] as number;
  const op = head & OP_MASK;
  const stride = BRANCH_WORDS[op] as number;
  if (isRanked(op)) drawRanks(context, zone, program, at, depth);
  let lastBound = 0;
  let branch = at + GROUP.branches;
  const count = head >>> BRANCH_COUNT_SHIFT;
  for (let i = 0; i < count; i++) {
    let value = 0;
    if (op === OP.WEIGHTED) {
      const bound = words[branch + WEIGHTED.bound] as number;
      value = words[at + GROUP.second] === 1 ? 0 : bound - lastBound;
      lastBound = bound;
    } else if (isRanked(op) && context.trace !== undefined) {
      value = context.trace.ranks[i] as number;
    } else if (op === OP.CIDR) {
      const block = blockAround(context, words, program, at, branch);
      value = block === 0 ? 0 : block - program;
    }
    const eligible = isEligible(context, zone, program, at, branch) ? CANDIDATE_FLAG.ELIGIBLE : 0;
    const isTaken = branch === taken ? CANDIDATE_FLAG.TAKEN : 0;
    const health = healthFlags(context, zone, program, branch, depth);
    write(context, STEP.CANDIDATE, program, branch - program, value, eligible | isTaken | health);
    branch += stride;
  }
  context.random = after;
  context.scope = scope;
  context.branchesLeft = branchesLeft;
  context.fallback = fallback;
}

/**
 * Notes the ranks that the decision came to. Where they are drawn (a load between its marks) the lots
 * between equals are drawn again as well, in findNearest()'s order: all come out as they did.
 */
function drawRanks(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  depth: number,
): void {
  const { trace } = context;
  if (trace === undefined) return;
  const head = zone.words[at] as number;
  const op = head & OP_MASK;
  const stride = BRANCH_WORDS[op] as number;
  const count = head >>> BRANCH_COUNT_SHIFT;
  let firstRank = Infinity;
  let firstCount = 0;
  let foundRank = Infinity;
  let foundCount = 0;
  for (let i = 0; i < count; i++) {
    const branch = at + GROUP.branches + i * stride;
    const rank = rankOf(context, zone, program, branch, op);
    trace.ranks[i] = rank;
    if (rank < firstRank) {
      firstRank = rank;
      firstCount = 1;
    } else if (rank === firstRank) {
      draw(context, ++firstCount);
    }
    if (rank > foundRank || !isHealthy(context, zone, program, branch, depth)) continue;
    if (rank < foundRank) {
      foundRank = rank;
      foundCount = 1;
    } else {
      draw(context, ++foundCount);
    }
  }
}

/** The smallest block of a branch around the client's network; 0: it has none. */
function blockAround(
  context: RoutingContext,
  words: Int32Array,
  program: number,
  at: number,
  branch: number,
): number {
  let block = smallestBlock(context, words, program, at);
  while (block !== 0 && cidrBranch(words, at, block) !== branch) block = nextBlock(words, block);
  return block;
}

/** Writes what a multivalue answer was drawn from; those taken follow as RECORDS. */
export function traceSample(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  takenCount: number,
): void {
  const { words } = zone;
  const stride = BRANCH_WORDS[OP.MULTIVALUE] as number;
  const count = (words[at] as number) >>> BRANCH_COUNT_SHIFT;
  write(context, STEP.GROUP, program, at - program, 0, 0);
  const group = traceEnd(context);
  for (let i = 0; i < count; i++) {
    const branch = at + GROUP.branches + i * stride;
    const records = program + (words[branch + BRANCH.target] as number) + 1;
    let flags = CANDIDATE_FLAG.ELIGIBLE | CANDIDATE_FLAG.TARGET_HEALTHY;
    const hasCheckUp = isUp(context, words, branch);
    if (hasCheckUp) flags |= CANDIDATE_FLAG.CHECK_UP;
    for (let k = 0; k < takenCount; k++) {
      if (context.leaves[k] !== records) continue;
      flags |= CANDIDATE_FLAG.TAKEN;
      if (!hasCheckUp) markFailOpen(context, group);
    }
    write(context, STEP.CANDIDATE, program, branch - program, 0, flags);
  }
  for (let k = 0; k < takenCount; k++) {
    write(context, STEP.RECORDS, context.leaves[k] as number, 0, 0, 0);
  }
}

function traceEnd(context: RoutingContext): number {
  return context.trace === undefined ? 0 : context.trace.size;
}

/** @param end where the step ends that is to be marked */
function markFailOpen(context: RoutingContext, end: number): void {
  const { trace } = context;
  if (trace === undefined || end === 0) return;
  trace.words[end - STEP_WORDS + STEP_COLUMN.flags] = GROUP_FLAG.FAIL_OPEN;
}

function healthFlags(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  branch: number,
  depth: number,
): number {
  if (isHealthy(context, zone, program, branch, depth)) {
    return CANDIDATE_FLAG.CHECK_UP | CANDIDATE_FLAG.TARGET_HEALTHY;
  }
  return isUp(context, zone.words, branch) ? CANDIDATE_FLAG.CHECK_UP : 0;
}

/** Ops whose branches have a rank (rank.ts). */
export function isRanked(op: number): boolean {
  return (
    op === OP.GEOPROXIMITY ||
    op === OP.LATENCY ||
    op === OP.LEAST_LOADED ||
    op === OP.STICKY ||
    op === OP.NEARBY
  );
}

/** Whether the policy may answer this client with a branch at all. */
function isEligible(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  branch: number,
): boolean {
  const { words } = zone;
  switch ((words[at] as number) & OP_MASK) {
    case OP.GEOLOCATION:
      for (let rung = 0; rung < placeRungCount; rung++) {
        if (placeBranch(context, words, at, rung) === branch) return true;
      }
      return false;
    case OP.CIDR:
      if (branch - at === words[at + GROUP.third]) return true;
      return blockAround(context, words, program, at, branch) !== 0;
    case OP.TIME_OF_DAY:
      if (branch - at === words[at + GROUP.second]) return true;
      return isOpen(words, program, branch, currentMinute(context, words, program, at));
    default:
      return true;
  }
}

function write(
  context: RoutingContext,
  kind: number,
  program: number,
  at: number,
  value: number,
  flags: number,
): void {
  const { trace } = context;
  if (trace === undefined) return;
  const { words, size } = trace;
  if (size + STEP_WORDS > words.length) {
    trace.lostCount++;
    return;
  }
  words[size + STEP_COLUMN.kind] = kind;
  words[size + STEP_COLUMN.program] = program;
  words[size + STEP_COLUMN.at] = at;
  words[size + STEP_COLUMN.value] = value;
  words[size + STEP_COLUMN.flags] = flags;
  trace.size = size + STEP_WORDS;
}
