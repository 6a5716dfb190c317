import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import { metricRequestSizeMax } from "../../base/limits.ts";
import { AwsJson } from "./aws-json.ts";
import { AwsQuery } from "./aws-query.ts";
import { cloudwatchGeneratedConstraints } from "./cloudwatch-constraints.generated.ts";
import { cloudwatchRefusal } from "./cloudwatch-refusal.ts";
import type { Handlers } from "./operation.ts";
import { RpcCbor } from "./rpc-cbor.ts";
import { createRpcService } from "./rpc-service.ts";
import type { RpcServiceOptions } from "./rpc-service.ts";
import { readServiceModel } from "./service-model.ts";
import type { Service } from "./service.ts";
import { ShapeCompiler } from "./shape.ts";

export type CloudWatchHandlers = Handlers<typeof cloudwatch>;

const serviceName = "GraniteServiceVersion20100801";

/**
 * The CloudWatch API (version 2010-08-01) with `handlers` behind it: a service for each protocol
 * that clients of it speak. The AWS CLI and boto3 began with query and went on to JSON and CBOR.
 */
export function createCloudWatchServices(handlers: CloudWatchHandlers): Service[] {
  const model = readServiceModel(cloudwatch);
  const options: RpcServiceOptions = {
    signingName: "monitoring",
    bodySizeMax: metricRequestSizeMax,
    takesGzip: true,
    model,
    shapes: new ShapeCompiler(cloudwatchGeneratedConstraints),
    // The decoders give each operation what its type says; that is what the round trips test.
    handlers: handlers as RpcServiceOptions["handlers"],
    refuse: cloudwatchRefusal,
  };
  return [
    new RpcCbor({ model, service: serviceName, queryCompatible: true }),
    new AwsJson({ model, target: serviceName, version: "1.0", queryCompatible: true }),
    new AwsQuery({
      model,
      version: "2010-08-01",
      xmlNamespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
    }),
  ].map((protocol) => createRpcService(options, protocol));
}
