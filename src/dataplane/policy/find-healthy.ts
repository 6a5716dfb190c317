import { chainLengthMax } from "../../base/limits.ts";
import { ALIAS, EVALUATE_HEALTH, LEAF } from "../image/image-program.ts";
import { BLOCK } from "../image/layout.ts";
import type { ZoneView } from "../image/zone-image.ts";
import { findTarget, isRouted } from "./find-target.ts";
import { currentMinute, isOpen } from "./match-hours.ts";
import { cidrBranch, nextBlock, smallestBlock } from "./match-network.ts";
import { placeBranch, placeRungCount } from "./match-place.ts";
import {
  BRANCH,
  BRANCH_COUNT_SHIFT,
  BRANCH_WORDS,
  EVALUATE_GROUP,
  FAIL_MODE,
  FAIL_MODE_SHIFT,
  GROUP,
  HEALTH_SLOT_MASK,
  OP,
  OP_MASK,
  WEIGHTED,
} from "./program.ts";
import { rankOf, tierOf } from "./rank.ts";
import { type RoutingContext, draw } from "./routing-context.ts";

/** What a group does where none of its branches is healthy: one of FAIL_MODE. */
export function failMode(words: Int32Array, at: number): number {
  return ((words[at] as number) >>> FAIL_MODE_SHIFT) & 0xff;
}

/**
 * The healthy branch that a group's policy prefers; 0: none is healthy. The one it prefers where
 * health does not count is in `context.fallback` then.
 */
export function findHealthy(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  depth: number,
): number {
  switch ((zone.words[at] as number) & OP_MASK) {
    case OP.WEIGHTED:
      return findByWeight(context, zone, program, at, depth);
    case OP.FAILOVER:
      return findFirst(context, zone, program, at, depth);
    case OP.GEOLOCATION:
      return findByPlace(context, zone, program, at, depth);
    case OP.CIDR:
      return findByNetwork(context, zone, program, at, depth);
    case OP.TIME_OF_DAY:
      return findByHours(context, zone, program, at, depth);
    default:
      return findNearest(context, zone, program, at, depth);
  }
}

/**
 * One draw over all weights; only where that comes to an unhealthy branch another over those that
 * are healthy, which gives each the chance that drawing among them alone would.
 */
function findByWeight(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  depth: number,
): number {
  const branch = drawByWeight(context, zone.words, at);
  let found = branch;
  if (!isHealthy(context, zone, program, branch, depth)) {
    found = drawHealthy(context, zone, program, at, depth, 1);
    if (found === 0) found = drawHealthy(context, zone, program, at, depth, 0);
  }
  context.fallback = branch;
  return found;
}

/** A branch drawn by weight, healthy or not. */
export function drawByWeight(context: RoutingContext, words: Int32Array, at: number): number {
  const drawn = draw(context, words[at + GROUP.first] as number);
  const first = at + GROUP.branches;
  let low = 0;
  let high = ((words[at] as number) >>> BRANCH_COUNT_SHIFT) - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((words[first + middle * weightedWords + WEIGHTED.bound] as number) > drawn) high = middle;
    else low = middle + 1;
  }
  return first + low * weightedWords;
}

const weightedWords = BRANCH_WORDS[OP.WEIGHTED] as number;

/**
 * Draws by weight among the healthy branches that have one, or evenly among those of weight 0: each
 * in turn takes the place of the one before by its share of all so far.
 */
function drawHealthy(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  depth: number,
  weighted: number,
): number {
  const { words } = zone;
  let found = 0;
  let total = 0;
  let lastBound = 0;
  let branch = at + GROUP.branches;
  for (let i = (words[at] as number) >>> BRANCH_COUNT_SHIFT; i > 0; i--) {
    const bound = words[branch + WEIGHTED.bound] as number;
    const weight = bound - lastBound;
    lastBound = bound;
    if (weight > 0 === weighted > 0 && isHealthy(context, zone, program, branch, depth)) {
      const share = weighted > 0 ? weight : 1;
      total += share;
      if (draw(context, total) < share) found = branch;
    }
    branch += weightedWords;
  }
  return found;
}

/** The ranks of failover: the first that is healthy. */
function findFirst(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  depth: number,
): number {
  const { words } = zone;
  const stride = BRANCH_WORDS[(words[at] as number) & OP_MASK] as number;
  let branch = at + GROUP.branches;
  for (let i = (words[at] as number) >>> BRANCH_COUNT_SHIFT; i > 0; i--) {
    if (isHealthy(context, zone, program, branch, depth)) return branch;
    branch += stride;
  }
  context.fallback = at + GROUP.branches;
  return 0;
}

/** State, country, continent, default: of this client alone. */
function findByPlace(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  depth: number,
): number {
  const isFenced = failMode(zone.words, at) === FAIL_MODE.GEOFENCE;
  let first = 0;
  for (let rung = 0; rung < placeRungCount; rung++) {
    const branch = placeBranch(context, zone.words, at, rung);
    if (branch === 0) continue;
    if (isHealthy(context, zone, program, branch, depth)) return branch;
    if (first === 0) first = branch;
    if (isFenced) break;
  }
  context.fallback = first;
  return 0;
}

/** The longest block around the client's network, then the next longer, at last the default. */
function findByNetwork(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  depth: number,
): number {
  const { words } = zone;
  const isFenced = failMode(words, at) === FAIL_MODE.GEOFENCE;
  let first = 0;
  let block = smallestBlock(context, words, program, at);
  while (block !== 0) {
    const branch = cidrBranch(words, at, block);
    if (isHealthy(context, zone, program, branch, depth)) return branch;
    if (first === 0) first = branch;
    if (isFenced) break;
    block = nextBlock(words, block);
  }
  const fallback = words[at + GROUP.third] as number;
  if (fallback !== 0 && !(isFenced && first !== 0)) {
    if (isHealthy(context, zone, program, at + fallback, depth)) return at + fallback;
    if (first === 0) first = at + fallback;
  }
  context.fallback = first;
  return 0;
}

