import type { Cidr } from "../../base/ip.ts";
import type { Branch, GroupNode, WantedPlace } from "../../dataplane/policy/routing-tree.ts";
import { regionCoordinates } from "../../geo/places/aws-regions.ts";
import { continentOf } from "../../geo/places/continents.ts";
import type { Coordinates } from "../../geo/places/coordinates.ts";
import { localZoneGroupCoordinates } from "../../geo/places/local-zone-groups.ts";
import type { GeoLocation } from "../model/resource-record-set.ts";
import type {
  LoadMetric,
  PolicyBranch,
  PolicyPlace,
  PolicyRule,
} from "../model/traffic-policy-document.ts";

/** What the groups of rules are made with. */
export type RuleGroupContext = {
  /** What a branch answers with, and what its health hangs on. */
  branch(branch: PolicyBranch): Branch;
  /** Slot of the load table. */
  loadSlot(metric: LoadMetric): number;
  /** Blocks of one location of a CIDR collection. */
  cidrBlocks(collectionId: string, locationName: string): readonly Cidr[];
};

/** Answers of one multivalue set: Route 53's number. */
const multivalueLimit = 8;

/** The group that a rule chooses from, of a policy document or of a record extension. */
export function ruleGroup(rule: PolicyRule, context: RuleGroupContext): GroupNode {
  const { failMode } = rule;
  const node = groupOf(rule, context);
  return failMode === undefined ? node : { ...node, failMode };
}

function groupOf(rule: PolicyRule, context: RuleGroupContext): GroupNode {
  const each = <From extends PolicyBranch, To>(
    branches: readonly From[],
    own: (branch: From) => To,
  ): Branch<To>[] => branches.map((branch) => ({ ...context.branch(branch), ...own(branch) }));
  switch (rule.kind) {
    case "failover":
      return { kind: "failover", branches: each(rule.branches, () => ({})) };
    case "multivalue": {
      const branches = each(rule.branches, () => ({}));
      return { kind: "multivalue", limit: multivalueLimit, branches };
    }
    case "weighted":
    case "sticky":
      return { kind: rule.kind, branches: each(rule.branches, ({ weight }) => ({ weight })) };
    case "geolocation": {
      const branches = each(rule.branches, ({ place }) => ({ place: wantedPlace(place) }));
      return { kind: "geolocation", branches };
    }
    case "geoproximity": {
      const own = ({ where, bias }: (typeof rule.branches)[number]) => {
        return { ...coordinatesOf(where), bias };
      };
      return { kind: "geoproximity", branches: each(rule.branches, own) };
    }
    case "latency": {
      const branches = each(rule.branches, (b) => ({ ...coordinatesOf(b), region: b.region }));
      return { kind: "latency", branches };
    }
    default:
      return ownGroup(rule, each, context);
  }
}

type Each = <From extends PolicyBranch, To>(
  branches: readonly From[],
  own: (branch: From) => To,
) => Branch<To>[];

/** Groups that only our own version of the format has. */
function ownGroup(
  rule: Extract<PolicyRule, { kind: "cidr" | "timeOfDay" | "leastLoaded" | "nearby" }>,
  each: Each,
  { loadSlot, cidrBlocks }: RuleGroupContext,
): GroupNode {
  switch (rule.kind) {
    case "cidr": {
      const branches = each(rule.branches, ({ blocks }) => {
        if (blocks === "default" || !("collectionId" in blocks)) return { blocks };
        return { blocks: cidrBlocks(blocks.collectionId, blocks.locationName) };
      });
      return { kind: "cidr", branches };
    }
    case "timeOfDay": {
      const branches = each(rule.branches, ({ windows }) => ({ windows }));
      return { kind: "timeOfDay", zone: rule.timeZone, branches };
    }
    case "leastLoaded": {
      const branches = each(rule.branches, ({ metric, low, high }) => {
        return { loadSlot: loadSlot(metric), low, high };
      });
      return { kind: "leastLoaded", branches };
    }
    case "nearby": {
      const branches = each(rule.branches, (b) => ({
        ...coordinatesOf(b.where),
        country: b.country,
        continent: continentOf(b.country),
        ...("region" in b.where ? { region: b.where.region } : {}),
        ...(b.city === undefined ? {} : { city: b.city }),
        ...(b.metric === undefined ? {} : { loadSlot: loadSlot(b.metric) }),
      }));
      return { kind: "nearby", branches };
    }
  }
}

/** A place as Route 53 writes it, as the tree has it. */
export function wantedPlace(place: GeoLocation): WantedPlace {
  const { continentCode, countryCode, subdivisionCode } = place;
  if (countryCode === "*") return "default";
  return {
    ...(continentCode === undefined ? {} : { continent: continentCode }),
    ...(countryCode === undefined ? {} : { country: countryCode }),
    ...(subdivisionCode === undefined ? {} : { subdivision: subdivisionCode }),
  };
}

function coordinatesOf(place: PolicyPlace): Coordinates {
  if ("latitude" in place) return { latitude: place.latitude, longitude: place.longitude };
  const coordinates =
    "region" in place
      ? regionCoordinates(place.region)
      : localZoneGroupCoordinates(place.localZoneGroup);
  if (coordinates) return coordinates;
  throw new Error(`it names a place that is not known: ${Object.values(place).join()}`);
}
