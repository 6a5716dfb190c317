import { MetricsUnavailableError } from "../../metrics/metrics-desk.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { CloudWatchContext } from "./cloudwatch-context.ts";
import type { CloudWatchHandlers } from "./cloudwatch-handler.ts";
import { getMetricStatistics } from "./get-metric-statistics.ts";
import { putMetricData } from "./put-metric-data.ts";

/**
 * The operations of CloudWatch that Signpost has: metrics and alarms. The protocol layer answers
 * for all others that they are not implemented.
 */
export function cloudwatchHandlers(context: CloudWatchContext): CloudWatchHandlers {
  return guarded({
    ...putMetricData(context),
    ...getMetricStatistics(context),
  });
}

type AnyHandler = (input: unknown, request: unknown) => unknown;

/** Tells of a metrics thread that cannot serve as what it is: a fault that passes. */
function guarded(handlers: CloudWatchHandlers): CloudWatchHandlers {
  const entries = Object.entries(handlers as Record<string, AnyHandler>);
  return Object.fromEntries(
    entries.map(([name, handler]) => [
      name,
      async (input: unknown, request: unknown): Promise<unknown> => {
        try {
          return await handler(input, request);
        } catch (error) {
          if (!(error instanceof MetricsUnavailableError)) throw error;
          throw new ServiceError("ServiceUnavailable", error.message);
        }
      },
    ]),
  );
}
