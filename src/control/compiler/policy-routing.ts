import type { Branch, RoutingNode } from "../../dataplane/policy/routing-tree.ts";
import { parseRdata } from "../../dns/rdata/rdata.ts";
import type { Name } from "../../dns/wire/name.ts";
import { recordValueForm } from "../model/record-value.ts";
import type {
  PolicyBranch,
  PolicyDocument,
  PolicyEndpoint,
  PolicyNode,
  PolicyRule,
} from "../model/traffic-policy-document.ts";
import { ruleGroup } from "./rule-group.ts";
import type { RuleGroupContext } from "./rule-group.ts";

/** What of an instance and of the state a document's tree is made with. */
export type PolicyRoutingContext = Omit<RuleGroupContext, "branch"> & {
  /** Type of the instance's records, as a number. */
  type: number;
  ttl: number;
  /** Slot of the status table; `undefined`: always healthy. */
  healthSlot(healthCheckId: string): number | undefined;
  /** Wire form of a name as Route 53 writes it. */
  parseName(text: string): Name;
};

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
    return ruleGroup(rule, { ...this.#context, branch: (branch) => this.#branch(branch) });
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
