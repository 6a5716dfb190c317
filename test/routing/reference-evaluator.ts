import type {
  Branch,
  GroupNode,
  RoutingNode,
  WeeklyWindow,
} from "../../src/dataplane/policy/routing-tree.ts";
import { isInWindow } from "./reference-clock.ts";
import { distanceKilometres, isInside, longestMatch } from "./reference-places.ts";
import type { Network, Place } from "./reference-places.ts";

/**
 * How a routed set is answered, said as plainly as it can be: one function for each rule of Route
 * 53's documentation, no program, no tables, no speed. What the packet path answers is held against
 * it. Where the policy draws lots it returns every outcome with its chance, so that no stream of
 * random numbers has to be shared.
 */

export type RecordsNode = Extract<RoutingNode, { kind: "records" }>;

/** One way the answer can come out: `take` of the sets in `pool`, each as likely as any other. */
export type Outcome = {
  chance: number;
  /** Empty: no answer. */
  pool: readonly RecordsNode[];
  take: number;
};

/** What an answer depends on besides the tree. */
export type World = {
  /** The set that an alias leads to; `undefined` where there is none. */
  target(alias: Extract<RoutingNode, { kind: "alias" }>): RoutingNode | undefined;
  isUp(healthSlot: number): boolean;
  loadOf(loadSlot: number): number;
  client: Client;
  /** When the question is asked: milliseconds since 1970. */
  atMs: number;
};

export type Client = {
  /** The network that asks: a client subnet, or the resolver's whole address. */
  network: Network;
  /** Where it is, as far as is known. */
  place: Place;
};

/** Alias steps after which an answer is given up, as for CNAMEs. */
const aliasDepthMax = 16;

const none: readonly Outcome[] = [{ chance: 1, pool: [], take: 0 }];

/** Every way in which `node` can be answered. The chances add up to 1. */
export function outcomes(node: RoutingNode, world: World, depth = 0): readonly Outcome[] {
  switch (node.kind) {
    case "records":
      return [{ chance: 1, pool: [node], take: 1 }];
    case "alias": {
      const target = world.target(node);
      if (!target || depth >= aliasDepthMax) return none;
      return outcomes(target, world, depth + 1);
    }
    case "multivalue":
      return sample(node, world, depth);
    default:
      return choice(node, world, depth);
  }
}

/** "Multivalue: up to 8 healthy, random; all unhealthy: up to 8 unhealthy." */
function sample(
  node: Extract<RoutingNode, { kind: "multivalue" }>,
  world: World,
  depth: number,
): readonly Outcome[] {
  const healthy = node.branches.filter((branch) => isHealthy(branch, world, depth));
  if (healthy.length === 0 && node.failMode === "closed") return none;
  const candidates = healthy.length > 0 ? healthy : node.branches;
  const pool = candidates.map((branch) => branch.node as RecordsNode);
  return [{ chance: 1, pool, take: Math.min(node.limit, pool.length) }];
}

/**
 * "Choose a record of the group by policy; healthy: answer; else choose another by the same
 * criteria, and so on. No healthy record in the group: all are healthy."
 */
function choice(node: ChoosingNode, world: World, depth: number): readonly Outcome[] {
  return policyOrders(node, world).flatMap(({ chance, order }) =>
    chosenFrom(order, { node, world, depth }).map((outcome) => ({
      ...outcome,
      chance: outcome.chance * chance,
    })),
  );
}

type At = { node: ChoosingNode; world: World; depth: number };

function chosenFrom(order: Order, { node, world, depth }: At): readonly Outcome[] {
  for (const rank of order) {
    const healthy = rank.filter(({ branch }) => isHealthy(branch, world, depth));
    if (healthy.length > 0) return draw(healthy, world, depth);
  }
  const first = order[0];
  return first && node.failMode !== "closed" ? draw(first, world, depth) : none;
}

function draw(rank: Rank, world: World, depth: number): readonly Outcome[] {
  const total = rank.reduce((sum, { share }) => sum + share, 0);
  return rank.flatMap(({ branch, share }) =>
    outcomes(branch.node, world, depth).map((outcome) => ({
      ...outcome,
      chance: (outcome.chance * share) / total,
    })),
  );
}

/** "No health check = always healthy." "Health check and ETH on an alias: both must pass." */
function isHealthy(branch: Branch, world: World, depth: number): boolean {
  if (branch.healthSlot !== undefined && !world.isUp(branch.healthSlot)) return false;
  if (branch.evaluateTargetHealth === false && branch.node.kind !== "alias") return true;
  return isAlive(branch.node, world, depth);
}

/**
 * "Alias to a group: healthy while one target record is healthy." Of a group that looks at the
 * client, the records that could answer this client count.
 */
