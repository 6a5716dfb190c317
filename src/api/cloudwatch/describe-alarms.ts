import { setImmediate as turn } from "node:timers/promises";
import { alarmNameOf } from "../../control/model/alarm-rule.ts";
import { dependenciesOf } from "../../control/model/alarm-mutations.ts";
import type { Alarm } from "../../control/model/alarm.ts";
import type { AlarmStatus } from "../../metrics/metrics-desk.ts";
import { tokenOf } from "../protocol/page-token.ts";
import { alarmArn } from "./alarm-arn.ts";
import { alarmNamed, parentsOf, requireAlarm } from "./alarm-rows.ts";
import { compositeAlarmView, metricAlarmView, statusOf } from "./alarm-view.ts";
import type { CloudWatchContext } from "./cloudwatch-context.ts";
import type { HandlerFamily, InputOf } from "./cloudwatch-handler.ts";
import { readToken } from "./next-token.ts";
import { notImplemented, validationFault } from "./refusals.ts";

type Input = InputOf<"DescribeAlarms">;
type Described = { alarm: Alarm; status: AlarmStatus };

const pageSizeMax = 100;
/** Alarms read before others on the thread have a turn. */
const readCount = 500;

export const describeAlarms: HandlerFamily<"DescribeAlarms"> = (context) => ({
  async DescribeAlarms(input) {
    if (input.AlarmTypes?.includes("LogAlarm" as never)) throw notImplemented("AlarmType LogAlarm");
    const { ChildrenOfAlarmName: parent, ParentsOfAlarmName: child } = input;
    if (parent !== undefined || child !== undefined) return await relatives(context, input);
    if (input.AlarmNames && input.AlarmNamePrefix !== undefined) {
      throw validationFault("AlarmNames and AlarmNamePrefix must not be specified together");
    }
    const { found, next } = await search(context, input);
    return {
      ...viewsOf(context, found),
      ...(next === undefined ? {} : { NextToken: tokenOf(["alarm", next]) }),
    };
  },
});

function viewsOf(context: CloudWatchContext, found: readonly Described[]) {
  return {
    MetricAlarms: found.flatMap(({ alarm, status }) =>
      alarm.kind === "metric" ? metricAlarmView(context, alarm, status) : [],
    ),
    CompositeAlarms: found.flatMap(({ alarm, status }) =>
      alarm.kind === "composite" ? compositeAlarmView(context, alarm, status) : [],
    ),
  };
}

/** A page of the alarms that are asked for, in the order of their names. */
async function search(
  context: CloudWatchContext,
  input: Input,
): Promise<{ found: Described[]; next: string | undefined }> {
  const size = input.MaxRecords ?? pageSizeMax;
  const found: Described[] = [];
  let from = startOf(input);
  for (;;) {
    const { alarms, next } = candidates(context, input, from);
    const wanted = alarms.filter((alarm) => isWanted(alarm, input));
    const states = await context.metrics.alarmStates(wanted.map(({ name }) => name));
    for (const [index, alarm] of wanted.entries()) {
      const status = statusOf(alarm, states[index]);
      if (input.StateValue !== undefined && status.state !== input.StateValue) continue;
      if (found.length === size) return { found, next: alarm.name };
      found.push({ alarm, status });
    }
    if (next === undefined) return { found, next: undefined };
    from = next;
    await turn();
  }
}

function startOf({ NextToken }: Input): string {
  if (NextToken === undefined) return "";
  const [, name] = readToken(NextToken, ["string", "string"]);
  return String(name);
}

/** Alarms from a name on, as far as names and prefix narrow them, and where to go on. */
function candidates(
  context: CloudWatchContext,
  { AlarmNames: names, AlarmNamePrefix: prefix = "" }: Input,
  from: string,
): { alarms: Alarm[]; next?: string } {
  if (names) {
    const sorted = [...new Set(names)].filter((name) => name >= from).toSorted();
    return { alarms: sorted.flatMap((name) => alarmNamed(context, name) ?? []) };
  }
  const rows = context.state.list<Alarm>("alarm", {
    from: [from > prefix ? from : prefix],
    limit: readCount + 1,
  });
  const within = rows.filter(({ value }) => value.name.startsWith(prefix));
  const alarms = within.slice(0, readCount).map(({ value }) => value);
  const next = within[readCount]?.value.name;
  return { alarms, ...(next === undefined ? {} : { next }) };
}

function isWanted(alarm: Alarm, { AlarmTypes, ActionPrefix }: Input): boolean {
  const types: readonly string[] =
    AlarmTypes && AlarmTypes.length > 0 ? AlarmTypes : ["MetricAlarm"];
  if (!types.includes(alarm.kind === "metric" ? "MetricAlarm" : "CompositeAlarm")) return false;
  if (ActionPrefix === undefined) return true;
  const actions = [...alarm.okActions, ...alarm.alarmActions, ...alarm.insufficientDataActions];
  return actions.some((action) => action.startsWith(ActionPrefix));
}

/** The alarms that a composite alarm looks at, or the composite alarms that look at an alarm. */
async function relatives(context: CloudWatchContext, input: Input) {
  const { ChildrenOfAlarmName: parent, ParentsOfAlarmName: child } = input;
  const allowed = ["ChildrenOfAlarmName", "ParentsOfAlarmName", "MaxRecords", "NextToken"];
  const others = Object.keys(input).filter((name) => !allowed.includes(name));
  if (others.length > 0 || (parent !== undefined && child !== undefined)) {
    throw validationFault(
      "ChildrenOfAlarmName and ParentsOfAlarmName allow no other parameters but MaxRecords and " +
        "NextToken",
    );
  }
  const names = parent === undefined ? parentNames(context, child) : childNames(context, parent);
  const size = input.MaxRecords ?? pageSizeMax;
  const rest = names.filter((name) => name >= startOf(input)).toSorted();
  const alarms = rest.slice(0, size).flatMap((name) => alarmNamed(context, name) ?? []);
  const states = await context.metrics.alarmStates(alarms.map(({ name }) => name));
  const described = alarms.map((alarm, i) => ({ alarm, status: statusOf(alarm, states[i]) }));
  const next = rest[size];
  return {
    ...briefly(context, described, parent !== undefined),
    ...(next === undefined ? {} : { NextToken: tokenOf(["alarm", next]) }),
  };
}

function childNames(context: CloudWatchContext, parent: string): string[] {
  const alarm = requireAlarm(context, alarmNameOf(parent));
  return alarm.kind === "composite" ? dependenciesOf(alarm) : [];
}

function parentNames(context: CloudWatchContext, child = ""): string[] {
  return parentsOf(context, requireAlarm(context, alarmNameOf(child)).name);
}

/** Of parents AWS tells name and ARN only, of children their state as well. */
function briefly(context: CloudWatchContext, described: readonly Described[], withState: boolean) {
  const view = ({ alarm, status }: Described) => ({
    AlarmName: alarm.name,
    AlarmArn: alarmArn(context, alarm.name),
    ...(withState
      ? { StateValue: status.state, StateUpdatedTimestamp: new Date(status.updatedAtMs) }
      : {}),
  });
  const of = (kind: Alarm["kind"]) =>
    described.filter(({ alarm }) => alarm.kind === kind).map(view);
  return { MetricAlarms: of("metric"), CompositeAlarms: of("composite") };
}
