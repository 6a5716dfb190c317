/**
 * The program of a routed set: groups of branches, one inside the other, in words. Offsets count from
 * the program's first word (where BLOCK.program of its block leads); its leaves are image-program.ts's.
 *
 * ```
 *   group      op 8 | fail mode 8 | branchCount 16
 *              three arguments
 *              branches: `BRANCH_WORDS[op]` words each
 *   branch     target: offset of a group or a leaf
 *              health slot 24 | EVALUATE_GROUP
 *              label: offset of a text
 *              what the op needs
 *   text       octets, then UTF-8, padded to words
 *
 *   op             arguments                           per branch
 *   WEIGHTED       total, 1 if all weights are 0       bound: draw 0 ≤ d < total, first with d < bound
 *   FAILOVER
 *   GEOLOCATION    index of the first branch of a      place key, by which they are in order
 *                  country, of a state, of nowhere
 *   GEOPROXIMITY                                       point × 3, bias
 *   LATENCY                                            point × 3, region: offset of a text
 *   CIDR           tables of IPv4 and IPv6, default    (cidr-table.ts)
 *   MULTIVALUE     limit
 *   TIME_OF_DAY    offsets from UTC, default           windows: offset, count
 *   LEAST_LOADED                                       load slot, low, high
 *   STICKY                                             weight, hash of the label
 *   NEARBY                                             point × 3, country, continent, city: offset of
 *                                                      a text or 0, load slot
 * ```
 *
 * A default is the offset of a branch from the group's start; 0: none. Points are those of
 * geo/great-circle.ts, codes those of geo/place-code.ts.
 *
 * ```
 *   offsets from UTC   count, then (minutes since 1970 from which on, minutes to add) in order
 *   window             days 7 | start minute 11 | end minute 11
 * ```
 */
export const OP = {
  WEIGHTED: 3,
  FAILOVER: 4,
  GEOLOCATION: 5,
  GEOPROXIMITY: 6,
  LATENCY: 7,
  CIDR: 8,
  MULTIVALUE: 9,
  TIME_OF_DAY: 10,
  LEAST_LOADED: 11,
  STICKY: 12,
  NEARBY: 13,
} as const;

/** Words of a branch, by op. */
export const BRANCH_WORDS = Uint8Array.of(0, 0, 0, 4, 3, 4, 7, 7, 3, 3, 5, 6, 5, 10);

/** Columns of a group, in words from its start. */
export const GROUP = { head: 0, first: 1, second: 2, third: 3, branches: 4 } as const;
export const OP_MASK = 0xff;
export const FAIL_MODE_SHIFT = 8;
export const BRANCH_COUNT_SHIFT = 16;

export const FAIL_MODE = { OPEN: 0, CLOSED: 1, GEOFENCE: 2 } as const;

/** Columns of a branch, in words from its start; `own` is where those of its op begin. */
export const BRANCH = { target: 0, health: 1, label: 2, own: 3 } as const;
export const HEALTH_SLOT_MASK = 0xff_ffff;
/** The health of the group it leads to counts. */
export const EVALUATE_GROUP = 0x100_0000;

/** Columns of a branch's own words. */
export const WEIGHTED = { bound: 3 } as const;
export const GEOLOCATION = { key: 3 } as const;
export const PROXIMITY = { point: 3, bias: 6 } as const;
export const LATENCY = { point: 3, region: 6 } as const;
export const TIME = { windows: 3, windowCount: 4 } as const;
export const LOAD = { slot: 3, low: 4, high: 5 } as const;
export const STICKY = { weight: 3, hash: 4 } as const;
export const NEARBY = { point: 3, country: 6, continent: 7, city: 8, loadSlot: 9 } as const;

/** Upper half of a place key: what its code is of. The default's key is 0. */
export const PLACE_KEY = { CONTINENT: 1, COUNTRY: 2, US_STATE: 3, NOWHERE: 4 } as const;
export const PLACE_KEY_SHIFT = 16;

/** Fields of a window. */
export const WINDOW = { daysMask: 0x7f, startShift: 7, endShift: 18, minuteMask: 0x7ff } as const;
export const MINUTES_A_DAY = 1_440;

/** Sets that one routed answer may be made of: Route 53's limit for multivalue answers. */
export const SAMPLE_LIMIT = 8;
/** Branches that take part in one such draw. */
export const SAMPLE_BRANCHES_MAX = 256;
