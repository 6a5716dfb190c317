import { routingBranchCountMax, routingDepthMax, routingNodeCountMax } from "../../base/limits.ts";
import { packPlaceCode } from "../geo/place-code.ts";
import { writePoint } from "../geo/great-circle.ts";
import type { ImageProgram, ProgramLeaf } from "../image/image-program.ts";
import type { ImageRRset } from "../image/image-rrset.ts";
import { CIDR_BITS, CIDR_BRANCH_SHIFT, cidrTable } from "./cidr-table.ts";
import type { OwnedBlock } from "./cidr-table.ts";
import {
  BRANCH,
  BRANCH_COUNT_SHIFT,
  BRANCH_WORDS,
  EVALUATE_GROUP,
  FAIL_MODE,
  FAIL_MODE_SHIFT,
  GEOLOCATION,
  GROUP,
  HEALTH_SLOT_MASK,
  LATENCY,
  LOAD,
  NEARBY,
  OP,
  PLACE_KEY,
  PLACE_KEY_SHIFT,
  PROXIMITY,
  SAMPLE_BRANCHES_MAX,
  SAMPLE_LIMIT,
  STICKY,
  TIME,
  WEIGHTED,
  WINDOW,
} from "./program.ts";
import type { Branch, GroupNode, RoutingNode, WantedPlace, WeeklyWindow } from "./routing-tree.ts";
import { textHash } from "./text-hash.ts";
import { offsetsFromUtc } from "./utc-offsets.ts";

/** A tree that no program can be made of; the message says what of it. */
export class RoutingError extends Error {
  override name = "RoutingError";
}

const placeStride = BRANCH_WORDS[OP.GEOLOCATION] as number;
/** Weights are added up in 31 bits. */
const weightSumMax = 0x7fff_ffff;

/** A set as an image takes it. @throws RoutingError */
export function routedSet(owner: Uint8Array, type: number, node: RoutingNode): ImageRRset {
  if (node.kind === "records") return { owner, type, ttl: node.ttl, rdatas: node.rdatas };
  return { owner, type, program: encodeProgram(node) };
}

/** Encodes a tree; nodes that stand in it several times are encoded once. @throws RoutingError */
export function encodeProgram(root: RoutingNode): ImageProgram {
  const encoder = new ProgramEncoder();
  encoder.encode(root);
  return encoder.finish();
}

type Leaf = ProgramLeaf & { holes: number[] };
type GroupOf<Kind extends GroupNode["kind"]> = Extract<GroupNode, { kind: Kind }>;

class ProgramEncoder {
  #words = new Int32Array(256);
  #size = 0;
  readonly #leaves = new Map<RoutingNode, Leaf>();
  readonly #groups = new Map<RoutingNode, number>();
  #nodeCount = 0;
  #depth = 0;
  #asksPlaces = false;

  finish(): ImageProgram {
    return {
      words: this.#words.slice(0, this.#size),
      leaves: [...this.#leaves.values()],
      asksPlaces: this.#asksPlaces,
    };
  }

  /** @returns the group's offset; −1 for a leaf, which `holes` is to be told of */
  encode(node: RoutingNode): number {
    if (node.kind === "records" || node.kind === "alias") {
      this.#leafOf(node);
      return -1;
    }
    const known = this.#groups.get(node);
    if (known !== undefined) return known;
    this.#depth++;
    if (this.#depth > routingDepthMax) refuse(`groups inside each other, limit ${routingDepthMax}`);
    const at = this.#encodeGroup(node);
    this.#depth--;
    this.#groups.set(node, at);
    return at;
  }

  #leafOf(node: Extract<RoutingNode, { kind: "records" | "alias" }>): Leaf {
    const known = this.#leaves.get(node);
    if (known) return known;
    this.#count();
    const leaf: Leaf =
      node.kind === "records"
        ? { holes: [], ttl: node.ttl, rdatas: node.rdatas }
        : { holes: [], target: node.target, evaluateTargetHealth: node.evaluateTargetHealth };
    this.#leaves.set(node, leaf);
    return leaf;
  }

  #encodeGroup(node: GroupNode): number {
    this.#count();
    this.#asksPlaces ||= placeKinds.has(node.kind);
    const op = opOf[node.kind];
    const branches = inOrder(node);
    if (branches.length === 0) refuse(`a ${node.kind} group without branches`);
    if (branches.length > routingBranchCountMax) {
      refuse(`${branches.length} branches in a group, limit ${routingBranchCountMax}`);
    }
    const stride = BRANCH_WORDS[op] as number;
    const at = this.#reserve(GROUP.branches + branches.length * stride);
    const mode = failModeOf[node.failMode ?? "open"];
    this.#words[at] = op | (mode << FAIL_MODE_SHIFT) | (branches.length << BRANCH_COUNT_SHIFT);
    for (const [index, branch] of branches.entries()) {
      this.#encodeBranch(branch, at + GROUP.branches + index * stride);
    }
    this.#encodeOwn({ ...node, branches } as GroupNode, at);
    return at;
  }