function isAlive(node: RoutingNode, world: World, depth: number): boolean {
  if (node.kind === "records") return true;
  if (node.kind === "alias") {
    if (!node.evaluateTargetHealth) return true;
    const target = world.target(node);
    return target !== undefined && depth < aliasDepthMax && isAlive(target, world, depth + 1);
  }
  if (node.kind === "multivalue") {
    return node.branches.some((branch) => isHealthy(branch, world, depth));
  }
  return policyOrders(node, world).some(({ order }) =>
    order.flat().some(({ branch }) => isHealthy(branch, world, depth)),
  );
}

type ChoosingNode = Exclude<GroupNode, { kind: "multivalue" }>;

/** Branches that are equal before the policy but for their share of the answers. */
type Rank = readonly { branch: Branch; share: number }[];

/** What a policy tries one after the other; branches left out are never tried. */
type Order = readonly Rank[];

/** The orders in which a group may try its branches for a client, with the chance of each. */
function policyOrders(
  node: ChoosingNode,
  world: World,
): readonly { chance: number; order: Order }[] {
  if (node.kind === "leastLoaded") return byLoad(node.branches, world);
  return [{ chance: 1, order: orderOf(node, world) }];
}

function orderOf(node: Exclude<ChoosingNode, { kind: "leastLoaded" }>, world: World): Order {
  const { client } = world;
  const isFenced = node.failMode === "geofence";
  switch (node.kind) {
    case "weighted":
    // The same client always draws the same lot, which only the packet path knows.
    case "sticky":
      return byWeight(node.branches);
    case "failover":
      return node.branches.map(alone);
    case "geolocation":
      return fence(byPlace(node.branches, client.place), isFenced);
    case "geoproximity":
      return byDistance(node.branches, (branch) => biased(kilometres(branch, client), branch.bias));
    case "latency":
      return byDistance(node.branches, (branch) => kilometres(branch, client));
    case "cidr":
      return fence(byNetwork(node.branches, client.network), isFenced);
    case "timeOfDay":
      return byTime(node.branches, (window) => isInWindow(window, node.zone, world.atMs));
    case "nearby":
      return byNearness(node.branches, world, isFenced);
  }
}

/** A geofence keeps the smallest place or network that fits. */
function fence<T>(order: readonly T[], isFenced: boolean): readonly T[] {
  return isFenced ? order.slice(0, 1) : order;
}

function alone(branch: Branch): Rank {
  return [{ branch, share: 1 }];
}

type GroupBranch<Kind extends GroupNode["kind"]> = Extract<
  GroupNode,
  { kind: Kind }
>["branches"][number];

/**
 * "Only nonzero weights are considered first; when all nonzero ones are unhealthy, zero-weighted
 * ones are considered. All zero: equal probability."
 */
function byWeight(branches: readonly Branch<{ weight: number }>[]): readonly Rank[] {
  const shares = branches.map((branch) => ({ branch, share: branch.weight }));
  const weighted = shares.filter(({ share }) => share > 0);
  const unweighted = shares
    .filter(({ share }) => share === 0)
    .map(({ branch }) => ({ branch, share: 1 }));
  return [weighted, unweighted].filter((rank) => rank.length > 0);
}

/**
 * "Smallest region wins: state, country, continent, *. When the chosen one is unhealthy, step to
 * the next larger. Default serves both unlocated addresses and places with no record."
 */
function byPlace(branches: readonly GroupBranch<"geolocation">[], place: Place): readonly Rank[] {
  const { continent, country, subdivision } = place;
  const steps: ((wanted: GroupBranch<"geolocation">["place"]) => boolean)[] = [
    (wanted) =>
      wanted !== "default" &&
      wanted.subdivision !== undefined &&
      wanted.country === country &&
      wanted.subdivision === subdivision,
    (wanted) =>
      wanted !== "default" &&
      wanted.subdivision === undefined &&
      wanted.country !== undefined &&
      wanted.country === country,
    (wanted) =>
      wanted !== "default" &&
      wanted.country === undefined &&
      wanted.continent !== undefined &&
      wanted.continent === continent,
    (wanted) => wanted === "default",
  ];
  return steps.flatMap((matches) =>
    branches.filter((branch) => matches(branch.place)).map((branch) => alone(branch)),
  );
}

function kilometres(
  branch: { latitude: number; longitude: number },
  client: Client,
): number | undefined {
  const { latitude, longitude } = client.place;
  if (latitude === undefined || longitude === undefined) return undefined;
  return distanceKilometres({ latitude, longitude }, branch);
}

/** "bias ≥ 0: d × (1 − bias/100); bias < 0: d / (1 + bias/100)." */
function biased(kilometresAway: number | undefined, bias: number): number | undefined {
  if (kilometresAway === undefined) return undefined;
  if (bias >= 0) return kilometresAway * (1 - bias / 100);
  return kilometresAway / (1 + bias / 100);
}

