import { ServiceError } from "../protocol/service-error.ts";
import { requireAlarm } from "./alarm-rows.ts";
import type { HandlerFamily } from "./cloudwatch-handler.ts";

export const setAlarmState: HandlerFamily<"SetAlarmState"> = (context) => ({
  async SetAlarmState({ AlarmName, StateValue, StateReason, StateReasonData }) {
    const { name } = requireAlarm(context, AlarmName);
    if (StateReasonData !== undefined) requireJson(StateReasonData);
    await context.metrics.setAlarmState({
      name,
      state: StateValue,
      reason: StateReason,
      ...(StateReasonData === undefined ? {} : { reasonData: StateReasonData }),
    });
    return {};
  },
});

function requireJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new ServiceError("InvalidFormatFault", "StateReasonData must be valid JSON.");
  }
}