  #encodeBranch(branch: Branch, at: number): void {
    const { node, healthSlot = 0, label, evaluateTargetHealth = true } = branch;
    if (healthSlot < 0 || healthSlot > HEALTH_SLOT_MASK) refuse(`health slot ${healthSlot}`);
    const target = this.encode(node);
    const isGroup = target >= 0;
    if (isGroup) this.#words[at + BRANCH.target] = target;
    else this.#leaves.get(node)?.holes.push(at + BRANCH.target);
    const evaluated = isGroup && evaluateTargetHealth ? EVALUATE_GROUP : 0;
    this.#words[at + BRANCH.health] = healthSlot | evaluated;
    this.#put(at + BRANCH.label, this.#text(label));
  }

  /** Writes what the group's op needs: arguments, and the branches' own words. */
  #encodeOwn(node: GroupNode, at: number): void {
    switch (node.kind) {
      case "weighted":
        return this.#encodeWeights(node, at);
      case "failover":
        return;
      case "geolocation":
        return this.#encodePlaces(node, at);
      case "geoproximity":
        return this.#each(node, at, (branch, own) => {
          this.#point(branch, own + PROXIMITY.point);
          if (!Number.isInteger(branch.bias) || Math.abs(branch.bias) > 99) {
            refuse(`bias ${branch.bias}`);
          }
          this.#words[own + PROXIMITY.bias] = branch.bias;
        });
      case "latency":
        return this.#each(node, at, (branch, own) => {
          this.#point(branch, own + LATENCY.point);
          this.#put(own + LATENCY.region, this.#text(branch.region));
        });
      case "cidr":
        return this.#encodeBlocks(node, at);
      case "multivalue":
        return this.#encodeSample(node, at);
      case "timeOfDay":
        return this.#encodeHours(node, at);
      case "leastLoaded":
        return this.#each(node, at, ({ loadSlot, low, high }, own) => {
          if (low < 0 || high < low) refuse(`watermarks ${low} and ${high}`);
          this.#words[own + LOAD.slot] = loadSlot;
          this.#words[own + LOAD.low] = low;
          this.#words[own + LOAD.high] = high;
        });
      case "sticky":
        return this.#each(node, at, ({ weight, label }, own) => {
          this.#words[own + STICKY.weight] = checkedWeight(weight);
          this.#words[own + STICKY.hash] = textHash(label);
        });
      case "nearby":
        return this.#each(node, at, (branch, own) => {
          this.#point(branch, own + NEARBY.point);
          this.#words[own + NEARBY.country] = packPlaceCode(branch.country ?? "");
          this.#words[own + NEARBY.continent] = packPlaceCode(branch.continent ?? "");
          this.#put(own + NEARBY.city, branch.city ? this.#text(branch.city) : 0);
          this.#words[own + NEARBY.loadSlot] = branch.loadSlot ?? -1;
        });
    }
  }

  #each<B>(
    { kind, branches }: { kind: GroupNode["kind"]; branches: readonly B[] },
    at: number,
    write: (branch: B, own: number) => void,
  ): void {
    const stride = BRANCH_WORDS[opOf[kind]] as number;
    for (const [index, branch] of branches.entries()) {
      write(branch, at + GROUP.branches + index * stride);
    }
  }

  #encodePlaces(node: GroupOf<"geolocation">, at: number): void {
    const keys = node.branches.map(({ place }) => placeKey(place));
    const below = (level: number): number =>
      keys.filter((key) => key >>> PLACE_KEY_SHIFT < level).length;
    this.#words[at + GROUP.first] = below(PLACE_KEY.COUNTRY);
    this.#words[at + GROUP.second] = below(PLACE_KEY.US_STATE);
    this.#words[at + GROUP.third] = below(PLACE_KEY.NOWHERE);
    this.#each(node, at, (_, own) => {
      this.#words[own + GEOLOCATION.key] = keys[(own - at - GROUP.branches) / placeStride] ?? 0;
    });
  }

  #encodeWeights(node: GroupOf<"weighted">, at: number): void {
    const allZero = node.branches.every(({ weight }) => weight === 0);
    let bound = 0;
    this.#each(node, at, ({ weight }, own) => {
      bound += allZero ? 1 : checkedWeight(weight);
      if (bound > weightSumMax) refuse(`sum of weights above ${weightSumMax}`);
      this.#words[own + WEIGHTED.bound] = bound;
    });
    this.#words[at + GROUP.first] = bound;
    this.#words[at + GROUP.second] = allZero ? 1 : 0;
  }

  #encodeSample({ branches, limit }: GroupOf<"multivalue">, at: number): void {
    if (branches.length > SAMPLE_BRANCHES_MAX) {
      refuse(`${branches.length} multivalue answers, limit ${SAMPLE_BRANCHES_MAX}`);
    }
    if (branches.some(({ node }) => node.kind !== "records")) {
      refuse("a multivalue answer that is not records");
    }
    if (!Number.isInteger(limit) || limit < 1 || limit > SAMPLE_LIMIT) {
      refuse(`${limit} answers at once, limit ${SAMPLE_LIMIT}`);
    }
    this.#words[at + GROUP.first] = limit;
  }

  #encodeBlocks(node: GroupOf<"cidr">, at: number): void {
    const families: Record<4 | 16, OwnedBlock[]> = { 4: [], 16: [] };
    const seen = new Set<string>();
    this.#each(node, at, ({ blocks }, own) => {
      const branch = own - at;
      if (blocks === "default") {
        if (this.#words[at + GROUP.third] !== 0) refuse("two defaults in a group");
        this.#words[at + GROUP.third] = branch;
        return;
      }
      for (const cidr of blocks) {
        const size = cidr.address.length as 4 | 16;
        const bits = size === 4 ? CIDR_BITS.IPV4 : CIDR_BITS.IPV6;
        if (cidr.prefixLength > bits) refuse(`a block of /${cidr.prefixLength}, limit /${bits}`);
        const key = `${cidr.address.join(".")}/${cidr.prefixLength}`;
        if (seen.has(key)) refuse("the same block twice");
        seen.add(key);
        families[size].push({ cidr, branch });
      }
    });
    if (this.#size >>> (32 - CIDR_BRANCH_SHIFT) !== 0) refuse("a program too large for its blocks");
    this.#put(at + GROUP.first, this.#append(cidrTable(families[4], CIDR_BITS.IPV4)));
    this.#put(at + GROUP.second, this.#append(cidrTable(families[16], CIDR_BITS.IPV6)));
  }

  #encodeHours(node: GroupOf<"timeOfDay">, at: number): void {
    let offsets: readonly number[];
    try {
      offsets = offsetsFromUtc(node.zone);
    } catch {
      refuse(`unknown time zone ${node.zone}`);
    }
    this.#put(at + GROUP.first, this.#append([offsets.length / 2, ...offsets]));
    this.#each(node, at, ({ windows }, own) => {
      if (windows === "default") {
        if (this.#words[at + GROUP.second] !== 0) refuse("two defaults in a group");
        this.#words[at + GROUP.second] = own - at;
        return;
      }
      this.#words[own + TIME.windowCount] = windows.length;
      this.#put(own + TIME.windows, this.#append(windows.map(windowWord)));
    });
  }

  /** The value first: what makes it may move the words. */
  #put(at: number, value: number): void {
    this.#words[at] = value;
  }

  #point({ latitude, longitude }: { latitude: number; longitude: number }, at: number): void {
    if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
      refuse(`coordinates ${latitude}, ${longitude}`);
    }
    writePoint(this.#words, at, latitude, longitude);
  }

  #text(text: string): number {
    const octets = new TextEncoder().encode(text);
    const at = this.#reserve(1 + ((octets.length + 3) >>> 2));
    this.#words[at] = octets.length;
    new Uint8Array(this.#words.buffer).set(octets, (at + 1) * 4);
    return at;
  }

  #append(words: readonly number[]): number {
    const at = this.#reserve(words.length);
    this.#words.set(words, at);
    return at;
  }

  /** @returns where so many words begin that are 0 */
  #reserve(count: number): number {
    const at = this.#size;
    this.#size += count;
    if (this.#size > this.#words.length) {
      const grown = new Int32Array(Math.max(this.#size, this.#words.length * 2));
      grown.set(this.#words);
      this.#words = grown;
    }
    return at;
  }

  #count(): void {
    if (++this.#nodeCount > routingNodeCountMax) {
      refuse(`more nodes in a tree, limit ${routingNodeCountMax}`);
    }
  }
}

