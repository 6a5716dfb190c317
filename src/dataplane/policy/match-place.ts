import { locateClient } from "./client-place.ts";
import { BRANCH_COUNT_SHIFT, BRANCH_WORDS, GEOLOCATION, GROUP, OP } from "./program.ts";
import { PLACE_KEY, PLACE_KEY_SHIFT } from "./program.ts";
import type { RoutingContext } from "./routing-context.ts";

/** State, country, continent, default. */
export const placeRungCount = 4;

const stride = BRANCH_WORDS[OP.GEOLOCATION] as number;

/** The branch of a geolocation group for one rung of this client's ladder; 0 if it has none. */
export function placeBranch(
  context: RoutingContext,
  words: Int32Array,
  at: number,
  rung: number,
): number {
  const key = rungKey(context, locateClient(context), rung);
  if (key < 0) return 0;
  let low = 0;
  let high = ((words[at] as number) >>> BRANCH_COUNT_SHIFT) - 1;
  const first = at + GROUP.branches;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((words[first + middle * stride + GEOLOCATION.key] as number) < key) low = middle + 1;
    else high = middle;
  }
  const branch = first + low * stride;
  return words[branch + GEOLOCATION.key] === key ? branch : 0;
}

/** The place key of a rung; −1 if the client has no such place. */
function rungKey(context: RoutingContext, location: number, rung: number): number {
  if (rung === placeRungCount - 1) return 0;
  const { locations } = context;
  if (location === 0 || locations === undefined) return -1;
  let level = PLACE_KEY.CONTINENT as number;
  let code = 0;
  if (rung === 0) {
    level = PLACE_KEY.US_STATE;
    code = locations.subdivisions[location] as number;
  } else if (rung === 1) {
    level = PLACE_KEY.COUNTRY;
    code = locations.countries[location] as number;
  } else {
    code = locations.continents[location] as number;
  }
  return code === 0 ? -1 : (level << PLACE_KEY_SHIFT) | code;
}
