import type { Alarm, AlarmRule } from "../../control/model/alarm.ts";
import { watchedRule } from "../../control/model/health-check-alarm.ts";
import type { HealthCheckExtension } from "../../control/model/health-check-extension.ts";
import {
  InvalidHealthCheckError,
  completeConfig,
} from "../../control/model/health-check-config.ts";
import type { GivenConfig } from "../../control/model/health-check-config.ts";
import type { HealthCheck, HealthCheckConfig } from "../../control/model/health-check.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { drawUuid } from "../../control/model/resource-id.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commit } from "./commit.ts";
import type { Planned } from "./commit.ts";
import { readConfig } from "./health-check-config-input.ts";
import { putCheck, readCheck, removeCheck, requireHealthCheck } from "./health-check-rows.ts";
import { healthCheckView } from "./health-check-view.ts";
import { releaseSlot, takeSlot } from "./health-slots.ts";
import { refuseLinked } from "./linked-service.ts";
import { cutPage, pageSize } from "./pages.ts";
import { isFull } from "./quotas.ts";
import { locationOf } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";

const pageSizeMax = 1_000;

export const healthChecks: HandlerFamily<
  | "CreateHealthCheck"
  | "GetHealthCheck"
  | "DeleteHealthCheck"
  | "ListHealthChecks"
  | "GetHealthCheckCount"
> = (context) => ({
  async CreateHealthCheck(input) {
    const given = readConfig(input.HealthCheckConfig);
    const { result } = await commit(context, {
      action: "CreateHealthCheck",
      plan: () => planHealthCheck(context, { callerReference: input.CallerReference, given }),
    });
    return {
      HealthCheck: healthCheckView(result),
      Location: locationOf(`/healthcheck/${result.id}`),
    };
  },

  GetHealthCheck: (input) => ({
    HealthCheck: healthCheckView(requireHealthCheck(context, input.HealthCheckId)),
  }),

  async DeleteHealthCheck(input) {
    await commit(context, {
      action: "DeleteHealthCheck",
      plan() {
        const stored = readCheck(context, input.HealthCheckId);
        refuseLinked("healthcheck", stored.check);
        refuseChild(context, stored.check);
        const mutations = [...removeCheck(stored), ...releaseSlot(context, stored.check.id)];
        return { mutations, result: undefined };
      },
    });
    return {};
  },

  ListHealthChecks(input) {
    const size = pageSize(input.MaxItems, pageSizeMax);
    const rows = context.state.list<HealthCheck>("healthCheck", {
      ...(input.Marker === undefined ? {} : { from: [input.Marker] }),
      limit: size + 1,
    });
    const { page, next } = cutPage(rows, size);
    return {
      HealthChecks: page.map(({ value }) => healthCheckView(value)),
      Marker: input.Marker ?? "",
      IsTruncated: next !== undefined,
      ...(next ? { NextMarker: next.key[0] } : {}),
      MaxItems: size,
    };
  },

  GetHealthCheckCount: () => ({ HealthCheckCount: context.state.count("healthCheck") }),
});

/** What a check is to do: its settings, complete, and the alarm settings it keeps a copy of. */
export type CheckPlan = { config: HealthCheckConfig; alarm?: AlarmRule };

/**
 * Settings of a check, complete. What an alarm watches is copied from the alarm as it is now.
 * @param kept the copy to go on with where the alarm is gone
 * @throws ServiceError InvalidInput
 */
export function requireConfig(
  context: ApiContext,
  given: GivenConfig,
  kept?: AlarmRule,
): CheckPlan {
  const { state } = context;
  try {
    const config = completeConfig(given, {
      allowedEndpoints: context.settings.healthAllow,
      typeOf: (id) => state.get<HealthCheck>("healthCheck", [id])?.config.type,
      isRoutingControl: (arn) => state.get("routingControl", [arn]) !== undefined,
    });
    const name = config.alarmIdentifier?.name;
    if (name === undefined) return { config };
    const alarm = state.get<Alarm>("alarm", [name]);
    return { config, alarm: !alarm && kept ? kept : watchedRule(name, alarm) };
  } catch (error) {
    if (!(error instanceof InvalidHealthCheckError)) throw error;
    throw new ServiceError("InvalidInput", error.message);
  }
}

export type NewHealthCheck = {
  callerReference: string;
  given: GivenConfig;
  /** What is to be added to the check with this id, in the same entry. */
  extend?: (id: string, config: HealthCheckConfig) => HealthCheckExtension | undefined;
};

/**
 * Plans a new check, or finds the one that was made with the same reference and settings.
 * @throws ServiceError
 */
export function planHealthCheck(context: ApiContext, wanted: NewHealthCheck): Planned<HealthCheck> {
  const { state } = context;
  const { callerReference, given, extend } = wanted;
  const plan = requireConfig(context, given);
  const id = state.get<string>("healthCheckByCallerReference", [callerReference]);
  if (id !== undefined) return { mutations: [], result: sameCheck(context, id, plan.config) };
  if (isFull(context, "MAX_HEALTH_CHECKS_BY_OWNER", state.count("healthCheck"))) {
    const message =
      "Limits Exceeded: MAX_HEALTH_CHECKS_BY_OWNER - Cannot create more health checks.";
    throw new ServiceError("TooManyHealthChecks", message);
  }
  const check: HealthCheck = { id: drawUuid(context.random), callerReference, version: 1, ...plan };
  const extension = extend?.(check.id, plan.config);
  const mutations: Mutation[] = [
    // Stays when the check is deleted: a reference is good for one check for ever.
    { put: "healthCheckByCallerReference", key: [callerReference], value: check.id },
    ...putCheck({ check, ...(extension && { extension }) }),
    ...takeSlot(context, check.id),
  ];
  return { mutations, result: check };
}

/** The check that was made with this reference, where it is the same that is asked for now. */
function sameCheck(context: ApiContext, id: string, config: HealthCheckConfig): HealthCheck {
  const check = context.state.get<HealthCheck>("healthCheck", [id]);
  if (check && canonical(check.config) === canonical(config)) return check;
  throw new ServiceError(
    "HealthCheckAlreadyExists",
    "A health check with the same caller reference and different settings has already been " +
      "created, or has been deleted.",
  );
}

function canonical(config: HealthCheckConfig): string {
  return JSON.stringify(Object.entries(config).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A calculated check must not lose a child without notice. */
function refuseChild(context: ApiContext, { id }: HealthCheck): void {
  const [parent] = context.state.list("healthCheckByChild", { prefix: [id], limit: 1 });
  if (!parent) return;
  throw new ServiceError(
    "HealthCheckInUse",
    `The health check ${id} is a child of the calculated health check ${parent.key[1]}.`,
  );
}
