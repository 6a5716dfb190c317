import { DISTANCE_UNKNOWN } from "../geo/great-circle.ts";
import { placeCodeText } from "../geo/place-code.ts";
import type { ZoneView } from "../image/zone-image.ts";
import { CIDR_LENGTH_MASK } from "./cidr-table.ts";
import {
  BRANCH_WORDS,
  GEOLOCATION,
  GROUP,
  LATENCY,
  LOAD,
  OP,
  PLACE_KEY,
  PLACE_KEY_SHIFT,
  PROXIMITY,
  STICKY,
  TIME,
  WINDOW,
} from "./program.ts";
import { NEARBY_TIER_SHIFT, SHED } from "./rank.ts";
import type { GroupNode, WantedPlace, WeeklyWindow } from "./routing-tree.ts";

/** What a policy goes by when it compares a branch with its siblings. */
export type TracedCriterion =
  /** Their order, or nothing: failover, multivalue. */
  | { readonly kind: "order" }
  | { readonly kind: "weight"; readonly weight: number }
  | { readonly kind: "place"; readonly place: WantedPlace }
  /** With the bias counted in; `undefined`: nobody knows where the client is. */
  | { readonly kind: "distance"; readonly metres: number | undefined; readonly bias: number }
  | { readonly kind: "region"; readonly region: string; readonly metres: number | undefined }
  | {
      readonly kind: "network";
      readonly isDefault: boolean;
      /** Length of the block around the client's network; `undefined`: it has none. */
      readonly prefixLength: number | undefined;
    }
  | { readonly kind: "hours"; readonly windows: readonly WeeklyWindow[] | "default" }
  | {
      readonly kind: "load";
      readonly load: number;
      readonly low: number;
      readonly high: number;
      /** This client is one of those that pass it over for its load. */
      readonly isShed: boolean;
    }
  | { readonly kind: "lot"; readonly weight: number }
  /** In the client's city (0), its country (1), on its continent (2) or anywhere (3). */
  | { readonly kind: "nearness"; readonly tier: number; readonly metres: number | undefined };

type TracedBranch = {
  /** Where the program begins, and the branch. */
  program: number;
  branch: number;
  policy: GroupNode["kind"];
  /** Of the branch in its group. */
  index: number;
  /** Its weight, rank or CIDR block, as the trace has it. */
  value: number;
};

/** What the branch of a trace was compared by. */
export function decodeCriterion(zone: ZoneView, traced: TracedBranch): TracedCriterion {
  const { program, branch, policy, value } = traced;
  const own = (column: number): number => zone.words[branch + column] as number;
  const metres = value === DISTANCE_UNKNOWN ? undefined : value;
  switch (policy) {
    case "weighted":
      return { kind: "weight", weight: value };
    case "geolocation":
      return { kind: "place", place: placeOf(own(GEOLOCATION.key)) };
    case "geoproximity":
      return { kind: "distance", metres, bias: own(PROXIMITY.bias) };
    case "latency":
      return { kind: "region", region: textAt(zone, program + own(LATENCY.region)), metres };
    case "cidr":
      return {
        kind: "network",
        isDefault: isDefault(zone, traced),
        prefixLength:
          value === 0 ? undefined : (zone.words[program + value] as number) & CIDR_LENGTH_MASK,
      };
    case "timeOfDay":
      return {
        kind: "hours",
        windows: isDefault(zone, traced) ? "default" : windowsOf(zone, program, branch),
      };
    case "leastLoaded": {
      const isShed = value >= SHED;
      const load = isShed ? value - SHED : value;
      return { kind: "load", load, low: own(LOAD.low), high: own(LOAD.high), isShed };
    }
    case "sticky":
      return { kind: "lot", weight: own(STICKY.weight) };
    case "nearby": {
      const tier = value >> NEARBY_TIER_SHIFT;
      const away = value & ((1 << NEARBY_TIER_SHIFT) - 1);
      return { kind: "nearness", tier, metres: tier === 0 ? undefined : away };
    }
    default:
      return { kind: "order" };
  }
}

/** Whether its group names the branch as the default, by its offset from the group's start. */
function isDefault(zone: ZoneView, { branch, policy, index }: TracedBranch): boolean {
  const isCidr = policy === "cidr";
  const stride = BRANCH_WORDS[isCidr ? OP.CIDR : OP.TIME_OF_DAY] as number;
  const group = branch - index * stride - GROUP.branches;
  return zone.words[group + (isCidr ? GROUP.third : GROUP.second)] === branch - group;
}

function placeOf(key: number): WantedPlace {
  const code = placeCodeText(key & ((1 << PLACE_KEY_SHIFT) - 1));
  switch (key >>> PLACE_KEY_SHIFT) {
    case 0:
      return "default";
    case PLACE_KEY.CONTINENT:
      return { continent: code };
    case PLACE_KEY.COUNTRY:
      return { country: code };
    case PLACE_KEY.US_STATE:
      return { country: "US", subdivision: code };
    default:
      return { subdivision: code };
  }
}

function windowsOf(zone: ZoneView, program: number, branch: number): WeeklyWindow[] {
  const { words } = zone;
  const first = program + (words[branch + TIME.windows] as number);
  const count = words[branch + TIME.windowCount] as number;
  return Array.from(words.subarray(first, first + count), (word) => ({
    days: word & WINDOW.daysMask,
    startMinute: (word >>> WINDOW.startShift) & WINDOW.minuteMask,
    endMinute: (word >>> WINDOW.endShift) & WINDOW.minuteMask,
  }));
}

/** A text of a program (program.ts), by its offset in the image. */
export function textAt(zone: ZoneView, at: number): string {
  const start = (at + 1) * 4;
  // A copy: text is not decoded from shared memory.
  const octets = zone.octets.slice(start, start + (zone.words[at] as number));
  return new TextDecoder().decode(octets);
}
