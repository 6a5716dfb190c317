import type { HealthCheck, HealthCheckConfig } from "../../control/model/health-check.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { commit } from "./commit.ts";
import { readUpdate } from "./health-check-config-input.ts";
import { healthCheckView } from "./health-check-view.ts";
import { childMutations, requireConfig, requireHealthCheck } from "./health-checks.ts";
import type { HandlerFamily, Route53Handlers } from "./route53-handler.ts";

type Input = Parameters<NonNullable<Route53Handlers["UpdateHealthCheck"]>>[0];

export const updateHealthCheck: HandlerFamily<"UpdateHealthCheck"> = (context) => ({
  async UpdateHealthCheck(input) {
    const { result } = await commit(context, {
      action: "UpdateHealthCheck",
      plan() {
        const before = requireHealthCheck(context, input.HealthCheckId);
        requireVersion(before, input.HealthCheckVersion);
        const config = requireConfig(context, changed(before, input));
        const after: HealthCheck = { ...before, version: before.version + 1, config };
        const mutations: Mutation[] = [
          ...childMutations("remove", before),
          ...childMutations("put", after),
          { put: "healthCheck", key: [after.id], value: after },
        ];
        return { mutations, result: after };
      },
    });
    return { HealthCheck: healthCheckView(result) };
  },
});

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
