import { createHash } from "node:crypto";
import {
  healthNameSizeMax,
  routingControlCountMax,
  ruleControlCountMax,
} from "../../base/limits.ts";
import { InputObject } from "../../control/model/input-object.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { drawUuid } from "../../control/model/resource-id.ts";
import { panelDefault } from "../../control/model/routing-control.ts";
import type { RoutingControl, RoutingControlState } from "../../control/model/routing-control.ts";
import { brokenRules, describeRule } from "../../control/model/safety-rule.ts";
import type { SafetyRule } from "../../control/model/safety-rule.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { commit } from "../route53/commit.ts";

const nameSize = { min: 1, max: healthNameSizeMax };

/** @throws ServiceError where the name is taken */
export async function createRoutingControl(
  context: ApiContext,
  { body, by }: { body: unknown; by: string },
): Promise<RoutingControl> {
  const object = new InputObject(body);
  const name = object.text("name", nameSize);
  const panel = object.optional("panel", (member) => object.text(member, nameSize));
  object.end();
  const control: RoutingControl = {
    ...{ name, panel: panel ?? panelDefault, state: "Off", by },
    arn: newArn(context, panel ?? panelDefault),
    since: nowText(context),
  };
  await commit(context, {
    action: "signpost:CreateRoutingControl",
    plan() {
      if (context.state.get("routingControlByName", [name]) !== undefined) {
        throw new ServiceError(
          "Conflict",
          `Cannot create routing control: ${name} is there already`,
        );
      }
      if (context.state.count("routingControl") >= routingControlCountMax) {
        const limit = `${routingControlCountMax} are there, limit ${routingControlCountMax}`;
        throw new ServiceError("InvalidInput", `Cannot create routing control: ${limit}`);
      }
      const mutations: Mutation[] = [
        { put: "routingControl", key: [control.arn], value: control },
        { put: "routingControlByName", key: [name], value: control.arn },
      ];
      return { mutations, result: undefined };
    },
  });
  return control;
}

/** As AWS forms them: panels have ids of 32 hexadecimal digits, controls of 16. */
function newArn({ settings, random }: ApiContext, panel: string): string {
  const panelId = createHash("sha256").update(panel).digest("hex").slice(0, 32);
  const id = drawUuid(random).replaceAll("-", "").slice(0, 16);
  const owner = `arn:aws:route53-recovery-control::${settings.accountId}`;
  return `${owner}:controlpanel/${panelId}/routingcontrol/${id}`;
}

function nowText({ clock }: ApiContext): string {
  return new Date(clock.nowMs()).toISOString();
}

