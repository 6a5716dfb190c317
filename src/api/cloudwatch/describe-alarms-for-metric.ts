import type { Dimension, MetricAlarm } from "../../control/model/alarm.ts";
import { alarmNamed } from "./alarm-rows.ts";
import { metricAlarmView, statusOf } from "./alarm-view.ts";
import type { HandlerFamily, InputOf } from "./cloudwatch-handler.ts";
import { dimensionsOf } from "./dimensions.ts";

type Input = InputOf<"DescribeAlarmsForMetric">;

export const describeAlarmsForMetric: HandlerFamily<"DescribeAlarmsForMetric"> = (context) => ({
  async DescribeAlarmsForMetric(input) {
    const { Namespace, MetricName } = input;
    const dimensions = dimensionsOf(input.Dimensions);
    const alarms = context.state.read(() =>
      context.state
        .list("alarmByMetric", { prefix: [Namespace, MetricName] })
        .map(({ key }) => alarmNamed(context, key[2] ?? ""))
        .filter((alarm) => alarm?.kind === "metric")
        .filter((alarm) => isWanted(alarm, input, dimensions)),
    );
    const states = await context.metrics.alarmStates(alarms.map(({ name }) => name));
    return {
      MetricAlarms: alarms.map((alarm, i) =>
        metricAlarmView(context, alarm, statusOf(alarm, states[i])),
      ),
    };
  },
});

function isWanted(alarm: MetricAlarm, input: Input, dimensions: readonly Dimension[]): boolean {
  const { Statistic, ExtendedStatistic, Period, Unit } = input;
  return (
    JSON.stringify(alarm.dimensions) === JSON.stringify(dimensions) &&
    (Statistic === undefined || alarm.statistic === Statistic) &&
    (ExtendedStatistic === undefined || alarm.extendedStatistic === ExtendedStatistic) &&
    (Period === undefined || alarm.periodSeconds === Period) &&
    (Unit === undefined || alarm.unit === Unit)
  );
}
