import { chainLengthMax } from "../../base/limits.ts";
import { LEAF, RECORDS } from "../image/image-program.ts";
import { BLOCK } from "../image/layout.ts";
import type { ZoneView } from "../image/zone-image.ts";
import { drawByWeight, isUp } from "./find-healthy.ts";
import { findTarget, isRouted } from "./find-target.ts";
import { placeBranch, placeRungCount } from "./match-place.ts";
import { BRANCH, BRANCH_COUNT_SHIFT, BRANCH_WORDS, GROUP, OP, OP_MASK } from "./program.ts";
import type { RoutingContext } from "./routing-context.ts";

/**
 * Follows what each group prefers, down to the records, looking at the checks on the way alone.
 * Where those are up, everything on the way is healthy, and looking below each branch before taking
 * it would come to the same, for the same draws, at a cost that grows with the square of the depth
 * (measured, with the targets that find-target.ts remembers: through three aliases 300 ns instead of
 * 610, bench/nameserver-micro.ts).
 * @param routed block of a routed set
 * @returns the block that answers; 0: health has to be looked at, or the op is none of these
 */
export function goStraight(context: RoutingContext, zone: ZoneView, routed: number): number {
  const { words } = zone;
  let program = words[routed + BLOCK.program] as number;
  let at = program;
  for (let aliases = 0; ;) {
    let branch = 0;
    switch ((words[at] as number) & OP_MASK) {
      case LEAF.RECORDS:
        return at + RECORDS.block;
      case LEAF.ALIAS: {
        const block = findTarget(context, zone, at);
        if (block === 0 || aliases >= chainLengthMax) return 0;
        if (!isRouted(zone, block)) return block;
        aliases++;
        program = words[block + BLOCK.program] as number;
        at = program;
        continue;
      }
      case OP.WEIGHTED:
        branch = drawByWeight(context, words, at);
        break;
      case OP.FAILOVER:
        branch = firstUp(context, words, at);
        break;
      case OP.GEOLOCATION:
        branch = smallestPlace(context, words, at);
        break;
      default:
        return 0;
    }
    if (branch === 0 || !isUp(context, words, branch)) return 0;
    at = program + (words[branch + BRANCH.target] as number);
  }
}

function firstUp(context: RoutingContext, words: Int32Array, at: number): number {
  let branch = at + GROUP.branches;
  for (let i = (words[at] as number) >>> BRANCH_COUNT_SHIFT; i > 0; i--) {
    if (isUp(context, words, branch)) return branch;
    branch += failoverWords;
  }
  return 0;
}

const failoverWords = BRANCH_WORDS[OP.FAILOVER] as number;

function smallestPlace(context: RoutingContext, words: Int32Array, at: number): number {
  for (let rung = 0; rung < placeRungCount; rung++) {
    const branch = placeBranch(context, words, at, rung);
    if (branch !== 0) return branch;
  }
  return 0;
}
