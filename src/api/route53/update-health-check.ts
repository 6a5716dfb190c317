import type { HealthCheck, HealthCheckConfig } from "../../control/model/health-check.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commit } from "./commit.ts";
import { readUpdate } from "./health-check-config-input.ts";
import { healthCheckView } from "./health-check-view.ts";
import { putCheck, readCheck } from "./health-check-rows.ts";
import { requireConfig } from "./health-checks.ts";
import { refuseLinked } from "./linked-service.ts";
import type { HandlerFamily, Route53Handlers } from "./route53-handler.ts";

type Input = Parameters<NonNullable<Route53Handlers["UpdateHealthCheck"]>>[0];

export const updateHealthCheck: HandlerFamily<"UpdateHealthCheck"> = (context) => ({
  async UpdateHealthCheck(input) {
    const { result } = await commit(context, {
      action: "UpdateHealthCheck",
      plan() {
        const before = readCheck(context, input.HealthCheckId);
        refuseLinked("healthcheck", before.check);
        requireVersion(before.check, input.HealthCheckVersion);
        const check = changedCheck(context, before.check, input);
        return { mutations: putCheck({ ...before, check }, before), result: check };
      },
    });
    return { HealthCheck: healthCheckView(result) };
  },
});

function changedCheck(context: ApiContext, before: HealthCheck, input: Input): HealthCheck {
  const given = changed(before, input);
  // It goes on with its copy where the alarm is gone; an alarm that is named must be there.
  const kept = input.AlarmIdentifier ? undefined : before.alarm;
  const { config, alarm } = requireConfig(context, given, kept);
  return { ...before, version: before.version + 1, config, ...(alarm && { alarm }) };
}

function requireVersion({ version }: HealthCheck, expected: number | undefined): void {
  if (expected === undefined || expected === version) return;
  throw new ServiceError(
    "HealthCheckVersionMismatch",
    `The value of HealthCheckVersion, ${expected}, does not match the health check's, ${version}.`,
  );
}

const resettable = {
  ChildHealthChecks: "childHealthChecks",
  FullyQualifiedDomainName: "fullyQualifiedDomainName",
  Regions: "regions",
  ResourcePath: "resourcePath",
} as const satisfies Record<string, keyof HealthCheckConfig>;

function changed({ config }: HealthCheck, input: Input): HealthCheckConfig {
  if (input.IPAddress !== undefined && config.ipAddress === undefined) {
    const message =
      "IPAddress cannot be added to a health check that has been created without one.";
    throw new ServiceError("InvalidInput", message);
  }
  const after = { ...config, ...readUpdate(input) };
  for (const name of input.ResetElements ?? []) {
    if (input[name] !== undefined) {
      const message = `${name} cannot be both given a value and reset`;
      throw new ServiceError("InvalidInput", message);
    }
    delete after[resettable[name]];
  }
  return after;
}
