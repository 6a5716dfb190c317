import { formatCidr } from "../../src/base/ip.ts";
import type { Branch, RoutingNode } from "../../src/dataplane/policy/routing-tree.ts";
import type { Difference } from "./compare.ts";
import { labelOf } from "./compare.ts";
import { positionOf } from "./routing-server.ts";

/** A difference as a person reads it: the trees that matter, the world, and both answers. */
export function describeDifference(difference: Difference): string {
  const { seed, world, routingCase, expected, answered, neighbour } = difference;
  const { network, place } = world.client;
  const reached = new Map<number, RoutingNode>();
  reach(0);
  return [
    `seed ${seed}: ${formatCidr(network)} at ${JSON.stringify(place)}`,
    `${new Date(world.atMs).toISOString()}, loads ${world.loads.join(" ")}`,
    ...[...reached].map(([position, node]) => `s${position}: ${describe(node, "")}`),
    `expected ${expected.map(({ chance, pool, take }) => {
      const labels = pool.map(({ rdatas }) => labelOf(rdatas)).join(" ");
      return `${chance.toFixed(3)}: ${take} of [${labels}]`;
    })}`,
    `answered [${answered.labels.join(" ")}] ${answered.ttls.join(" ")}, scope ${answered.scope}`,
    ...(neighbour ? [`not so ${formatCidr(neighbour.network)}`] : []),
  ].join("\n");

  function reach(position: number): void {
    const node = routingCase.sets[position];
    if (!node || reached.has(position)) return;
    reached.set(position, node);
    follow(node);
  }

  function follow(node: RoutingNode): void {
    if (node.kind === "alias") reach(positionOf(node.target));
    else if (node.kind !== "records") node.branches.forEach((branch) => follow(branch.node));
  }

  function describe(node: RoutingNode, indent: string): string {
    if (node.kind === "records") return labelOf(node.rdatas);
    if (node.kind === "alias") {
      return `alias of s${positionOf(node.target)}${node.evaluateTargetHealth ? ", evaluated" : ""}`;
    }
    const { branches, kind, failMode = "open" } = node;
    const lines = (branches as readonly Branch[]).map((branch) => {
      return `${indent}  ${describeBranch(branch)}: ${describe(branch.node, `${indent}  `)}`;
    });
    return [`${kind} ${failMode}`, ...lines].join("\n");
  }

  function describeBranch(branch: Branch): string {
    const { healthSlot, evaluateTargetHealth = true, ...rest } = branch;
    const own = Object.entries(rest).filter(([key]) => key !== "node" && key !== "label");
    const health = healthSlot === undefined ? "no check" : world.isUp(healthSlot) ? "up" : "down";
    const setting = JSON.stringify(Object.fromEntries(own), (key, value: unknown) =>
      key === "blocks" && Array.isArray(value) ? value.map(formatCidr) : value,
    );
    return `${health}${evaluateTargetHealth ? "" : ", group not evaluated"} ${setting}`;
  }
}
