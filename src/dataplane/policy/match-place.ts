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
  const location = locateClient(context);
  const first = at + GROUP.branches;
  if (rung === placeRungCount - 1) return words[first + GEOLOCATION.key] === 0 ? first : 0;
  const { locations } = context;
  if (location === 0 || locations === undefined) return 0;
  const countries = words[at + GROUP.first] as number;
  const states = words[at + GROUP.second] as number;
  if (rung === 0) {
    const key = stateLevel | (locations.subdivisions[location] as number);
    return find(words, first, states, words[at + GROUP.third] as number, key);
  }
  if (rung === 1) {
    const key = countryLevel | (locations.countries[location] as number);
    return find(words, first, countries, states, key);
  }
  const key = continentLevel | (locations.continents[location] as number);
  return find(words, first, 0, countries, key);
}

const continentLevel = PLACE_KEY.CONTINENT << PLACE_KEY_SHIFT;
const countryLevel = PLACE_KEY.COUNTRY << PLACE_KEY_SHIFT;
const stateLevel = PLACE_KEY.US_STATE << PLACE_KEY_SHIFT;

/**
 * The branch with a key, among those from `start` to before `end`; 0 if none has it. No key has the
 * code 0, which is nowhere.
 */
function find(words: Int32Array, first: number, start: number, end: number, key: number): number {
  if (start === end) return 0;
  let low = start;
  let high = end - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((words[first + middle * stride + GEOLOCATION.key] as number) < key) low = middle + 1;
    else high = middle;
  }
  const branch = first + low * stride;
  return words[branch + GEOLOCATION.key] === key ? branch : 0;
}
