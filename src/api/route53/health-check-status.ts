import type { HealthCheckObservation } from "@aws-sdk/client-route-53";
import { formatCidr, parseIp } from "../../base/ip.ts";
import type { HealthCheck } from "../../control/model/health-check.ts";
import { checksEndpoint } from "../../control/model/health-check.ts";
import type { Observation } from "../../control/model/health-report.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { requireHealthCheck } from "./health-check-rows.ts";
import type { HandlerFamily } from "./route53-handler.ts";

/** What checkers have found: one observation a location. */
export const healthCheckStatus: HandlerFamily<
  "GetHealthCheckStatus" | "GetHealthCheckLastFailureReason" | "GetCheckerIpRanges"
> = (context) => ({
  async GetHealthCheckStatus({ HealthCheckId }) {
    const check = requireObserved(context, HealthCheckId, "status");
    const HealthCheckObservations = checksEndpoint(check.config.type)
      ? views(await context.health.observations(check.id))
      : [(await statusView(context, check)).view];
    return { HealthCheckObservations };
  },

  async GetHealthCheckLastFailureReason({ HealthCheckId }) {
    const check = requireObserved(context, HealthCheckId, "last failure reason");
    if (checksEndpoint(check.config.type)) {
      return { HealthCheckObservations: views(await context.health.lastFailures(check.id)) };
    }
    const { view, healthy } = await statusView(context, check);
    return { HealthCheckObservations: healthy ? [] : [view] };
  },

  async GetCheckerIpRanges() {
    const locations = await context.health.locations();
    const addresses = locations
      .filter(({ live }) => live)
      .flatMap((location) => location.addresses);
    return { CheckerIpRanges: [...new Set(addresses.map(rangeOf))].filter(isText).toSorted() };
  },
});

/** @throws ServiceError for a calculated check: Route 53 has no observations of one */
function requireObserved(context: ApiContext, id: string, what: string): HealthCheck {
  const check = requireHealthCheck(context, id);
  if (check.config.type !== "CALCULATED") return check;
  const message = `The ${what} of the calculated health check ${id} cannot be got`;
  throw new ServiceError("InvalidInput", message);
}

function views(observations: readonly Observation[]): HealthCheckObservation[] {
  return observations.map(({ location, region, address, status, checkedAt }) => ({
    // A location that stands for no AWS region is told by its own name.
    Region: (region ?? location) as NonNullable<HealthCheckObservation["Region"]>,
    IPAddress: address,
    StatusReport: { Status: status, CheckedTime: new Date(checkedAt) },
  }));
}

/** Alarms and routing controls are looked at in one place, here. */
async function statusView(
  context: ApiContext,
  { id }: HealthCheck,
): Promise<{ healthy: boolean; view: HealthCheckObservation }> {
  const [status] = await context.health.statuses([id]);
  const healthy = status?.healthy ?? true;
  const Status = `${healthy ? "Success" : "Failure"}: ${status?.why ?? "Nothing is known yet"}`;
  const CheckedTime = new Date(context.clock.nowMs());
  return { healthy, view: { StatusReport: { Status, CheckedTime } } };
}

function rangeOf(text: string): string | undefined {
  const address = parseIp(text);
  return address && formatCidr({ address, prefixLength: address.length * 8 });
}

function isText(value: string | undefined): value is string {
  return value !== undefined;
}
