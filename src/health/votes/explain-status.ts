import type { VoteCount } from "../../control/model/health-event.ts";
import { Verdict } from "../checker/verdict-table.ts";
import type { CheckState, HealthInputs } from "./health-statuses.ts";
import type { HealthPlan, PlannedCheck } from "./health-plan.ts";
import { explainVotes } from "./vote-rule.ts";

/** One sentence: why a check has the status it has. */
export function explainStatus(
  check: PlannedCheck,
  state: CheckState,
  world: { plan: HealthPlan; inputs: Pick<HealthInputs, "alarmStates"> },
): string {
  const { disabled, inverted } = check.config;
  if (disabled) return inverted ? "The check is disabled and inverted" : "The check is disabled";
  const why = explainFound(check, state, world);
  return inverted ? `${why}; inverted` : why;
}

/** The votes of a check that has any. */
export function voteCountOf({ spec }: PlannedCheck, { tally }: CheckState): VoteCount | undefined {
  if (!spec) return undefined;
  const { healthy, voting, live } = tally;
  return { healthy, voting, live };
}

function explainFound(
  check: PlannedCheck,
  state: CheckState,
  { plan, inputs }: { plan: HealthPlan; inputs: Pick<HealthInputs, "alarmStates"> },
): string {
  const { config, extension, expression } = check;
  if (check.spec) return explainVotes(check.rule, state.tally);
  if (extension.probe?.kind === "heartbeat") {
    const { everySeconds } = extension.probe;
    if (state.found !== Verdict.unhealthy) return `Its service calls in every ${everySeconds} s`;
    return `Its service has not called in for ${everySeconds} s`;
  }
  if (config.type === "CALCULATED") {
    const children = `${state.healthyChildren} of ${check.children.length} checks are healthy`;
    if (expression === undefined) return `${children}, ${config.healthThreshold ?? 0} are needed`;
    if (expression === null) return "Its expression cannot be read: the last status stays";
    const isTrue = state.found === Verdict.healthy;
    return `Its expression is ${isTrue ? "true" : "false"}: ${extension.expression}`;
  }
  if (config.type === "CLOUDWATCH_METRIC") {
    const alarm = inputs.alarmStates.get(check.id);
    const name = config.alarmIdentifier?.name ?? "";
    return alarm === undefined
      ? `Nothing is known yet of the metric of alarm ${name}`
      : `The metric of alarm ${name} is in state ${alarm}`;
  }
  const control = plan.routingControls.get(config.routingControlArn ?? "");
  if (!control) return "Its routing control is not known: the last status stays";
  return `The routing control ${control.name} is ${control.state}`;
}