/** Two places whose distances differ by less count as equally far: rounding decides. */
const tieKilometres = 1;

/** "The smallest wins"; of a client without a place all are equally far. */
function byDistance<B extends Branch>(
  branches: readonly B[],
  distanceOf: (branch: B) => number | undefined,
): readonly Rank[] {
  const far = branches.map((branch) => ({ branch, away: distanceOf(branch) ?? 0 }));
  far.sort((a, b) => a.away - b.away);
  const ranks: { branch: Branch; share: number }[][] = [];
  let last = -Infinity;
  for (const { branch, away } of far) {
    if (away - last < tieKilometres) ranks.at(-1)?.push({ branch, share: 1 });
    else ranks.push([{ branch, share: 1 }]);
    last = away;
  }
  return ranks;
}

/**
 * "A query with a longer prefix than the block matches; with a shorter one it does not." The
 * longest block wins (ours); the default is `*`.
 */
function byNetwork(branches: readonly GroupBranch<"cidr">[], client: Network): readonly Rank[] {
  const matching = branches.flatMap((branch) => {
    if (branch.blocks === "default") return [];
    const inside = branch.blocks.filter((block) => isInside(client, block));
    return inside.length > 0 ? [{ branch, length: longestMatch(inside) }] : [];
  });
  matching.sort((a, b) => b.length - a.length);
  const fallback = branches.filter((branch) => branch.blocks === "default");
  return [...matching.map(({ branch }) => alone(branch)), ...fallback.map(alone)];
}

/** The branches that have a window now, in their order; then the default. */
function byTime(
  branches: readonly GroupBranch<"timeOfDay">[],
  isNow: (window: WeeklyWindow) => boolean,
): readonly Rank[] {
  const open = branches.filter(
    ({ windows }) => windows !== "default" && windows.some((window) => isNow(window)),
  );
  const fallback = branches.filter(({ windows }) => windows === "default");
  return [...open, ...fallback].map((branch) => alone(branch));
}

/**
 * The least loaded first. From its low mark on a branch is passed over for a share of the clients,
 * which grows to all of them at its high mark; those passed over come last, the least loaded first.
 */
function byLoad(branches: readonly GroupBranch<"leastLoaded">[], world: World) {
  let orders = [{ chance: 1, kept: [] as Loaded[], shed: [] as Loaded[] }];
  for (const branch of branches) {
    const one = { branch, load: world.loadOf(branch.loadSlot) };
    const share = shedShare(one.load, branch);
    orders = orders.flatMap(({ chance, kept, shed }) => [
      { chance: chance * (1 - share), kept: [...kept, one], shed },
      { chance: chance * share, kept, shed: [...shed, one] },
    ]);
  }
  return orders
    .filter(({ chance }) => chance > 0)
    .map(({ chance, kept, shed }) => ({
      chance,
      order: [...leastLoaded(kept), ...leastLoaded(shed)],
    }));
}

type Loaded = { branch: Branch; load: number };

function shedShare(load: number, { low, high }: { low: number; high: number }): number {
  if (load >= high) return 1;
  return load <= low ? 0 : (load - low) / (high - low);
}

function leastLoaded(loaded: readonly Loaded[]): readonly Rank[] {
  const loads = [...new Set(loaded.map(({ load }) => load))].sort((a, b) => a - b);
  return loads.map((wanted) =>
    loaded.filter(({ load }) => load === wanted).map(({ branch }) => ({ branch, share: 1 })),
  );
}

/** Same city, least loaded; same country, nearest; same continent, lowest latency; nearest. */
function byNearness(
  branches: readonly GroupBranch<"nearby">[],
  world: World,
  isFenced: boolean,
): Order {
  const { client } = world;
  const { city, country, continent } = client.place;
  const isSame = (wanted: string | undefined, actual: string | undefined): boolean =>
    wanted !== undefined && wanted.toLowerCase() === actual?.toLowerCase();
  const rungOf = (branch: GroupBranch<"nearby">): number => {
    if (isSame(branch.country, country)) return isSame(branch.city, city) ? 0 : 1;
    return isSame(branch.continent, continent) ? 2 : 3;
  };
  const rungs = [0, 1, 2, 3].map((rung) => branches.filter((branch) => rungOf(branch) === rung));
  const loadOf = ({ loadSlot }: GroupBranch<"nearby">): number =>
    loadSlot === undefined ? 0 : world.loadOf(loadSlot);
  const orders = rungs.map((rung, index) =>
    index === 0
      ? leastLoaded(rung.map((branch) => ({ branch, load: loadOf(branch) })))
      : byDistance(rung, (branch) => kilometres(branch, client)),
  );
  return fence(
    orders.filter((order) => order.length > 0),
    isFenced,
  ).flat();
}
