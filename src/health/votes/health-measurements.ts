import type { MetricDatum } from "../../metrics/metric.ts";
import type { VerdictRecord } from "../checker/verdict-table.ts";
import { isSuccess } from "../probes/reason.ts";
import type { CheckerLocation } from "./checker-locations.ts";
import type { Flip, StatusEntry } from "./health-statuses.ts";

/** Route 53's metrics. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-cloudwatch.html */
const namespace = "AWS/Route53";

type Statistics = MetricDatum["statistics"];
type Sums = { region: string; connect: Statistics; tls: Statistics; firstByte: Statistics };

/**
 * What Route 53 tells CloudWatch of health checks, gathered over a minute: status, share of healthy
 * voters, healthy children, and the times of checks that measure latency.
 */
export class HealthMeasurements {
  /** By check and location. */
  readonly #sums = new Map<string, Map<string, Sums>>();
  /** The run and the probe of it that is in the sums already, by check and location. */
  readonly #counted = new Map<string, string>();
  readonly #flipped = new Set<string>();

  /** Takes what a location has found since its last table. */
  take(entries: readonly StatusEntry[], location: CheckerLocation): void {
    const { table, name } = location;
    if (!table) return;
    for (const { check, at } of entries) {
      if (!check.config.measureLatency || !check.spec || !at.includes(location)) continue;
      const record = table.version(check.slot) === check.spec.version && table.record(check.slot);
      if (!record) continue;
      const key = `${check.id} ${name}`;
      const probe = `${table.header.run} ${record.results}`;
      if (this.#counted.get(key) === probe) continue;
      this.#counted.set(key, probe);
      this.#add(check.id, location, record);
    }
  }

  flipped(flips: readonly Flip[]): void {
    for (const { check } of flips) this.#flipped.add(check.id);
  }

  /** What was measured since the last call. */
  *data(entries: readonly StatusEntry[], atMs: number): Generator<MetricDatum> {
    for (const entry of entries) {
      const { id } = entry.check;
      yield* this.#statusData(entry, atMs);
      for (const { region, connect, tls, firstByte } of this.#sums.get(id)?.values() ?? []) {
        const of = { id, atMs, region, unit: "Milliseconds" };
        yield* datum("ConnectionTime", connect, of);
        yield* datum("SSLHandshakeTime", tls, of);
        yield* datum("TimeToFirstByte", firstByte, of);
      }
    }
    this.#sums.clear();
    this.#flipped.clear();
    const ids = new Set(entries.map(({ check }) => check.id));
    for (const key of this.#counted.keys()) {
      if (!ids.has(key.slice(0, key.indexOf(" ")))) this.#counted.delete(key);
    }
  }

  *#statusData({ check, state }: StatusEntry, atMs: number): Generator<MetricDatum> {
    const { id, config, spec } = check;
    const status = one(state.healthy ? 1 : 0);
    if (this.#flipped.has(id)) include(status, state.healthy ? 0 : 1);
    yield* datum("HealthCheckStatus", status, { id, atMs, unit: "None" });
    const { healthy, voting } = state.tally;
    if (spec && voting > 0) {
      const share = one((100 * healthy) / voting);
      yield* datum("HealthCheckPercentageHealthy", share, { id, atMs, unit: "Percent" });
    }
    if (config.type === "CALCULATED" && check.extension.probe === undefined) {
      const children = one(state.healthyChildren);
      yield* datum("ChildHealthCheckHealthyCount", children, { id, atMs, unit: "None" });
    }
  }

  #add(id: string, { name, region }: CheckerLocation, record: VerdictRecord): void {
    const ofCheck = this.#sums.get(id) ?? new Map<string, Sums>();
    this.#sums.set(id, ofCheck);
    const sums = ofCheck.get(name) ?? {
      ...{ region: region ?? name, connect: none(), tls: none(), firstByte: none() },
    };
    ofCheck.set(name, sums);
    // 0 ms is a quick connection where the probe succeeded, and none where it did not.
    if (record.connectMs > 0 || isSuccess(record.reason)) include(sums.connect, record.connectMs);
    if (record.tlsMs > 0) include(sums.tls, record.tlsMs);
    if (record.firstByteMs > 0) include(sums.firstByte, record.firstByteMs);
  }
}

function* datum(
  metricName: string,
  statistics: Statistics,
  of: { id: string; atMs: number; unit: string; region?: string },
): Generator<MetricDatum> {
  if (statistics.sampleCount === 0) return;
  const dimensions = [{ name: "HealthCheckId", value: of.id }];
  if (of.region !== undefined) dimensions.push({ name: "Region", value: of.region });
  const { atMs, unit } = of;
  yield { namespace, metricName, dimensions, atMs, unit, resolutionSeconds: 60, statistics };
}

function none(): Statistics {
  return { sampleCount: 0, sum: 0, minimum: Infinity, maximum: -Infinity };
}

function one(value: number): Statistics {
  return { sampleCount: 1, sum: value, minimum: value, maximum: value };
}

function include(statistics: Statistics, value: number): void {
  statistics.sampleCount++;
  statistics.sum += value;
  statistics.minimum = Math.min(statistics.minimum, value);
  statistics.maximum = Math.max(statistics.maximum, value);
}
