import { chainLengthMax, routingJudgementCountMax } from "../../base/limits.ts";
import { LEAF, RECORDS } from "../image/image-program.ts";
import { BLOCK } from "../image/layout.ts";
import type { ZoneView } from "../image/zone-image.ts";
import { failMode, findHealthy, isUp } from "./find-healthy.ts";
import { findTarget, isRouted } from "./find-target.ts";
import { goStraight } from "./go-straight.ts";
import {
  BRANCH,
  BRANCH_COUNT_SHIFT,
  BRANCH_WORDS,
  FAIL_MODE,
  GROUP,
  OP,
  OP_MASK,
} from "./program.ts";
import { type RoutingContext, draw } from "./routing-context.ts";
import { traceGroup, traceSample, traceStep } from "./trace.ts";
import { STEP } from "./trace-buffer.ts";

/** What `choose` comes to where no leaf can be told. */
export const CHOICE = { NOTHING: 0, GAVE_UP: -1 } as const;

/**
 * Runs the program of a routed set: the blocks it comes to are in `context.leaves` afterwards. A
 * pure function of the image, the status table, the client's place, the time and the draws.
 * @returns their number; CHOICE.NOTHING: no branch may answer; CHOICE.GAVE_UP: too many aliases
 */
export function choose(context: RoutingContext, zone: ZoneView, routed: number): number {
  const { random, scope } = context;
  const block = goStraight(context, zone, routed);
  if (block !== 0 && context.trace === undefined) return addLeaf(context, block);
  const straightScope = context.scope;
  context.random = random;
  context.scope = scope;
  const count = chooseHealthy(context, zone, routed);
  // A trace shows the long way, to the same records; it may look at more of the client's place.
  if (block !== 0) context.scope = straightScope;
  return count;
}

function chooseHealthy(context: RoutingContext, zone: ZoneView, routed: number): number {
  const { words } = zone;
  let program = words[routed + BLOCK.program] as number;
  let at = program;
  let depth = 0;
  context.leafCount = 0;
  context.branchesLeft = routingJudgementCountMax;
  if (context.trace !== undefined) traceStep(context, STEP.SET, routed, 0);
  for (;;) {
    switch ((words[at] as number) & OP_MASK) {
      case LEAF.RECORDS:
        return addLeaf(context, at + RECORDS.block);
      case LEAF.ALIAS: {
        const block = findTarget(context, zone, at);
        if (context.trace !== undefined) traceStep(context, STEP.ALIAS, program, at - program);
        if (block === 0) return CHOICE.NOTHING;
        if (depth >= chainLengthMax) return CHOICE.GAVE_UP;
        depth++;
        if (!isRouted(zone, block)) return addLeaf(context, block);
        program = words[block + BLOCK.program] as number;
        at = program;
        if (context.trace !== undefined) traceStep(context, STEP.SET, block, 0);
        continue;
      }
      case OP.MULTIVALUE:
        return drawSample(context, zone, program, at);
      default: {
        const branch = pick(context, zone, program, at, depth);
        if (branch === 0) return CHOICE.NOTHING;
        at = program + (words[branch + BRANCH.target] as number);
      }
    }
  }
}

function addLeaf(context: RoutingContext, block: number): number {
  if (context.trace !== undefined) traceStep(context, STEP.RECORDS, block, 0);
  context.leaves[0] = block;
  context.leafCount = 1;
  return 1;
}

/** The branch of a group that answers; 0: none may. */
function pick(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  at: number,
  depth: number,
): number {
  const random = context.random;
  let branch = findHealthy(context, zone, program, at, depth);
  if (branch === 0 && failMode(zone.words, at) !== FAIL_MODE.CLOSED) branch = context.fallback;
  if (context.trace !== undefined) traceGroup(context, zone, program, at, branch, depth, random);
  return branch;
}

/** Draws healthy branches without putting back, each as likely as any other. */
function drawSample(context: RoutingContext, zone: ZoneView, program: number, at: number): number {
  const { words } = zone;
  const { sample, leaves } = context;
  const stride = BRANCH_WORDS[OP.MULTIVALUE] as number;
  const limit = words[at + GROUP.first] as number;
  const count = (words[at] as number) >>> BRANCH_COUNT_SHIFT;
  let left = 0;
  for (let i = 0; i < count; i++) {
    const branch = at + GROUP.branches + i * stride;
    if (isUp(context, words, branch)) sample[left++] = branch;
  }
  if (left === 0 && failMode(words, at) !== FAIL_MODE.CLOSED) {
    for (; left < count; left++) sample[left] = at + GROUP.branches + left * stride;
  }
  let taken = 0;
  while (left > 0 && taken < limit) {
    const i = draw(context, left);
    const branch = sample[i] as number;
    sample[i] = sample[--left] as number;
    leaves[taken++] = program + (words[branch + BRANCH.target] as number) + RECORDS.block;
  }
  context.leafCount = taken;
  if (context.trace !== undefined) traceSample(context, zone, program, at, taken);
  return taken;
}
