import type { Mutation } from "../../control/model/mutation.ts";
import { extensionMetrics, parseRecordExtension } from "../../control/model/record-extension.ts";
import { loadMetricKey } from "../../control/model/traffic-policy-document.ts";
import type { LoadMetric } from "../../control/model/traffic-policy-document.ts";
import type { ApiContext } from "./api-context.ts";
import { releaseLoadSlots, takeLoadSlots } from "./load-slots.ts";

/** The sets that an extension is of. */
export type ExtendedSets = { zoneId: string; name: string; type: string };

/** Puts an extension, or with `text` undefined takes it away, and keeps the slots of its metrics. */
export function extensionMutations(
  context: ApiContext,
  { zoneId, name, type }: ExtendedSets,
  text: string | undefined,
): Mutation[] {
  const key = [zoneId, name, type];
  const user = ["record", ...key];
  const before = metricsOf(context.state.get<string>("recordExtension", key));
  const after = metricsOf(text);
  const begun = without(after, before);
  const ended = without(before, after);
  return [
    text === undefined
      ? { remove: "recordExtension", key }
      : { put: "recordExtension", key, value: text },
    ...releaseLoadSlots(context, { user, metrics: ended }),
    ...takeLoadSlots(context, { user, metrics: begun }, "InvalidInput"),
  ];
}

/** Takes away all extensions of a hosted zone. */
export function removalOfExtensions(context: ApiContext, zoneId: string): Mutation[] {
  return context.state
    .list("recordExtension", { prefix: [zoneId] })
    .flatMap(({ key: [, name = "", type = ""] }) => {
      return extensionMutations(context, { zoneId, name, type }, undefined);
    });
}

function metricsOf(text: string | undefined): LoadMetric[] {
  return text === undefined ? [] : extensionMetrics(parseRecordExtension(text));
}

function without(metrics: readonly LoadMetric[], others: readonly LoadMetric[]): LoadMetric[] {
  const keys = new Set(others.map(loadMetricKey));
  return metrics.filter((metric) => !keys.has(loadMetricKey(metric)));
}
