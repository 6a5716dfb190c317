import type { Dimension } from "../control/model/alarm.ts";
import { loadMetricKey } from "../control/model/traffic-policy-document.ts";
import type { MetricId } from "./metrics-desk.ts";

/**
 * What tells metrics apart: namespace, name and dimensions as a set. The same text as the key of a
 * load metric in the table `loadSlot`, so that what PutMetricData reports is what rules name.
 */
export function metricKey({ namespace, metricName, dimensions }: MetricId): string {
  return loadMetricKey({ namespace, name: metricName, dimensions: sortedByName(dimensions) });
}

/** The metric of a key that `metricKey` made. */
export function metricOfKey(key: string): MetricId {
  const [namespace = "", metricName = "", ...rest] = JSON.parse(key) as string[];
  const dimensions: Dimension[] = [];
  for (let i = 0; i < rest.length; i += 2) {
    dimensions.push({ name: rest[i] ?? "", value: rest[i + 1] ?? "" });
  }
  return { namespace, metricName, dimensions };
}

/** Sorts metrics by namespace, name and dimensions. */
export function metricSortText({ namespace, metricName, dimensions }: MetricId): string {
  const pairs = sortedByName(dimensions).flatMap(({ name, value }) => [name, value]);
  // Below every character that names have.
  return [namespace, metricName, ...pairs].join("\0");
}

function sortedByName(dimensions: readonly Dimension[]): Dimension[] {
  return dimensions.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