/** The first branch that is open now, then the next one; at last the default. */
function findByHours(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  depth: number,
): number {
  const { words } = zone;
  const stride = BRANCH_WORDS[OP.TIME_OF_DAY] as number;
  const minute = currentMinute(context, words, program, at);
  let first = 0;
  let branch = at + GROUP.branches;
  for (let i = (words[at] as number) >>> BRANCH_COUNT_SHIFT; i > 0; i--) {
    if (isOpen(words, program, branch, minute)) {
      if (isHealthy(context, zone, program, branch, depth)) return branch;
      if (first === 0) first = branch;
    }
    branch += stride;
  }
  const fallback = words[at + GROUP.second] as number;
  if (fallback !== 0) {
    if (isHealthy(context, zone, program, at + fallback, depth)) return at + fallback;
    if (first === 0) first = at + fallback;
  }
  context.fallback = first;
  return 0;
}

/**
 * The healthy branch of the lowest rank, in one pass; lots are drawn between equals, so that clients
 * of whom nothing is known are spread over all.
 */
function findNearest(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  depth: number,
): number {
  const { words } = zone;
  const head = words[at] as number;
  const op = head & OP_MASK;
  const stride = BRANCH_WORDS[op] as number;
  let first = 0;
  let firstRank = 0;
  let firstCount = 0;
  let found = 0;
  let foundRank = 0;
  let foundCount = 0;
  let branch = at + GROUP.branches;
  for (let i = head >>> BRANCH_COUNT_SHIFT; i > 0; i--) {
    const rank = rankOf(context, zone, program, branch, op);
    if (first === 0 || rank < firstRank) {
      first = branch;
      firstRank = rank;
      firstCount = 1;
    } else if (rank === firstRank && draw(context, ++firstCount) === 0) {
      first = branch;
    }
    if (found === 0 || rank <= foundRank) {
      if (isHealthy(context, zone, program, branch, depth)) {
        if (found === 0 || rank < foundRank) {
          found = branch;
          foundRank = rank;
          foundCount = 1;
        } else if (draw(context, ++foundCount) === 0) {
          found = branch;
        }
      }
    }
    branch += stride;
  }
  context.fallback = first;
  const isFenced = op === OP.NEARBY && failMode(words, at) === FAIL_MODE.GEOFENCE;
  return isFenced && tierOf(foundRank) !== tierOf(firstRank) ? 0 : found;
}

/**
 * Whether a branch counts as healthy: its health check is up, and what it leads to is healthy where
 * that is to be looked at.
 */
export function isHealthy(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  branch: number,
  depth: number,
): boolean {
  const { words } = zone;
  if (!isUp(context, words, branch)) return false;
  const target = program + (words[branch + BRANCH.target] as number);
  switch ((words[target] as number) & OP_MASK) {
    case LEAF.RECORDS:
      return true;
    case LEAF.ALIAS:
      return isAliasHealthy(context, zone, target, depth);
    default:
      if (((words[branch + BRANCH.health] as number) & EVALUATE_GROUP) === 0) return true;
      return isGroupHealthy(context, zone, program, target, depth);
  }
}

/** Whether a branch's own health check is up. */
export function isUp(context: RoutingContext, words: Int32Array, branch: number): boolean {
  const slot = (words[branch + BRANCH.health] as number) & HEALTH_SLOT_MASK;
  return slot === 0 || context.health[slot] !== 0;
}

/** An alias without EvaluateTargetHealth is healthy; else it is while its target is. */
function isAliasHealthy(
  context: RoutingContext,
  zone: ZoneView,
  alias: number,
  depth: number,
): boolean {
  const { words } = zone;
  if (((words[alias + ALIAS.nameSize] as number) & EVALUATE_HEALTH) === 0) return true;
  const block = findTarget(context, zone, alias);
  if (block === 0 || depth >= chainLengthMax) return false;
  if (!isRouted(zone, block)) return true;
  const program = words[block + BLOCK.program] as number;
  switch ((words[program] as number) & OP_MASK) {
    case LEAF.RECORDS:
      return true;
    case LEAF.ALIAS:
      return isAliasHealthy(context, zone, program, depth + 1);
    default:
      return isGroupHealthy(context, zone, program, program, depth + 1);
  }
}

/** A group is healthy while a branch is that may answer this client. */
function isGroupHealthy(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  depth: number,
): boolean {
  const head = zone.words[at] as number;
  context.branchesLeft -= head >>> BRANCH_COUNT_SHIFT;
  if (context.branchesLeft < 0) return true;
  switch (head & OP_MASK) {
    case OP.GEOLOCATION:
      return findByPlace(context, zone, program, at, depth) !== 0;
    case OP.CIDR:
      return findByNetwork(context, zone, program, at, depth) !== 0;
    case OP.TIME_OF_DAY:
      return findByHours(context, zone, program, at, depth) !== 0;
    case OP.NEARBY:
      if (failMode(zone.words, at) === FAIL_MODE.GEOFENCE) {
        return hasNear(context, zone, program, at, depth);
      }
      return findFirst(context, zone, program, at, depth) !== 0;
    default:
      return findFirst(context, zone, program, at, depth) !== 0;
  }
}

/** Looking takes no draws from those that choose. */
function hasNear(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  depth: number,
): boolean {
  const { random } = context;
  const found = findNearest(context, zone, program, at, depth);
  context.random = random;
  return found !== 0;
}
