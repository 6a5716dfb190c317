import { alarmCountMax } from "../../base/limits.ts";
import type { Alarm } from "../../control/model/alarm.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { CloudWatchContext } from "./cloudwatch-context.ts";
import { validationFault } from "./refusals.ts";

export function alarmNamed({ state }: CloudWatchContext, name: string): Alarm | undefined {
  return state.get<Alarm>("alarm", [name]);
}

/** @throws ServiceError ResourceNotFound */
export function requireAlarm(context: CloudWatchContext, name: string): Alarm {
  const alarm = alarmNamed(context, name);
  if (alarm) return alarm;
  throw new ServiceError("ResourceNotFound", `The alarm ${name} does not exist.`);
}

/**
 * The alarm that one of this kind and name takes the place of; none where it is new.
 * @throws ServiceError where the name is another kind's, or there can be no more alarms
 */
export function replaced(
  context: CloudWatchContext,
  { name, kind }: Pick<Alarm, "name" | "kind">,
): Alarm | undefined {
  const before = alarmNamed(context, name);
  if (!before && context.state.count("alarm") >= alarmCountMax) {
    const message = `The limit of ${alarmCountMax} alarms has been reached.`;
    throw new ServiceError("LimitExceededFault", message);
  }
  if (before && before.kind !== kind) {
    throw validationFault(`There is a ${before.kind} alarm with the name ${name} already.`);
  }
  return before;
}

/** The composite alarms that depend on an alarm, by name. */
export function parentsOf({ state }: CloudWatchContext, name: string): string[] {
  return state.list("alarmByChild", { prefix: [name] }).map(({ key }) => key[1] ?? "");
}
