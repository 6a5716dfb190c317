import type { Notifier } from "../health/notifications/notifier.ts";
import type { Metric } from "../telemetry/metrics-text.ts";

/** What became of the events for each webhook, in `/metrics`. */
export function webhookMetrics(notifier: Pick<Notifier, "counts">): Metric[] {
  const counts = [...notifier.counts()];
  return [
    {
      ...{ name: "signpost_webhook_events_total", type: "counter" },
      help: "Events for webhooks that were delivered, and those given up or never tried.",
      samples: counts.flatMap(([webhook, { delivered, dropped }]) => [
        { labels: { webhook, outcome: "delivered" }, value: delivered },
        { labels: { webhook, outcome: "dropped" }, value: dropped },
      ]),
    },
    {
      ...{ name: "signpost_webhook_tries_failed_total", type: "counter" },
      help: "Requests to webhooks that were not taken; most are tried again.",
      samples: counts.map(([webhook, { failed }]) => ({ labels: { webhook }, value: failed })),
    },
    {
      ...{ name: "signpost_webhook_events_waiting", type: "gauge" },
      help: "Events on their way to webhooks.",
      samples: counts.map(([webhook, { waiting }]) => ({ labels: { webhook }, value: waiting })),
    },
  ];
}
