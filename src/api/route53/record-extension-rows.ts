import type { Mutation } from "../../control/model/mutation.ts";
import {
  extensionLocations,
  extensionMetrics,
  parseRecordExtension,
} from "../../control/model/record-extension.ts";
import type { RecordExtension } from "../../control/model/record-extension.ts";
import { loadMetricKey } from "../../control/model/traffic-policy-document.ts";
import type { LoadMetric } from "../../control/model/traffic-policy-document.ts";
import type { ApiContext } from "./api-context.ts";
import { releaseLoadSlots, takeLoadSlots } from "./load-slots.ts";

/** The sets that an extension is of. */
export type ExtendedSets = { zoneId: string; name: string; type: string };

/**
 * Puts an extension, or with `text` undefined takes it away, and keeps the slots of its metrics and
 * the index of CIDR locations that are used.
 */
export function extensionMutations(
  context: ApiContext,
  { zoneId, name, type }: ExtendedSets,
  text: string | undefined,
): Mutation[] {
  const key = [zoneId, name, type];
  const user = ["record", ...key];
  const before = extensionIn(context.state.get<string>("recordExtension", key));
  const after = extensionIn(text);
  const metricsBefore = extensionMetrics(before);
  const metricsAfter = extensionMetrics(after);
  return [
    text === undefined
      ? { remove: "recordExtension", key }
      : { put: "recordExtension", key, value: text },
    ...releaseLoadSlots(context, { user, metrics: without(metricsBefore, metricsAfter) }),
    ...takeLoadSlots(
      context,
      { user, metrics: without(metricsAfter, metricsBefore) },
      "InvalidInput",
    ),
    ...locationUses(before, key).map((use): Mutation => ({ remove: "cidrLocationUse", key: use })),
    ...locationUses(after, key).map((use): Mutation => ({
      put: "cidrLocationUse",
      key: use,
      value: true,
    })),
  ];
}

/** Keys of `cidrLocationUse`. */
function locationUses(
  extension: RecordExtension,
  [zoneId = "", name = "", type = ""]: readonly string[],
): string[][] {
  return [...extensionLocations(extension).values()].map(({ collectionId, locationName }) => {
    return [collectionId, locationName, zoneId, name, `extension ${type}`];
  });
}

/** Takes away all extensions of a hosted zone. */
export function removalOfExtensions(context: ApiContext, zoneId: string): Mutation[] {
  return context.state
    .list("recordExtension", { prefix: [zoneId] })
    .flatMap(({ key: [, name = "", type = ""] }) => {
      return extensionMutations(context, { zoneId, name, type }, undefined);
    });
}

function extensionIn(text: string | undefined): RecordExtension {
  return text === undefined ? { setIdentifiers: [] } : parseRecordExtension(text);
}

function without(metrics: readonly LoadMetric[], others: readonly LoadMetric[]): LoadMetric[] {
  const keys = new Set(others.map(loadMetricKey));
  return metrics.filter((metric) => !keys.has(loadMetricKey(metric)));
}
