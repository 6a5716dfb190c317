import { alarmNestingMax } from "../../base/limits.ts";
import { dependenciesOf, putAlarm } from "../../control/model/alarm-mutations.ts";
import { AlarmRuleError, parseAlarmRule } from "../../control/model/alarm-rule.ts";
import type { CompositeAlarm } from "../../control/model/alarm.ts";
import { commit } from "../commit/commit.ts";
import { alarmNamed, replaced } from "./alarm-rows.ts";
import { commonSettings, firstTags } from "./alarm-settings.ts";
import type { CloudWatchContext } from "./cloudwatch-context.ts";
import type { HandlerFamily, InputOf } from "./cloudwatch-handler.ts";
import { validationFault } from "./refusals.ts";

type Input = InputOf<"PutCompositeAlarm">;

export const putCompositeAlarm: HandlerFamily<"PutCompositeAlarm"> = (context) => ({
  async PutCompositeAlarm(input) {
    const alarm: CompositeAlarm = {
      ...commonSettings(input, context.clock.nowMs()),
      kind: "composite",
      rule: ruleOf(input),
      ...suppressorOf(input),
    };
    await commit(context, {
      action: "PutCompositeAlarm",
      plan() {
        const before = replaced(context, alarm);
        requireDependencies(context, alarm);
        refuseCycle(context, alarm);
        const mutations = [...putAlarm(before, alarm), ...firstTags(input, before)];
        return { mutations, result: undefined };
      },
    });
    return {};
  },
});

function ruleOf({ AlarmRule: rule }: Input): string {
  if (rule.trim() !== rule) {
    const message = "AlarmRule must not contain leading or trailing whitespace or be null";
    throw validationFault(message);
  }
  try {
    parseAlarmRule(rule);
  } catch (error) {
    if (!(error instanceof AlarmRuleError)) throw error;
    throw validationFault(`AlarmRule is not valid. ${error.message}`);
  }
  return rule;
}

function suppressorOf(input: Input) {
  const { ActionsSuppressor: actionsSuppressor } = input;
  const wait = input.ActionsSuppressorWaitPeriod;
  const extension = input.ActionsSuppressorExtensionPeriod;
  if (actionsSuppressor === undefined) {
    if (wait === undefined && extension === undefined) return {};
    throw validationFault("ActionsSuppressor is required where its wait or extension period is");
  }
  if (wait === undefined || extension === undefined) {
    throw validationFault(
      "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required with " +
        "ActionsSuppressor",
    );
  }
  if (wait < 0 || extension < 0)
    throw validationFault("Periods of suppression must not be negative");
  return {
    actionsSuppressor,
    actionsSuppressorWaitPeriod: wait,
    actionsSuppressorExtensionPeriod: extension,
  };
}

function requireDependencies(context: CloudWatchContext, alarm: CompositeAlarm): void {
  const missing = dependenciesOf(alarm).filter(
    (name) => name !== alarm.name && !alarmNamed(context, name),
  );
  if (missing.length === 0) return;
  const names = missing.join(", ");
  throw validationFault(
    `Could not save the composite alarm as alarms [${names}] in the alarm rule do not exist`,
  );
}

/** A rule that leads back to its own alarm has no value. */
function refuseCycle(context: CloudWatchContext, alarm: CompositeAlarm): void {
  const seen = new Set<string>();
  let level = dependenciesOf(alarm);
  for (let depth = 0; level.length > 0; depth++) {
    if (level.includes(alarm.name)) {
      throw validationFault(`The rule of the composite alarm ${alarm.name} leads back to itself`);
    }
    if (depth >= alarmNestingMax) {
      throw validationFault(`Composite alarms cannot stand on more than ${alarmNestingMax} others`);
    }
    for (const name of level) seen.add(name);
    const below = level.flatMap((name) => {
      const child = alarmNamed(context, name);
      return child?.kind === "composite" ? dependenciesOf(child) : [];
    });
    level = [...new Set(below)].filter((name) => !seen.has(name));
  }
}
