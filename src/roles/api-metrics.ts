import type { AnsweredRequest } from "../api/protocol/api-server.ts";
import type { Metric } from "../telemetry/metrics-text.ts";

/** Upper bounds of the duration histogram's buckets, in seconds. */
const bucketBounds = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/** Counts the answered requests of the API. */
export class ApiMetrics {
  readonly #requests = new Map<string, number>();
  readonly #buckets = new Array<number>(bucketBounds.length + 1).fill(0);
  #durationTotalMs = 0;

  count(answer: AnsweredRequest): void {
    // What matched nothing is one series: paths are the caller's to make up.
    const series = JSON.stringify([answer.operation ?? "unknown", String(answer.status)]);
    this.#requests.set(series, (this.#requests.get(series) ?? 0) + 1);
    const seconds = answer.durationMs / 1000;
    const bucket = bucketBounds.findIndex((bound) => seconds <= bound);
    const index = bucket < 0 ? bucketBounds.length : bucket;
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#durationTotalMs += answer.durationMs;
  }

  metrics(): Metric[] {
    const requests = [...this.#requests].map(([series, value]) => {
      const [operation = "", status = ""] = JSON.parse(series) as string[];
      return { labels: { operation, status }, value };
    });
    let total = 0;
    const buckets = this.#buckets.map((count, index) => {
      total += count;
      return { labels: { le: String(bucketBounds[index] ?? "+Inf") }, value: total };
    });
    return [
      counter("signpost_api_requests_total", "Answered requests of the API.", requests),
      counter(
        "signpost_api_request_seconds_bucket",
        "Answered requests by the time they took, cumulated.",
        buckets,
      ),
      counter("signpost_api_request_seconds_sum", "Time that answered requests took.", [
        { value: this.#durationTotalMs / 1000 },
      ]),
    ];
  }
}

function counter(name: string, help: string, samples: Metric["samples"]): Metric {
  return { name, help, type: "counter", samples };
}
