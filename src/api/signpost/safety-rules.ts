import { healthNameSizeMax, ruleControlCountMax, safetyRuleCountMax } from "../../base/limits.ts";
import { InputObject } from "../../control/model/input-object.ts";
import type { SafetyRule } from "../../control/model/safety-rule.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { commit } from "../route53/commit.ts";
import { requireRoutingControl } from "./routing-controls.ts";

const controlCount = { min: 1, max: ruleControlCountMax };

/** @throws ServiceError where the name is taken or a control is not there */
export async function createSafetyRule(context: ApiContext, body: unknown): Promise<SafetyRule> {
  const wanted = readRule(body);
  const { name } = wanted;
  const { result } = await commit(context, {
    action: "signpost:CreateSafetyRule",
    plan() {
      const { state } = context;
      if (state.get("safetyRule", [name]) !== undefined) {
        throw new ServiceError("Conflict", `Cannot create safety rule: ${name} is there already`);
      }
      if (state.count("safetyRule") >= safetyRuleCountMax) {
        const limit = `${safetyRuleCountMax} are there, limit ${safetyRuleCountMax}`;
        throw new ServiceError("InvalidInput", `Cannot create safety rule: ${limit}`);
      }
      const arnOf = (control: string): string => requireRoutingControl(context, control).arn;
      const [controls, targets] = [wanted.controls.map(arnOf), wanted.targets.map(arnOf)];
      const value: SafetyRule = { ...wanted, controls, targets };
      return { mutations: [{ put: "safetyRule", key: [name], value }], result: value };
    },
  });
  return viewOf(context, result);
}

function readRule(body: unknown): SafetyRule {
  const object = new InputObject(body);
  const name = object.text("name", { min: 1, max: healthNameSizeMax });
  const kind = object.oneOf("kind", ["assertion", "gating"]);
  const controls = object.texts("controls", controlCount, { min: 1, max: 256 });
  const targets =
    kind === "gating" ? object.texts("targets", controlCount, { min: 1, max: 256 }) : [];
  const type = object.oneOf("type", ["ATLEAST", "AND", "OR"]);
  const all = { ATLEAST: undefined, AND: controls.length, OR: 1 }[type];
  const range = { min: 1, max: controls.length };
  const threshold = all ?? object.wholeNumber("threshold", range);
  const inverted = object.optional("inverted", (member) => object.flag(member)) ?? false;
  object.end();
  return { name, kind, controls, targets, type, threshold, inverted };
}

export function listSafetyRules(context: ApiContext): SafetyRule[] {
  return context.state.list<SafetyRule>("safetyRule").map(({ value }) => viewOf(context, value));
}

/** The rule as requests and answers have it: controls by name. */
function viewOf(context: ApiContext, rule: SafetyRule): SafetyRule {
  const nameOf = (arn: string): string => requireRoutingControl(context, arn).name;
  return { ...rule, controls: rule.controls.map(nameOf), targets: rule.targets.map(nameOf) };
}

/** @throws ServiceError where there is none of this name */
export async function deleteSafetyRule(context: ApiContext, name: string): Promise<void> {
  await commit(context, {
    action: "signpost:DeleteSafetyRule",
    plan() {
      if (context.state.get("safetyRule", [name]) === undefined) {
        throw new ServiceError("NotFound", `There is no safety rule ${name}`);
      }
      return { mutations: [{ remove: "safetyRule", key: [name] }], result: undefined };
    },
  });
}
