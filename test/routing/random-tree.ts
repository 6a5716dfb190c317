import { seededRandom } from "../../src/base/random.ts";
import type { Random } from "../../src/base/random.ts";
import type { SetReference } from "../../src/dataplane/image/image-rrset.ts";
import type { Branch, GroupNode, RoutingNode } from "../../src/dataplane/policy/routing-tree.ts";
import type { Client } from "./reference-evaluator.ts";
import type { Network, Place } from "./reference-places.ts";

/** A zone of routed sets, who asks, and what is healthy: one case of the comparison. */
export type RoutingCase = {
  /** By position; an alias leads to a later one, so that none leads back. The first is asked for. */
  sets: readonly RoutingNode[];
  /** How many health slots the sets use; slot 0 is the one that is always up. */
  slotCount: number;
};

/** Draws from a seeded generator, in the shapes that random trees need. */
export class Dice {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** 0 ≤ n < count */
  below(count: number): number {
    return this.#random.uint32() % count;
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True in one of `count` draws. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  shuffled<T>(values: readonly T[]): T[] {
    const left = [...values];
    const order: T[] = [];
    while (left.length > 0) order.push(...left.splice(this.below(left.length), 1));
    return order;
  }
}

/** A few places near and far, so that ladders are climbed and left at each step. */
export const clientPlaces: readonly Place[] = [
  {},
  {
    continent: "NA",
    country: "US",
    subdivision: "NY",
    city: "New York",
    latitude: 41,
    longitude: -74,
  },
  { continent: "NA", country: "US", subdivision: "CA", latitude: 37, longitude: -122 },
  { continent: "NA", country: "US", latitude: 38, longitude: -98 },
  { continent: "NA", country: "CA", latitude: 44, longitude: -79 },
  { continent: "EU", country: "DE", city: "Frankfurt", latitude: 50, longitude: 9 },
  { continent: "EU", country: "FR", latitude: 49, longitude: 2 },
  { continent: "AS", country: "KR", city: "Seoul", latitude: 38, longitude: 127 },
  { continent: "SA", country: "BR", latitude: -24, longitude: -47 },
  { continent: "AN", latitude: -75, longitude: 0 },
];

const locations = [
  "default",
  ...clientPlaces.flatMap(({ continent, country, subdivision }) => [
    ...(subdivision ? [{ country, subdivision }] : []),
    ...(country ? [{ country }] : []),
    ...(continent ? [{ continent }] : []),
  ]),
] as const;

const regions = [
  { region: "us-east-1", latitude: 38.95, longitude: -77.45 },
  { region: "us-west-2", latitude: 45.84, longitude: -119.7 },
  { region: "eu-central-1", latitude: 50.11, longitude: 8.68 },
  { region: "ap-northeast-2", latitude: 37.57, longitude: 126.98 },
  { region: "sa-east-1", latitude: -23.55, longitude: -46.63 },
  { region: "ap-southeast-2", latitude: -33.87, longitude: 151.21 },
];

/** Route 53's policies. */
export const kinds: readonly GroupNode["kind"][] = [
  "weighted",
  "failover",
  "geolocation",
  "geoproximity",
  "latency",
  "cidr",
  "multivalue",
];

export type TreeOptions = {
  /** Sets of the zone, at most. */
  setCountMax: number;
  branchCountMax: number;
  slotCountMax: number;
  /** Groups inside groups, without a set of their own; 0: none. */
  inlineDepthMax: number;
  failModes: boolean;
  /** Default: Route 53's. */
  kinds?: readonly GroupNode["kind"][];
  /** The reference of the set at a position. */
  referenceTo(position: number): SetReference;
};

/** A zone of random sets: groups, simple sets, and aliases to those after them. */
export function randomCase(dice: Dice, options: TreeOptions): RoutingCase {
  const setCount = dice.between(1, options.setCountMax);
  const slotCount = dice.between(1, options.slotCountMax) + 1;
  const draw: Draw = { dice, options, setCount, slotCount, leafCount: 0 };
  const sets = Array.from({ length: setCount }, (_, position) =>
    position === 0 || !dice.oneIn(6) ? group(draw, position) : leafOrAlias(draw, position),
  );
  return { sets, slotCount };
}

type Draw = {
  dice: Dice;
  options: TreeOptions;
  setCount: number;
  slotCount: number;
  /** Leaves made so far: each has an address and a TTL of its own. */
  leafCount: number;
};

function records(draw: Draw): RoutingNode {
  const n = ++draw.leafCount;
  return { kind: "records", ttl: 100 + n, rdatas: [Uint8Array.of(10, n >> 16, n >> 8, n)] };
}

function leafOrAlias(draw: Draw, position: number): RoutingNode {
  const { dice, options, setCount } = draw;
  const later = setCount - position - 1;
  if (later === 0 || dice.oneIn(2)) return records(draw);
  // One alias in thirty leads nowhere, to a set past the last.
  const target = dice.oneIn(30) ? setCount : position + 1 + dice.below(later);
  return {
    kind: "alias",
    target: options.referenceTo(target),
    evaluateTargetHealth: !dice.oneIn(3),
  };
}

/** What a branch leads to: mostly a set, and a group of its own as in traffic policies. */
function branchNode(draw: Draw, position: number, depth: number): RoutingNode {
  const isInline = depth < draw.options.inlineDepthMax && draw.dice.oneIn(4);
  return isInline ? group(draw, position, depth + 1) : leafOrAlias(draw, position);
}

function group(draw: Draw, position: number, depth = 0): GroupNode {
  const { dice, options } = draw;
  const kind = dice.pick(options.kinds ?? kinds);
  const count = dice.between(1, options.branchCountMax);
  const failMode = dice.oneIn(5) ? dice.pick(["open", "closed", "geofence"] as const) : undefined;
  const common = (index: number) => ({
    label: `${position}-${depth}-${index}`,
    ...(dice.oneIn(3) ? {} : { healthSlot: dice.between(1, draw.slotCount - 1) }),
    ...(dice.oneIn(4) ? { evaluateTargetHealth: dice.oneIn(2) } : {}),
    node: kind === "multivalue" ? records(draw) : branchNode(draw, position, depth),
  });
  const branches = <T>(settings: readonly T[]) =>
    settings.map((setting, index) => ({ ...common(index), ...setting }));
  const made = groupOf(kind, { dice, count, branches });
  return failMode && options.failModes ? { ...made, failMode } : made;
}

type GroupDraw = {
  dice: Dice;
  count: number;
  branches<T>(settings: readonly T[]): (Branch & T)[];
};

function groupOf(kind: GroupNode["kind"], { dice, count, branches }: GroupDraw): GroupNode {
  switch (kind) {
    case "weighted":
    case "sticky":
      return { kind, branches: branches(times(count, () => ({ weight: weight(dice) }))) };
    case "failover":
      return { kind, branches: branches(times(count, () => ({}))) };
    case "multivalue":
      return { kind, limit: 8, branches: branches(times(count * 2, () => ({}))) };
    case "geolocation": {
      const some = dice.shuffled(unique(locations)).slice(0, count);
      return { kind, branches: branches(some.map((place) => ({ place }))) };
    }
    case "geoproximity":
      return { kind, branches: branches(times(count, () => proximity(dice))) };
    case "latency":
      return { kind, branches: branches(dice.shuffled(regions).slice(0, count)) };
    case "cidr":
      return { kind, branches: branches(blocksOf(dice, count)) };
    case "timeOfDay":
      return { kind, zone: dice.pick(zones), branches: branches(hoursOf(dice, count)) };
    case "leastLoaded":
      return { kind, branches: branches(times(count, () => marks(dice))) };
    case "nearby":
      return { kind, branches: branches(times(count, () => nearbyPlace(dice))) };
  }
}

/** Zones whose clocks change on different days, or never, or by half an hour. */
const zones = ["America/New_York", "Europe/Berlin", "Asia/Seoul", "Australia/Lord_Howe", "UTC"];

function hoursOf(dice: Dice, count: number) {
  return times(count, (index) => {
    if (index === count - 1 && !dice.oneIn(4)) return { windows: "default" as const };
    const windows = times(dice.between(1, 3), () => ({
      days: dice.between(1, 127),
      startMinute: dice.below(24) * 60 + dice.pick([0, 0, 30, 59]),
      endMinute: dice.below(24) * 60 + dice.pick([1, 30, 60]),
    }));
    return { windows };
  });
}

export const loadSlotCount = 8;

function marks(dice: Dice) {
  const low = dice.between(0, 80);
  return { loadSlot: dice.below(loadSlotCount), low, high: low + dice.between(1, 40) };
}

function nearbyPlace(dice: Dice) {
  const { latitude = 0, longitude = 0, ...place } = dice.pick(clientPlaces.slice(1));
  const { country, continent, city } = place;
  const moved = dice.oneIn(2) ? 0 : dice.between(-5, 5);
  return {
    ...{ latitude: latitude + moved, longitude, country, continent },
    ...(city && !dice.oneIn(3) ? { city: dice.oneIn(2) ? city : city.toUpperCase() } : {}),
    ...(dice.oneIn(2) ? { loadSlot: dice.below(loadSlotCount) } : {}),
  };
}

function weight(dice: Dice): number {
  if (dice.oneIn(3)) return 0;
  return dice.oneIn(4) ? 255 : dice.between(1, 20);
}

function proximity(dice: Dice) {
  const bias = dice.oneIn(2) ? 0 : dice.between(-99, 99);
  if (dice.oneIn(2)) {
    const { latitude, longitude } = dice.pick(regions);
    return { latitude, longitude, bias };
  }
  return { latitude: dice.between(-90, 90), longitude: dice.between(-180, 180), bias };
}

/** Blocks around the networks of `randomClient`, and now and then the default. */
function blocksOf(dice: Dice, count: number) {
  const taken = new Set<string>();
  return times(count, (index) => {
    if (index === 0 && !dice.oneIn(4)) return { blocks: "default" as const };
    const blocks = times(dice.between(1, 3), () => randomBlock(dice)).filter((block) => {
      const key = `${block.address}/${block.prefixLength}`;
      return !taken.has(key) && taken.add(key);
    });
    return { blocks };
  }).filter(({ blocks }) => blocks === "default" || blocks.length > 0);
}

function randomBlock(dice: Dice) {
  const whole = randomAddress(dice);
  const prefixLength = dice.between(1, whole.length === 4 ? 24 : 48);
  return { address: masked(whole, prefixLength), prefixLength };
}

/** Client networks and CIDR blocks share their upper bits often. */
function randomAddress(dice: Dice): Uint8Array {
  if (dice.oneIn(3)) {
    const address = new Uint8Array(16);
    address.set([0x24, 0, dice.below(2), dice.below(4), dice.below(4), dice.below(2)]);
    return address;
  }
  return Uint8Array.of(dice.between(1, 3), dice.below(clientPlaces.length), dice.below(3), 0);
}

export function masked(address: Uint8Array, prefixLength: number): Uint8Array {
  return address.map((octet, index) => {
    const bits = Math.max(0, Math.min(8, prefixLength - index * 8));
    return octet & (0xff00 >> bits);
  });
}

/**
 * A client whose place the second octet of its IPv4 address tells, or the fourth of its IPv6
 * address (`locationsOf`), or one that no table knows.
 */
export function randomClient(dice: Dice): Client {
  const whole = randomAddress(dice);
  const isIpv4 = whole.length === 4;
  const prefixLength = isIpv4 ? dice.between(16, 32) : dice.between(32, 64);
  const network = { address: masked(whole, prefixLength), prefixLength };
  return { network, place: placeOf(network.address) };
}

/** Another client whose address begins with the bits of a network, and who tells all of them. */
export function clientWithin(dice: Dice, { address, prefixLength }: Network): Client {
  const bits = address.length * 8;
  const random = address.map(() => dice.below(256));
  const kept = masked(address, prefixLength);
  const rest = masked(random, prefixLength);
  const whole = kept.map((octet, index) => octet | ((random[index] ?? 0) ^ (rest[index] ?? 0)));
  const length = dice.between(prefixLength, Math.max(prefixLength, bits === 32 ? 32 : 64));
  const network = { address: masked(whole, length), prefixLength: length };
  return { network, place: placeOf(whole) };
}

/** The place of an address in the table of the comparison. */
export function placeOf(address: Uint8Array): Place {
  const [first = 0, second = 0, third = 0, fourth = 0] = address;
  if (address.length === 4) return (first <= 3 && first > 0 && clientPlaces[second]) || {};
  const isKnown = first === 0x24 && second === 0 && third < 2 && fourth < 4;
  return (isKnown && clientPlaces[fourth]) || {};
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function unique<T>(values: readonly T[]): T[] {
  const seen = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...seen.values()];
}
