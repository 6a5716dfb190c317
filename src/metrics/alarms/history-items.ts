import type { Alarm } from "../../control/model/alarm.ts";
import type { AlarmStatus } from "../metrics-desk.ts";
import type { NewHistoryItem } from "../store/alarm-table.ts";

type Status = Pick<AlarmStatus, "state" | "reason" | "reasonData">;
type Named = { name: string; kind: "metric" | "composite" };

/** Items of an alarm's history, worded as CloudWatch's. */
export function stateItem(
  { name, kind }: Named,
  { from, to, atMs }: { from: Status; to: Status; atMs: number },
): NewHistoryItem {
  const data = { version: "1.0", oldState: statusData(from), newState: statusData(to) };
  return {
    ...{ atMs, name, kind, type: "StateUpdate" as const },
    summary: `Alarm updated from ${from.state} to ${to.state}`,
    data: JSON.stringify(data),
  };
}

function statusData({ state, reason, reasonData }: Status): object {
  return {
    stateValue: state,
    stateReason: reason,
    ...(reasonData === undefined ? {} : { stateReasonData: parsed(reasonData) }),
  };
}

/** SetAlarmState takes any text for the data. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function configurationItem(
  alarm: Alarm | Named,
  { change, atMs }: { change: "Create" | "Update" | "Delete"; atMs: number },
): NewHistoryItem {
  const done = { Create: "created", Update: "updated", Delete: "deleted" }[change];
  return {
    ...{ atMs, name: alarm.name, kind: alarm.kind, type: "ConfigurationUpdate" as const },
    summary: `Alarm "${alarm.name}" ${done}`,
    data: JSON.stringify({ version: "1.0", type: change, [`${done}Alarm`]: alarm }),
  };
}

/** What became of an action; `failure` says why it was not done. */
export function actionItem(
  { name, kind }: Named,
  { action, failure, atMs }: { action: string; failure?: string; atMs: number },
): NewHistoryItem {
  const summary =
    failure === undefined
      ? `Successfully executed action ${action}`
      : `Failed to execute action ${action}. ${failure}`;
  const data = {
    version: "1.0",
    actionState: failure === undefined ? "Succeeded" : "Failed",
    notificationResource: action,
    ...(failure === undefined ? {} : { error: failure }),
  };
  return { atMs, name, kind, type: "Action", summary, data: JSON.stringify(data) };
}
