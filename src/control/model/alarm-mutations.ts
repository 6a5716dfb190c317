import { alarmNameOf, alarmsOfRule, parseAlarmRule } from "./alarm-rule.ts";
import type { Alarm, CompositeAlarm } from "./alarm.ts";
import type { Mutation } from "./mutation.ts";
import type { TableKey, TableName } from "./tables.ts";

/** Writes an alarm, in the place of what it was before, with the indexes it is found by. */
export function putAlarm(before: Alarm | undefined, after: Alarm): Mutation[] {
  const kept = indexRows(after).map(([table, key]) => JSON.stringify([table, key]));
  const gone = before ? indexRows(before) : [];
  return [
    ...gone
      .filter(([table, key]) => !kept.includes(JSON.stringify([table, key])))
      .map(([table, key]): Mutation => ({ remove: table, key })),
    { put: "alarm", key: [after.name], value: after },
    ...indexRows(after).map(([table, key]): Mutation => ({ put: table, key, value: true })),
  ];
}

/** Removes an alarm, its indexes and its tags. */
export function removeAlarm(alarm: Alarm): Mutation[] {
  return [
    { remove: "alarm", key: [alarm.name] },
    { remove: "tag", key: ["alarm", alarm.name] },
    ...indexRows(alarm).map(([table, key]): Mutation => ({ remove: table, key })),
  ];
}

/** The alarms that a composite alarm depends on: those of its rule, and its suppressor. */
export function dependenciesOf({ rule, actionsSuppressor }: CompositeAlarm): string[] {
  const names = alarmsOfRule(parseAlarmRule(rule));
  const all = actionsSuppressor === undefined ? names : [...names, alarmNameOf(actionsSuppressor)];
  return [...new Set(all)];
}

function indexRows(alarm: Alarm): (readonly [TableName, TableKey])[] {
  if (alarm.kind === "metric") {
    return [["alarmByMetric", [alarm.namespace, alarm.metricName, alarm.name]]];
  }
  return dependenciesOf(alarm).map((child) => ["alarmByChild", [child, alarm.name]] as const);
}
