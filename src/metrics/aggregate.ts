import { Distribution } from "./distribution.ts";
import type { MetricDatum } from "./metric.ts";

/** What is kept of the values of one metric, unit and time bucket. */
export type Aggregate = {
  sampleCount: number;
  sum: number;
  minimum: number;
  maximum: number;
  /**
   * `null`: unknown, as some came as a statistic set; `undefined`: all values are the same, so
   * that the others tell it.
   */
  distribution: Distribution | null | undefined;
};

export function aggregateOf(datum: MetricDatum): Aggregate {
  return { ...datum.statistics, distribution: distributionOf(datum) };
}

function distributionOf(datum: MetricDatum): Distribution | null | undefined {
  const { sampleCount, minimum, maximum } = datum.statistics;
  if (minimum === maximum) return undefined;
  if (datum.values === undefined || sampleCount === 0) return null;
  return Distribution.of(datum.values, datum.counts);
}

/** Adds `other` to `target`, in place. */
export function mergeInto(target: Aggregate, other: Aggregate): void {
  if (other.sampleCount === 0) return;
  if (target.sampleCount === 0) {
    Object.assign(target, copyAggregate(other));
    return;
  }
  target.distribution = mergedDistribution(target, other);
  target.sampleCount += other.sampleCount;
  target.sum += other.sum;
  target.minimum = Math.min(target.minimum, other.minimum);
  target.maximum = Math.max(target.maximum, other.maximum);
}

/** May change the distribution of `target`. */
function mergedDistribution(target: Aggregate, other: Aggregate): Distribution | null | undefined {
  if (target.distribution === null || other.distribution === null) return null;
  const areSame =
    target.minimum === target.maximum &&
    target.minimum === other.minimum &&
    other.minimum === other.maximum;
  if (areSame) return undefined;
  const merged = knownDistribution(target);
  merged.merge(knownDistribution(other));
  return merged;
}

/** The distribution of an aggregate that has one; the aggregate's own where it keeps one. */
function knownDistribution(aggregate: Aggregate): Distribution {
  return aggregate.distribution ?? Distribution.of([aggregate.minimum], [aggregate.sampleCount]);
}

export function copyAggregate(aggregate: Aggregate): Aggregate {
  const { distribution } = aggregate;
  return { ...aggregate, distribution: distribution ? distribution.copy() : distribution };
}

/** Values, ascending, and how often each was seen; `undefined` where that is unknown. */
export function binsOf(aggregate: Aggregate): { value: number; count: number }[] | undefined {
  const { minimum, maximum, sampleCount, distribution } = aggregate;
  if (distribution === null) return undefined;
  if (distribution === undefined) return [{ value: minimum, count: sampleCount }];
  const clamp = (value: number): number => Math.min(Math.max(value, minimum), maximum);
  return distribution.bins().map(({ value, count }) => ({ value: clamp(value), count }));
}
