import { resolverRequestSizeMax } from "../../base/limits.ts";
import { AwsJson } from "./aws-json.ts";
import type { Handler } from "./operation.ts";
import { resolverConstraints } from "./resolver-constraints.ts";
import * as resolver from "./resolver-model.generated.ts";
import type { Route53ResolverOperations } from "./resolver-model.generated.ts";
import { createRpcService } from "./rpc-service.ts";
import type { RpcServiceOptions } from "./rpc-service.ts";
import { readServiceModel } from "./service-model.ts";
import type { Service } from "./service.ts";
import { ShapeCompiler } from "./shape.ts";
import { validationError } from "./validation.ts";

/** The handlers of Route 53 Resolver by operation name; an operation left out answers 501. */
export type ResolverHandlers = {
  readonly [Name in keyof Route53ResolverOperations]?: Handler<
    Route53ResolverOperations[Name]["input"],
    Route53ResolverOperations[Name]["output"]
  >;
};

/** The Route 53 Resolver API (version 2018-04-01) with `handlers` behind it, over AWS JSON 1.1. */
export function createResolverService(handlers: ResolverHandlers): Service {
  const model = readServiceModel(resolver);
  const protocol = new AwsJson({
    model,
    target: "Route53Resolver",
    version: "1.1",
    queryCompatible: false,
  });
  const options: RpcServiceOptions = {
    signingName: "route53resolver",
    bodySizeMax: resolverRequestSizeMax,
    model,
    shapes: new ShapeCompiler(resolverConstraints),
    // The decoders give each operation what its type says; that is what the round trips test.
    handlers: handlers as RpcServiceOptions["handlers"],
    refuse: (violations) => validationError(violations, "ValidationException"),
  };
  return createRpcService(options, protocol);
}
