import type { HealthSummary } from "../health/votes/health-messages.ts";
import type { Health } from "../health/votes/health.ts";
import { counter, gauge } from "../telemetry/metrics-text.ts";
import type { Metric, Sample } from "../telemetry/metrics-text.ts";

/** Health checks in `/metrics`. */
export function healthMetrics(health: Pick<Health, "summary" | "restartCount">): Metric[] {
  const summary = health.summary();
  if (!summary) return [];
  const { checks, flips, unwatchedChecks, countMs, eventsDropped } = summary;
  return [
    {
      ...{ name: "signpost_health_checks", type: "gauge" },
      help: "Health checks by the status that answers go by.",
      samples: Object.entries(checks).map(([status, value]) => ({ labels: { status }, value })),
    },
    counter("signpost_health_flips_total", "Changes of a health check's status.", flips),
    gauge(
      "signpost_health_checks_unwatched",
      "Health checks that no live checker runs; they keep their status.",
      unwatchedChecks,
    ),
    gauge("signpost_health_count_seconds", "What counting all votes took last.", countMs / 1e3),
    counter(
      "signpost_health_events_dropped_total",
      "Health events that could not be written.",
      eventsDropped,
    ),
    counter(
      "signpost_health_restarts_total",
      "Starts of the health thread after it died.",
      health.restartCount(),
    ),
    ...locationMetrics(summary),
  ];
}

function locationMetrics({ locations }: HealthSummary): Metric[] {
  type Place = HealthSummary["locations"][number];
  const each = (name: string, help: string, value: (location: Place) => number): Metric => ({
    ...{ name: `signpost_health_location_${name}`, help, type: "gauge" },
    samples: locations.map((location): Sample => ({
      labels: { location: location.name },
      value: value(location),
    })),
  });
  return [
    each("live", "Whether the location's verdicts count.", ({ live }) => (live ? 1 : 0)),
    each("table_age_seconds", "Since its last verdict table.", ({ ageMs }) => ageMs / 1e3),
    each("checks", "Health checks that it runs.", ({ checks }) => checks),
    each("probes_per_second", "Probes that it finishes.", (location) => location.probesPerSecond),
    each("lag_seconds", "How late its probes begin.", ({ lagMs }) => lagMs / 1e3),
  ];
}
