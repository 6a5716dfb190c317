import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import {
  AwsJson1_0Protocol,
  AwsQueryProtocol,
  AwsSmithyRpcV2CborProtocol,
} from "@aws-sdk/core/protocols";
import { HttpResponse } from "@smithy/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import { AwsJson } from "./aws-json.ts";
import { AwsQuery } from "./aws-query.ts";
import { cloudwatchGeneratedConstraints } from "./cloudwatch-constraints.generated.ts";
import type { HttpRequest, HttpResponse as ServedResponse } from "./http-message.ts";
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

type SdkRequest = Omit<HttpRequest, "body" | "query"> & { body?: string | Uint8Array };

function clientOf(protocol: unknown, serve: (request: HttpRequest) => ServedResponse) {
  const handle = async (sent: SdkRequest) => {
    const body = Buffer.from(sent.body ?? "");
    const {
      status,
      headers,
      body: answer,
    } = serve({ ...sent, query: new URLSearchParams(), body });
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    return {
      response: new HttpResponse({
        statusCode: status,
        headers: Object.fromEntries(lower) as Record<string, string>,
        body: Readable.from([Buffer.from(answer)]),
      }),
    };
  };
  return new cloudwatch.CloudWatchClient({
    region: "us-east-1",
    endpoint: "http://127.0.0.1:1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    maxAttempts: 1,
    protocol: protocol as never,
    disableRequestCompression: true,
    requestHandler: { handle } as never,
  });
}

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
        const client = clientOf(protocol, (request) => {
          assert.ok(served.accepts(request));
          const read = served.read(request);
          assert.equal(read.operation, operation.name);
          const decoded = read.decode(shape);
          assert.deepEqual(violationsIn(shape, decoded), []);
          seen = decoded;
          return served.encode(operation, output, "request-1");
        });
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
        const client = clientOf(protocol, () =>
          served.encodeError(new ServiceError(code, "<boom> & more", extra), "request-2"),
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
