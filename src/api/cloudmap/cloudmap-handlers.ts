import { HealthUnavailableError } from "../../control/model/health-report.ts";
import { ZoneDamagedError } from "../../control/state/state-reader.ts";
import { tellUnavailable } from "../protocol/tell-unavailable.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { CloudMapHandlers } from "./cloudmap-handler.ts";
import { createNamespace } from "./create-namespace.ts";
import { createService } from "./create-service.ts";
import type { CustomHealthHolds } from "./custom-health-holds.ts";
import { customHealth } from "./custom-health.ts";
import { deleteNamespace } from "./delete-namespace.ts";
import { discoverInstances } from "./discover-instances.ts";
import { instances } from "./instances.ts";
import { namespaces } from "./namespaces.ts";
import { operations } from "./operations.ts";
import { registerInstance } from "./register-instance.ts";
import { serviceAttributes } from "./service-attributes.ts";
import { services } from "./services.ts";
import { tags } from "./tags.ts";
import { updateNamespace } from "./update-namespace.ts";
import { updateService } from "./update-service.ts";

/** All operations of Cloud Map. */
export function cloudMapHandlers(
  context: CloudMapContext,
  holds: CustomHealthHolds,
): Required<CloudMapHandlers> {
  const handlers = {
    ...createNamespace(context),
    ...namespaces(context),
    ...updateNamespace(context),
    ...deleteNamespace(context),
    ...createService(context),
    ...services(context),
    ...updateService(context),
    ...serviceAttributes(context),
    ...registerInstance(context),
    ...instances(context),
    ...customHealth(context, holds),
    ...discoverInstances(context),
    ...operations(context),
    ...tags(context),
  };
  return tellUnavailable(
    handlers,
    (error) => error instanceof ZoneDamagedError || error instanceof HealthUnavailableError,
  );
}
