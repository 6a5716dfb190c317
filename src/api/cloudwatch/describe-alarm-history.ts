import type { AlarmHistoryItem, AlarmHistoryQuery } from "../../metrics/metrics-desk.ts";
import { tokenOf } from "../protocol/page-token.ts";
import type { HandlerFamily, InputOf } from "./cloudwatch-handler.ts";
import { readToken } from "./next-token.ts";
import { notImplemented } from "./refusals.ts";

type Input = InputOf<"DescribeAlarmHistory">;

const pageSizeMax = 100;

export const describeAlarmHistory: HandlerFamily<"DescribeAlarmHistory"> = ({ metrics }) => ({
  async DescribeAlarmHistory(input) {
    const { items, next } = await metrics.history(queryOf(input));
    return {
      AlarmHistoryItems: items.map(itemView),
      ...(next === undefined ? {} : { NextToken: tokenOf(["history", next]) }),
    };
  },
});

function queryOf(input: Input): AlarmHistoryQuery {
  const { AlarmName: name, HistoryItemType: itemType, StartDate, EndDate, NextToken } = input;
  if (input.AlarmContributorId !== undefined) throw notImplemented("AlarmContributorId");
  if (itemType === "AlarmContributorStateUpdate" || itemType === "AlarmContributorAction") {
    throw notImplemented(`HistoryItemType ${itemType}`);
  }
  const [, from] = NextToken === undefined ? [] : readToken(NextToken, ["string", "number"]);
  return {
    ...(name === undefined ? {} : { name }),
    kinds: kindsOf(input),
    ...(itemType === undefined ? {} : { itemType }),
    ...(StartDate === undefined ? {} : { startMs: StartDate.getTime() }),
    ...(EndDate === undefined ? {} : { endMs: EndDate.getTime() }),
    order: input.ScanBy === "TimestampAscending" ? "oldest first" : "newest first",
    ...(from === undefined ? {} : { from: Number(from) }),
    limit: input.MaxRecords ?? pageSizeMax,
  };
}

/** Metric alarms unless asked otherwise, as at AWS. */
function kindsOf({ AlarmTypes = [] }: Input): AlarmHistoryQuery["kinds"] {
  if (AlarmTypes.length === 0) return ["metric"];
  return AlarmTypes.map((type) => {
    if (type === "MetricAlarm") return "metric";
    if (type === "CompositeAlarm") return "composite";
    throw notImplemented(`AlarmType ${type}`);
  });
}

function itemView({ name, kind, atMs, type, summary, data }: AlarmHistoryItem) {
  return {
    AlarmName: name,
    AlarmType: kind === "metric" ? ("MetricAlarm" as const) : ("CompositeAlarm" as const),
    Timestamp: new Date(atMs),
    HistoryItemType: type,
    HistorySummary: summary,
    HistoryData: data,
  };
}
