import { continentOf } from "../../geo/places/continents.ts";
import { regionCoordinates } from "../../geo/places/aws-regions.ts";
import type { Coordinates } from "../../geo/places/coordinates.ts";
import { localZoneGroupCoordinates } from "../../geo/places/local-zone-groups.ts";
import type { Branch, RoutingNode, WantedPlace } from "../../dataplane/policy/routing-tree.ts";
import { parseRdata } from "../../dns/rdata/rdata.ts";
import type { Name } from "../../dns/wire/name.ts";
import { recordValueForm } from "../model/record-value.ts";
import type { GeoLocation } from "../model/resource-record-set.ts";
import type {
  LoadMetric,
  PolicyBranch,
  PolicyDocument,
  PolicyEndpoint,
  PolicyNode,
  PolicyPlace,
  PolicyRule,
} from "../model/traffic-policy-document.ts";

/** What of an instance and of the state a document's tree is made with. */
export type PolicyRoutingContext = {
  /** Type of the instance's records, as a number. */
  type: number;
  ttl: number;
  /** Slot of the status table; `undefined`: always healthy. */
  healthSlot(healthCheckId: string): number | undefined;
  /** Slot of the load table. */
  loadSlot(metric: LoadMetric): number;
  /** Wire form of a name as Route 53 writes it. */
  parseName(text: string): Name;
};

/** Answers of one multivalue set: Route 53's number. */
const multivalueLimit = 8;

/**
 * The routing tree of a policy document. Nodes that the document shares are shared in the tree.
 * @throws Error for a document that did not come through the parser
 */
export function policyRouting(
  document: PolicyDocument,
  context: PolicyRoutingContext,
): RoutingNode {
  return new PolicyRouting(context).node(document.start);
}

class PolicyRouting {
  readonly #context: PolicyRoutingContext;
  readonly #nodes = new Map<PolicyNode, RoutingNode>();

  constructor(context: PolicyRoutingContext) {
    this.#context = context;
  }

  node(node: PolicyNode): RoutingNode {
    let routing = this.#nodes.get(node);
    if (!routing) {
      routing = node.kind === "endpoint" ? this.#endpoint(node) : this.#rule(node);
      this.#nodes.set(node, routing);
    }
    return routing;
  }

  #endpoint({ type, values }: PolicyEndpoint): RoutingNode {
    const { ttl, parseName } = this.#context;
    if (type === "value") {
      const rdatas = values.map((value) => parseRdata(this.#context.type, value, recordValueForm));
      return { kind: "records", ttl, rdatas };
    }
    // An alias that does not look at its target's health: Route 53's way where nothing is said.
    const target = { owner: parseName(values[0] ?? ""), type: this.#context.type };
    return { kind: "alias", target, evaluateTargetHealth: false };
  }

  #rule(rule: PolicyRule): RoutingNode {
    const { failMode } = rule;
    const node = this.#group(rule);
    return failMode === undefined ? node : ({ ...node, failMode } as RoutingNode);
  }

  #group(rule: PolicyRule): RoutingNode {
    switch (rule.kind) {
      case "failover":
        return { kind: "failover", branches: rule.branches.map((b) => this.#branch(b)) };
      case "multivalue": {
        const branches = rule.branches.map((b) => this.#branch(b));
        return { kind: "multivalue", limit: multivalueLimit, branches };
      }
      case "weighted":
      case "sticky": {
        const branches = rule.branches.map((b) => ({ ...this.#branch(b), weight: b.weight }));
        return { kind: rule.kind, branches };
      }
      case "geolocation": {
        const branches = rule.branches.map((b) => ({
          ...this.#branch(b),
          place: wantedPlace(b.place),
        }));
        return { kind: "geolocation", branches };
      }
      case "geoproximity": {
        const branches = rule.branches.map((b) => ({
          ...this.#branch(b),
          ...coordinatesOf(b.where),
          bias: b.bias,
        }));
        return { kind: "geoproximity", branches };
      }
      case "latency": {
        const branches = rule.branches.map((b) => ({
          ...this.#branch(b),
          ...coordinatesOf(b),
          region: b.region,
        }));
        return { kind: "latency", branches };
      }
      default:
        return this.#ownGroup(rule);
    }
  }

  /** Groups that only our own version of the format has. */
  #ownGroup(
    rule: Extract<PolicyRule, { kind: "cidr" | "timeOfDay" | "leastLoaded" | "nearby" }>,
  ): RoutingNode {
    switch (rule.kind) {
      case "cidr": {
        const branches = rule.branches.map((b) => ({ ...this.#branch(b), blocks: b.blocks }));
        return { kind: "cidr", branches };
      }
      case "timeOfDay": {
        const branches = rule.branches.map((b) => ({ ...this.#branch(b), windows: b.windows }));
        return { kind: "timeOfDay", zone: rule.timeZone, branches };
      }
      case "leastLoaded": {
        const branches = rule.branches.map((b) => ({
          ...this.#branch(b),
          loadSlot: this.#context.loadSlot(b.metric),
          low: b.low,
          high: b.high,
        }));
        return { kind: "leastLoaded", branches };
      }
      case "nearby": {
        const branches = rule.branches.map((b) => ({
          ...this.#branch(b),
          ...coordinatesOf(b.where),
          country: b.country,
          continent: continentOf(b.country),
          ...("region" in b.where ? { region: b.where.region } : {}),
          ...(b.city === undefined ? {} : { city: b.city }),
          ...(b.metric === undefined ? {} : { loadSlot: this.#context.loadSlot(b.metric) }),
        }));
        return { kind: "nearby", branches };
      }
    }
  }

  #branch(branch: PolicyBranch): Branch {
    const { path, evaluateTargetHealth, healthCheckId, node } = branch;
    const slot = healthCheckId === undefined ? undefined : this.#context.healthSlot(healthCheckId);
    return {
      label: path,
      ...(slot === undefined ? {} : { healthSlot: slot }),
      // Records have no health of their own: only what is below a rule can be evaluated.
      ...(node.kind === "endpoint" ? {} : { evaluateTargetHealth }),
      node: this.#aliasOf(branch) ?? this.node(node),
    };
  }

  /** An alias whose target's health counts, which is a matter of the branch and not shared. */
  #aliasOf({ node, evaluateTargetHealth }: PolicyBranch): RoutingNode | undefined {
    if (!evaluateTargetHealth || node.kind !== "endpoint") return undefined;
    const routing = this.node(node);
    return routing.kind === "alias" ? { ...routing, evaluateTargetHealth } : undefined;
  }
}

function wantedPlace(place: GeoLocation): WantedPlace {
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