/** All controls, or those of one panel, by name. */
export function listRoutingControls({ state }: ApiContext, panel?: string): RoutingControl[] {
  return state
    .list<RoutingControl>("routingControl")
    .map(({ value }) => value)
    .filter((control) => panel === undefined || control.panel === panel)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The control with this name or ARN.
 * @throws ServiceError NotFound
 */
export function requireRoutingControl({ state }: ApiContext, nameOrArn: string): RoutingControl {
  const arn = state.get<string>("routingControlByName", [nameOrArn]) ?? nameOrArn;
  const control = state.get<RoutingControl>("routingControl", [arn]);
  if (control) return control;
  throw new ServiceError("NotFound", `There is no routing control ${nameOrArn}`);
}

/** @throws ServiceError where a health check or a safety rule goes by it */
export async function deleteRoutingControl(context: ApiContext, nameOrArn: string): Promise<void> {
  await commit(context, {
    action: "signpost:DeleteRoutingControl",
    plan() {
      const { arn, name } = requireRoutingControl(context, nameOrArn);
      refuseUsed(context, { arn, name });
      const mutations: Mutation[] = [
        { remove: "routingControl", key: [arn] },
        { remove: "routingControlByName", key: [name] },
      ];
      return { mutations, result: undefined };
    },
  });
}

function refuseUsed({ state }: ApiContext, { arn, name }: { arn: string; name: string }): void {
  const [check] = state.list("healthCheckByControl", { prefix: [arn], limit: 1 });
  const rule = rulesOf({ state }).find(
    ({ controls, targets }) => controls.includes(arn) || targets.includes(arn),
  );
  if (!check && !rule) return;
  const user = check ? `health check ${check.key[1]}` : `safety rule ${rule?.name}`;
  throw new ServiceError("Conflict", `Cannot delete routing control ${name}: ${user} goes by it`);
}

function rulesOf({ state }: Pick<ApiContext, "state">): SafetyRule[] {
  return state.list<SafetyRule>("safetyRule").map(({ value }) => value);
}

/** What one request switches; `control` is a name or an ARN. */
export type StateUpdate = { control: string; state: RoutingControlState };
export type StatesChange = { updates: StateUpdate[]; overrides: string[] };

/** The body of a change of several states: `{updates, safetyRulesToOverride}`. */
export function readStatesChange(body: unknown): StatesChange {
  const object = new InputObject(body);
  const given = object.take("updates");
  if (!Array.isArray(given) || given.length < 1 || given.length > ruleControlCountMax) {
    throw object.problem("updates", `a list of 1 to ${ruleControlCountMax} is expected`);
  }
  const updates = given.map((value: unknown, i) => {
    const update = new InputObject(value, `updates.${i}`);
    const control = update.text("control", { min: 1, max: 256 });
    const state = update.oneOf("state", ["On", "Off"]);
    update.end();
    return { control, state };
  });
  return { updates, overrides: readOverrides(object) };
}

/** The body of a change of one state: `{state, safetyRulesToOverride}`. */
export function readStateChange(body: unknown, control: string): StatesChange {
  const object = new InputObject(body);
  const state = object.oneOf("state", ["On", "Off"]);
  return { updates: [{ control, state }], overrides: readOverrides(object) };
}

function readOverrides(object: InputObject): string[] {
  const overrides = object.optional("safetyRulesToOverride", (name) =>
    object.texts(name, { min: 0, max: ruleControlCountMax }),
  );
  object.end();
  return overrides ?? [];
}

/**
 * Switches controls, all of them or none.
 * @returns those that were named, as they are now
 * @throws ServiceError Conflict where a safety rule that is not overridden forbids it
 */
export async function changeStates(
  context: ApiContext,
  change: StatesChange,
  by: string,
): Promise<RoutingControl[]> {
  const { result } = await commit(context, {
    action: "signpost:UpdateRoutingControlStates",
    plan() {
      const planned = plannedStates(context, change, by);
      const overridden = refuseBroken(context, planned, change.overrides);
      const mutations = planned
        .filter(({ before, after }) => before.state !== after.state)
        .map(({ after }): Mutation => ({ put: "routingControl", key: [after.arn], value: after }));
      return { mutations, result: { planned, overridden } };
    },
  });
  const { planned, overridden } = result;
  for (const { before, after } of planned) {
    if (before.state === after.state) continue;
    context.health.record({
      type: "routing-control.state",
      routingControlArn: after.arn,
      name: after.name,
      ...{ from: before.state, to: after.state, by, overridden },
    });
  }
  return planned.map(({ after }) => after);
}

type PlannedState = { before: RoutingControl; after: RoutingControl };

function plannedStates(context: ApiContext, change: StatesChange, by: string): PlannedState[] {
  const seen = new Set<string>();
  return change.updates.map(({ control, state }, i) => {
    const before = requireRoutingControl(context, control);
    if (seen.has(before.arn)) {
      throw new ServiceError("InvalidInput", `updates.${i}: ${before.name} is there twice`);
    }
    seen.add(before.arn);
    const isSame = before.state === state;
    return { before, after: isSame ? before : { ...before, state, by, since: nowText(context) } };
  });
}

/** @returns names of the rules that would have forbidden it */
function refuseBroken(
  context: ApiContext,
  planned: readonly PlannedState[],
  overrides: readonly string[],
): string[] {
  const rules = rulesOf(context);
  const unknown = overrides.find((name) => !rules.some((rule) => rule.name === name));
  if (unknown !== undefined) {
    const message = `safetyRulesToOverride: there is no safety rule ${unknown}`;
    throw new ServiceError("InvalidInput", message);
  }
  const all = listRoutingControls(context);
  const before = new Map(all.map(({ arn, state }) => [arn, state]));
  const after = new Map(before);
  for (const { after: control } of planned) after.set(control.arn, control.state);
  const broken = brokenRules(rules, { before, after });
  const forbidding = broken.find(({ name }) => !overrides.includes(name));
  if (!forbidding) return broken.map(({ name }) => name);
  const nameOf = (arn: string): string => all.find((one) => one.arn === arn)?.name ?? arn;
  throw new ServiceError(
    "Conflict",
    `Cannot change routing controls: the ${forbidding.kind} rule ${forbidding.name} wants ` +
      `${describeRule(forbidding, nameOf)}; safetyRulesToOverride can name it`,
  );
}
