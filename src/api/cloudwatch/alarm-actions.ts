import { putAlarm } from "../../control/model/alarm-mutations.ts";
import { commit } from "../commit/commit.ts";
import { alarmNamed } from "./alarm-rows.ts";
import type { CloudWatchContext } from "./cloudwatch-context.ts";
import type { HandlerFamily } from "./cloudwatch-handler.ts";

export const alarmActions: HandlerFamily<"EnableAlarmActions" | "DisableAlarmActions"> = (
  context,
) => ({
  async EnableAlarmActions({ AlarmNames }) {
    await switchActions(context, AlarmNames, true);
    return {};
  },

  async DisableAlarmActions({ AlarmNames }) {
    await switchActions(context, AlarmNames, false);
    return {};
  },
});

/** Names that are no alarm's are passed over, as at AWS. */
async function switchActions(
  context: CloudWatchContext,
  names: readonly string[],
  actionsEnabled: boolean,
): Promise<void> {
  const updatedAt = new Date(context.clock.nowMs()).toISOString();
  await commit(context, {
    action: actionsEnabled ? "EnableAlarmActions" : "DisableAlarmActions",
    plan() {
      const alarms = [...new Set(names)].flatMap((name) => alarmNamed(context, name) ?? []);
      const mutations = alarms
        .filter((alarm) => alarm.actionsEnabled !== actionsEnabled)
        .flatMap((alarm) => putAlarm(alarm, { ...alarm, actionsEnabled, updatedAt }));
      return { mutations, result: undefined };
    },
  });
}
