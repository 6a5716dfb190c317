import type { Metrics } from "../metrics/metrics.ts";
import { counter, gauge } from "../telemetry/metrics-text.ts";
import type { Metric } from "../telemetry/metrics-text.ts";

/** The store of metrics and the alarms in `/metrics`. */
export function metricsMetrics(
  metrics: Pick<Metrics, "report" | "restartCount" | "droppedCount">,
): Metric[] {
  const restarts = counter(
    "signpost_metrics_restarts_total",
    "Starts of the metrics thread after it died.",
    metrics.restartCount(),
  );
  const dropped = counter(
    "signpost_metrics_values_dropped_total",
    "Values refused while the metrics thread was behind, or not there.",
    metrics.droppedCount(),
  );
  const report = metrics.report();
  if (!report) return [restarts, dropped];
  const alarms = Object.entries(report.alarms);
  return [
    restarts,
    dropped,
    gauge("signpost_metrics_known", "Metrics that have data.", report.metrics),
    gauge("signpost_metrics_file_bytes", "Size of the file of metrics.", report.fileSize),
    gauge("signpost_metrics_waiting", "Values that wait to be written.", report.waitingValues),
    counter("signpost_metrics_values_total", "Values taken.", report.valuesTaken),
    counter(
      "signpost_metrics_values_refused_total",
      "Values refused, as there are too many metrics.",
      report.valuesRefused,
    ),
    counter(
      "signpost_metrics_values_lost_total",
      "Values that could not be written.",
      report.valuesLost,
    ),
    counter(
      "signpost_metrics_rows_dropped_total",
      "Old rows dropped before their time, for want of room.",
      report.rowsDropped,
    ),
    {
      ...{ name: "signpost_alarms", type: "gauge" },
      help: "CloudWatch alarms by state.",
      samples: alarms.map(([state, value]) => ({ labels: { state }, value })),
    },
    counter(
      "signpost_alarm_evaluation_seconds_total",
      "Time that evaluating alarms took.",
      report.evaluationSeconds,
    ),
  ];
}
