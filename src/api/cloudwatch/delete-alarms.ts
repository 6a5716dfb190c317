import { removeAlarm } from "../../control/model/alarm-mutations.ts";
import type { Alarm } from "../../control/model/alarm.ts";
import { commit } from "../commit/commit.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { alarmNamed, parentsOf } from "./alarm-rows.ts";
import type { CloudWatchContext } from "./cloudwatch-context.ts";
import type { HandlerFamily } from "./cloudwatch-handler.ts";
import { validationFault } from "./refusals.ts";

export const deleteAlarms: HandlerFamily<"DeleteAlarms"> = (context) => ({
  /** Of several names those that are no alarm's are passed over, as at AWS. */
  async DeleteAlarms(input) {
    await commit(context, {
      action: "DeleteAlarms",
      plan() {
        const names = [...new Set(input.AlarmNames)];
        const alarms = names.flatMap((name) => alarmNamed(context, name) ?? []);
        if (names.length > 0 && alarms.length === 0) {
          const message = `The alarms [${names.join(", ")}] do not exist.`;
          throw new ServiceError("ResourceNotFound", message);
        }
        if (alarms.filter(({ kind }) => kind === "composite").length > 1) {
          throw validationFault("At most one composite alarm can be deleted with one request.");
        }
        refuseChildren(context, alarms);
        return { mutations: alarms.flatMap(removeAlarm), result: undefined };
      },
    });
    return {};
  },
});

/** An alarm that a composite alarm depends on stays, unless that one goes too. */
function refuseChildren(context: CloudWatchContext, alarms: readonly Alarm[]): void {
  const going = new Set(alarms.map(({ name }) => name));
  const needed = alarms
    .map(({ name }) => name)
    .filter((name) => parentsOf(context, name).some((parent) => !going.has(parent)));
  if (needed.length === 0) return;
  const them = needed.length === 1 ? "it" : "them";
  throw validationFault(
    `Cannot delete ${needed.join(",")} as there are composite alarm(s) depending on ${them}.`,
  );
}
