import type { ZoneView } from "../image/zone-image.ts";
import { CHOICE, choose as evaluate } from "../policy/evaluate.ts";
import { COUNTER } from "./query-counters.ts";
import type { QueryContext } from "./query-context.ts";

/**
 * Decides which records a routed set answers with: their blocks are in `context.leaves` afterwards.
 * @returns their number; 0 if there is no answer
 */
export function choose(context: QueryContext, zone: ZoneView, routed: number): number {
  const count = evaluate(context, zone, routed);
  if (count !== CHOICE.GAVE_UP) return count;
  const { counters } = context;
  counters[COUNTER.chainsGivenUp] = (counters[COUNTER.chainsGivenUp] as number) + 1;
  return 0;
}