const opOf: Readonly<Record<GroupNode["kind"], number>> = {
  weighted: OP.WEIGHTED,
  failover: OP.FAILOVER,
  geolocation: OP.GEOLOCATION,
  geoproximity: OP.GEOPROXIMITY,
  latency: OP.LATENCY,
  cidr: OP.CIDR,
  multivalue: OP.MULTIVALUE,
  timeOfDay: OP.TIME_OF_DAY,
  leastLoaded: OP.LEAST_LOADED,
  sticky: OP.STICKY,
  nearby: OP.NEARBY,
};

/** The groups whose choice needs `locateClient()`. */
const placeKinds: ReadonlySet<GroupNode["kind"]> = new Set([
  "geolocation",
  "geoproximity",
  "latency",
  "nearby",
]);

const failModeOf = {
  open: FAIL_MODE.OPEN,
  closed: FAIL_MODE.CLOSED,
  geofence: FAIL_MODE.GEOFENCE,
} as const;

/** The branches as they are encoded: those of a geolocation group by their key. */
function inOrder(node: GroupNode): readonly Branch[] {
  if (node.kind !== "geolocation") return node.branches;
  const sorted = node.branches.toSorted((a, b) => placeKey(a.place) - placeKey(b.place));
  for (let i = 1; i < sorted.length; i++) {
    const keys = [sorted[i - 1], sorted[i]].map((branch) => branch && placeKey(branch.place));
    const isNowhere = (keys[0] ?? 0) >>> PLACE_KEY_SHIFT === PLACE_KEY.NOWHERE;
    if (keys[0] === keys[1] && !isNowhere) refuse("the same place twice in a group");
  }
  return sorted;
}

