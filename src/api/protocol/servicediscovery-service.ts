import * as servicediscovery from "@aws-sdk/client-servicediscovery";
import { AwsJson } from "./aws-json.ts";
import type { Handlers } from "./operation.ts";
import { createRpcService } from "./rpc-service.ts";
import type { RpcServiceOptions } from "./rpc-service.ts";
import { readServiceModel } from "./service-model.ts";
import type { Service } from "./service.ts";
import { serviceDiscoveryGeneratedConstraints } from "./servicediscovery-constraints.generated.ts";
import { ShapeCompiler } from "./shape.ts";
import { validationError } from "./validation.ts";

export type ServiceDiscoveryHandlers = Handlers<typeof servicediscovery>;

/**
 * The AWS Cloud Map API (version 2017-03-14) with `handlers` behind it. Clients put `data-` before
 * the host of two operations; nothing here looks at the host.
 */
export function createServiceDiscoveryService(handlers: ServiceDiscoveryHandlers): Service {
  const model = readServiceModel(servicediscovery);
  const options: RpcServiceOptions = {
    signingName: "servicediscovery",
    model,
    shapes: new ShapeCompiler(serviceDiscoveryGeneratedConstraints),
    // The decoder gives each operation what its type says; that is what the round trips test.
    handlers: handlers as RpcServiceOptions["handlers"],
    refuse: (violations) => validationError(violations, "InvalidInput"),
  };
  const protocol = new AwsJson({
    model,
    target: "Route53AutoNaming_v20170314",
    version: "1.1",
    queryCompatible: false,
  });
  return createRpcService(options, protocol);
}
