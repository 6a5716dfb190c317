import { childrenOf } from "../../control/model/health-check-extension.ts";
import type { HealthCheckExtension } from "../../control/model/health-check-extension.ts";
import type { HealthCheck, HealthCheckConfig } from "../../control/model/health-check.ts";
import {
  HealthExpressionError,
  parseHealthExpression,
} from "../../control/model/health-expression.ts";
import type { HealthExpression } from "../../control/model/health-expression.ts";
import type { RoutingControl } from "../../control/model/routing-control.ts";
import type { TableName } from "../../control/model/tables.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import type { CheckSpec } from "../checker/check-spec.ts";
import { checkSpecOf, settleTimeMs } from "./check-spec-of.ts";
import { defaultVoteRule } from "./vote-rule.ts";
import type { VoteRule } from "./vote-rule.ts";

/** Tables that make a plan: it is read again when a commit touches one. */
export const planTables: ReadonlySet<TableName> = new Set([
  "healthCheck",
  "healthSlot",
  "healthCheckExtension",
  "routingControl",
  "tag",
] as const);

/** One check, as its status is found. */
export type PlannedCheck = {
  id: string;
  slot: number;
  /** The tag `Name`. */
  name?: string;
  config: HealthCheckConfig;
  extension: HealthCheckExtension;
  rule: VoteRule;
  /** What checkers do for it; absent: nothing. `specText` is it as JSON. */
  spec?: CheckSpec;
  specText: string;
  /** How long a location that has begun with it may be without a verdict. */
  settleMs: number;
  /** Of a calculated check: ids of those that its status is made of. */
  children: readonly string[];
  /** Of a calculated check that has one; `null`: it cannot be read, and the last status stays. */
  expression?: HealthExpression | null;
};

/** All checks there are, and how they hang together. */
export type HealthPlan = {
  /** The entry of the log up to which the state was read. */
  seq: number;
  checks: ReadonlyMap<string, PlannedCheck>;
  /** Every check after those that it is made of; those that are made of themselves are left out. */
  order: readonly PlannedCheck[];
  /** Calculated checks by their children. */
  parents: ReadonlyMap<string, readonly string[]>;
  /** State by ARN. */
  routingControls: ReadonlyMap<string, RoutingControl>;
};

export function readHealthPlan(state: StateReader): HealthPlan {
  return state.read(() => {
    const values = <T>(table: TableName, prefix: string[] = []): Map<string, T> =>
      new Map(state.list<T>(table, { prefix }).map(({ key, value }) => [key.at(-1) ?? "", value]));
    const slots = values<number>("healthSlot");
    const extensions = values<HealthCheckExtension>("healthCheckExtension");
    const tags = values<Record<string, string>>("tag", ["healthcheck"]);
    const checks = new Map<string, PlannedCheck>();
    for (const { value } of state.list<HealthCheck>("healthCheck")) {
      const slot = slots.get(value.id);
      if (slot === undefined) continue;
      const extension = extensions.get(value.id) ?? {};
      const name = tags.get(value.id)?.["Name"];
      checks.set(value.id, plannedCheck(value, { slot, extension, name }));
    }
    return {
      ...{ seq: state.lastSeq(), checks },
      ...inOrder(checks),
      routingControls: values<RoutingControl>("routingControl"),
    };
  });
}

function plannedCheck(
  { id, config }: HealthCheck,
  beside: { slot: number; extension: HealthCheckExtension; name: string | undefined },
): PlannedCheck {
  const { slot, extension, name } = beside;
  const spec = checkSpecOf({ healthCheckId: id, slot }, { config, extension });
  return {
    ...{ id, slot, config, extension, rule: extension.votes ?? defaultVoteRule },
    ...(name === undefined ? {} : { name }),
    ...(spec ? { spec } : {}),
    specText: spec ? JSON.stringify(spec) : "",
    settleMs: spec ? settleTimeMs(spec) : 0,
    children: config.type === "CALCULATED" ? childrenOf(config, extension) : [],
    ...(extension.expression === undefined ? {} : { expression: readable(extension.expression) }),
  };
}

function readable(text: string): HealthExpression | null {
  try {
    return parseHealthExpression(text);
  } catch (error) {
    if (error instanceof HealthExpressionError) return null;
    throw error;
  }
}

/** Children first, without recursion however deep checks are nested. */
export function inOrder(
  checks: ReadonlyMap<string, PlannedCheck>,
): Pick<HealthPlan, "order" | "parents"> {
  const parents = new Map<string, string[]>();
  const waitsFor = new Map<string, number>();
  const order: PlannedCheck[] = [];
  for (const check of checks.values()) {
    const children = new Set(check.children.filter((child) => checks.has(child)));
    for (const child of children) {
      const siblings = parents.get(child);
      if (siblings) siblings.push(check.id);
      else parents.set(child, [check.id]);
    }
    if (children.size > 0) waitsFor.set(check.id, children.size);
    else order.push(check);
  }
  for (let i = 0; i < order.length; i++) {
    for (const id of parents.get((order[i] as PlannedCheck).id) ?? []) {
      const left = (waitsFor.get(id) ?? 0) - 1;
      waitsFor.set(id, left);
      const parent = checks.get(id);
      if (left === 0 && parent) order.push(parent);
    }
  }
  return { order, parents };
}

/** A check and all calculated checks that look at it, directly or by way of others. */
export function withParents(plan: HealthPlan, id: string): string[] {
  const ids = new Set([id]);
  // A set is walked on to what is added meanwhile.
  for (const child of ids) for (const parent of plan.parents.get(child) ?? []) ids.add(parent);
  return [...ids];
}
