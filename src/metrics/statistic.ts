import { binsOf } from "./aggregate.ts";
import type { Aggregate } from "./aggregate.ts";

/** A statistic, read: what AWS calls extended ones need the distribution of the values. */
export type StatisticReader = (aggregate: Aggregate) => number | undefined;

type Bin = { value: number; count: number };
/** The part of the values that is looked at: shares of them (0–1), or values. */
type Bounds = { by: "share" | "value"; low: number; high: number };

const simple = new Map<string, StatisticReader>([
  ["SampleCount", ({ sampleCount }) => sampleCount],
  ["Average", ({ sum, sampleCount }) => (sampleCount === 0 ? undefined : sum / sampleCount)],
  ["Sum", ({ sum }) => sum],
  ["Minimum", ({ minimum }) => minimum],
  ["Maximum", ({ maximum }) => maximum],
]);

type BoundedStatistic = (bins: readonly Bin[], bounds: Bounds) => number | undefined;

const overBins = new Map<string, BoundedStatistic>([
  ["TM", (bins, bounds) => averageOf(trimmed(bins, bounds))],
  ["TC", (bins, bounds) => countOf(trimmed(bins, bounds))],
  ["TS", (bins, bounds) => sumOf(trimmed(bins, bounds))],
  ["WM", winsorizedMean],
  ["PR", percentileRank],
]);

/**
 * How a statistic is computed: `Average` and its like, `p99.9`, `tm90`, `tc90`, `ts90`, `wm90`,
 * `IQM`, `TM(10%:90%)`, `TM(:300)`, `PR(:300)`. `undefined` where there is no such statistic.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
 */
export function readerOf(statistic: string): StatisticReader | undefined {
  const known = simple.get(statistic);
  if (known) return known;
  const percentile = /^p(\d{1,3}(?:\.\d+)?)$/i.exec(statistic);
  if (percentile) return onBins((bins) => percentileOf(bins, Number(percentile[1]) / 100));
  const bounds = boundsOf(statistic);
  const f = overBins.get(statistic.slice(0, 2).toUpperCase());
  if (/^iqm$/i.test(statistic)) {
    const middle: Bounds = { by: "share", low: 0.25, high: 0.75 };
    return onBins((bins) => averageOf(trimmed(bins, middle)));
  }
  return f && bounds && onBins((bins) => f(bins, bounds));
}

function onBins(f: (bins: readonly Bin[]) => number | undefined): StatisticReader {
  return (aggregate) => {
    const bins = binsOf(aggregate);
    return bins && aggregate.sampleCount > 0 ? f(bins) : undefined;
  };
}

const short = /^(?:tm|tc|ts|wm)(\d{1,3}(?:\.\d+)?)$/i;
const long = /^(?:tm|tc|ts|wm|pr)\((\d+(?:\.\d+)?%?)?:(\d+(?:\.\d+)?%?)?\)$/i;

function boundsOf(statistic: string): Bounds | undefined {
  const upper = short.exec(statistic);
  if (upper) return { by: "share", low: 0, high: Number(upper[1]) / 100 };
  const both = long.exec(statistic);
  if (!both) return undefined;
  const [, low, high] = both;
  if (low === undefined && high === undefined) return undefined;
  if ((low ?? high)?.endsWith("%")) {
    const share = (text: string): number => Number(text.replace("%", "")) / 100;
    return { by: "share", low: share(low ?? "0"), high: share(high ?? "100") };
  }
  return { by: "value", low: Number(low ?? -Infinity), high: Number(high ?? Infinity) };
}

/** The smallest value that at least this share of all values does not exceed (nearest rank). */
function percentileOf(bins: readonly Bin[], share: number): number | undefined {
  const rank = share * countOf(bins);
  let seen = 0;
  for (const { value, count } of bins) {
    seen += count;
    // A hair less: shares as 0.07 × 100 come out above the whole number that they mean.
    if (seen >= rank * (1 - 1e-12)) return value;
  }
  return bins.at(-1)?.value;
}

/** What lies within the bounds; by share, a value on a bound counts as far as it is within. */
function trimmed(bins: readonly Bin[], { by, low, high }: Bounds): Bin[] {
  if (by === "value") return bins.filter(({ value }) => value > low && value <= high);
  const total = countOf(bins);
  let seen = 0;
  return bins.flatMap(({ value, count }) => {
    const from = Math.max(seen, low * total);
    seen += count;
    const within = Math.min(seen, high * total) - from;
    return within > 0 ? [{ value, count: within }] : [];
  });
}

/** The mean where what lies outside the bounds counts as the outermost value within. */
function winsorizedMean(bins: readonly Bin[], bounds: Bounds): number | undefined {
  const [low, high] =
    bounds.by === "value"
      ? [bounds.low, bounds.high]
      : [percentileOf(bins, bounds.low) ?? -Infinity, percentileOf(bins, bounds.high) ?? Infinity];
  return averageOf(
    bins.map(({ value, count }) => ({ value: Math.min(Math.max(value, low), high), count })),
  );
}

/** Per cent of the values within the bounds, which are values whatever they look like. */
function percentileRank(bins: readonly Bin[], bounds: Bounds): number | undefined {
  const total = countOf(bins);
  if (bounds.by === "share" || total === 0) return undefined;
  return (100 * countOf(trimmed(bins, bounds))) / total;
}

function countOf(bins: readonly Bin[]): number {
  return bins.reduce((sum, { count }) => sum + count, 0);
}

function sumOf(bins: readonly Bin[]): number {
  return bins.reduce((sum, { value, count }) => sum + value * count, 0);
}

function averageOf(bins: readonly Bin[]): number | undefined {
  const count = countOf(bins);
  return count === 0 ? undefined : sumOf(bins) / count;
}
