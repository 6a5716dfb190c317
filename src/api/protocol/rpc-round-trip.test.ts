import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import {
  AwsJson1_0Protocol,
  AwsQueryProtocol,
  AwsSmithyRpcV2CborProtocol,
} from "@aws-sdk/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import { loopbackCloudWatch } from "../../../test/support/loopback-cloudwatch.ts";
import { AwsJson } from "./aws-json.ts";
import { AwsQuery } from "./aws-query.ts";
import { cloudwatchGeneratedConstraints } from "./cloudwatch-constraints.generated.ts";
import { RpcCbor } from "./rpc-cbor.ts";
import type { RpcProtocol } from "./rpc-service.ts";
import { ServiceError } from "./service-error.ts";
import { readServiceModel } from "./service-model.ts";
import { ShapeCompiler } from "./shape.ts";
import { sampleOf } from "./testing/sample-value.ts";
import { violationsIn } from "./validation.ts";

// The real client of the SDK speaks to each codec, without a socket between them.

const model = readServiceModel(cloudwatch);
const shapes = new ShapeCompiler(cloudwatchGeneratedConstraints);
const queryCompatible = true;
const service = "GraniteServiceVersion20100801";
const xmlNamespace = "http://monitoring.amazonaws.com/doc/2010-08-01/";
const commands = cloudwatch as unknown as Record<string, new (input: object) => never>;

const protocols: [name: string, client: unknown, served: RpcProtocol][] = [
  [
    "AwsJson",
    AwsJson1_0Protocol,
    new AwsJson({ model, target: service, version: "1.0", queryCompatible }),
  ],
  ["RpcCbor", AwsSmithyRpcV2CborProtocol, new RpcCbor({ model, service, queryCompatible })],
  ["AwsQuery", AwsQueryProtocol, new AwsQuery({ model, version: "2010-08-01", xmlNamespace })],
];

const plain = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value, (_, each: unknown) => (ArrayBuffer.isView(each) ? "octets" : each)),
  ) as Record<string, unknown>;

for (const [name, protocol, served] of protocols) {
  describe(`${name} round trip of`, () => {
    for (const operation of model.operations) {
      test(operation.name, async () => {
        const shape = shapes.structure(operation.input);
        const input = sampleOf(shape);
        const output = sampleOf(shapes.structure(operation.output));
        let seen: unknown;
        const client = loopbackCloudWatch((request) => {
          assert.ok(served.accepts(request));
          const read = served.read(request);
          assert.equal(read.operation, operation.name);
          const decoded = read.decode(shape);
          assert.deepEqual(violationsIn(shape, decoded), []);
          seen = decoded;
          return served.encode(operation, output, "request-1");
        }, protocol);
        const Command = commands[`${operation.name}Command`];
        assert.ok(Command);
        const answer = plain(await client.send(new Command(input)));
        delete answer["$metadata"];
        assert.deepEqual(plain(seen), plain(input));
        assert.deepEqual(answer, plain(output));
      });
    }

    for (const [code, error] of model.errors) {
      // The base class is never answered; the other goes by the same code as ResourceNotFound.
      if (code === "CloudWatchServiceException" || code === "DashboardNotFoundError") continue;
      test(`the error ${code}`, async () => {
        const shape = shapes.structure(error.schema);
        const members = shape.members.filter((member) => member.name.toLowerCase() !== "message");
        const extra = sampleOf({ ...shape, members });
        const client = loopbackCloudWatch(
          () => served.encodeError(new ServiceError(code, "<boom> & more", extra), "request-2"),
          protocol,
        );
        const call = client.send(new cloudwatch.ListMetricsCommand({}));
        await assert.rejects(call, (thrown) => {
          assert.ok(thrown instanceof cloudwatch.CloudWatchServiceException);
          assert.equal(thrown.name, NormalizedSchema.of(error.schema).getName());
          assert.equal(thrown.message, "<boom> & more");
          assert.equal(thrown.$metadata.httpStatusCode, error.status);
          assert.equal(thrown.$metadata.requestId, "request-2");
          const own = thrown as unknown as Record<string, unknown>;
          for (const [member, value] of Object.entries(extra)) {
            assert.deepEqual(own[member], value, member);
          }
          return true;
        });
      });
    }
  });
}

test("RPC round trips cover the 55 operations", () => assert.equal(model.operations.length, 55));