function placeKey(place: WantedPlace): number {
  if (place === "default") return 0;
  const { continent, country, subdivision } = place;
  if (subdivision !== undefined) {
    // Only states of the US are told apart: elsewhere nobody is in such a place.
    const level = country === "US" ? PLACE_KEY.US_STATE : PLACE_KEY.NOWHERE;
    return (level << PLACE_KEY_SHIFT) | packPlaceCode(subdivision);
  }
  if (country !== undefined) {
    return (PLACE_KEY.COUNTRY << PLACE_KEY_SHIFT) | packPlaceCode(country);
  }
  return (PLACE_KEY.CONTINENT << PLACE_KEY_SHIFT) | packPlaceCode(continent ?? "");
}

function windowWord({ days, startMinute, endMinute }: WeeklyWindow): number {
  const isDay = Number.isInteger(days) && days > 0 && days <= WINDOW.daysMask;
  const isTime = startMinute >= 0 && startMinute < 1_440 && endMinute > 0 && endMinute <= 1_440;
  if (!isDay || !isTime) refuse(`window ${days} ${startMinute}–${endMinute}`);
  return days | (startMinute << WINDOW.startShift) | (endMinute << WINDOW.endShift);
}

function checkedWeight(weight: number): number {
  if (!Number.isInteger(weight) || weight < 0) refuse(`weight ${weight}`);
  return weight;
}

function refuse(why: string): never {
  throw new RoutingError(`Cannot encode routing tree: ${why}`);
}
