import { cloudMapHandlers } from "../api/cloudmap/cloudmap-handlers.ts";
import type { CloudMapContext } from "../api/cloudmap/cloudmap-context.ts";
import { CustomHealthHolds } from "../api/cloudmap/custom-health-holds.ts";
import type { CloudWatchContext } from "../api/cloudwatch/cloudwatch-context.ts";
import { cloudwatchHandlers } from "../api/cloudwatch/cloudwatch-handlers.ts";
import { createCloudWatchServices } from "../api/protocol/cloudwatch-service.ts";
import { createResolverService } from "../api/protocol/resolver-service.ts";
import { createRoute53Service } from "../api/protocol/route53-service.ts";
import { createServiceDiscoveryService } from "../api/protocol/servicediscovery-service.ts";
import type { Service } from "../api/protocol/service.ts";
import type { ResolverContext } from "../api/resolver/resolver-context.ts";
import { resolverHandlers } from "../api/resolver/resolver-handlers.ts";
import type { ApiContext } from "../api/route53/api-context.ts";
import { route53Handlers } from "../api/route53/route53-handlers.ts";
import type { Logger } from "../telemetry/logger.ts";

/** What the AWS services stand on. */
export type ApiContexts = {
  route53: ApiContext;
  cloudwatch: CloudWatchContext;
  cloudMap: CloudMapContext;
  resolver: ResolverContext;
  logger: Logger;
};

/**
 * All AWS services, the one that answers what is nobody's first. To import this file takes a fifth of
 * a second and 14 MiB, Amazon's schemas mostly (measured: docs/design/0009-memory.md): it is done
 * when the first request comes.
 */
export function createServices(contexts: ApiContexts): readonly Service[] {
  const { route53, cloudwatch, cloudMap, resolver, logger } = contexts;
  const holds = new CustomHealthHolds(cloudMap, logger);
  return [
    createRoute53Service(route53Handlers(route53)),
    ...createCloudWatchServices(cloudwatchHandlers(cloudwatch)),
    createServiceDiscoveryService(cloudMapHandlers(cloudMap, holds)),
    createResolverService(resolverHandlers(resolver)),
  ];
}
