import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import * as route53 from "@aws-sdk/client-route-53";
import { HttpResponse } from "@smithy/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import type { HttpResponse as ServedResponse } from "./http-message.ts";
import { RestXml } from "./rest-xml.ts";
import { route53Constraints } from "./route53-constraints.ts";
import { ServiceError } from "./service-error.ts";
import { OperationRouter, readServiceModel } from "./service-model.ts";
import { ShapeCompiler } from "./shape.ts";
import { sampleOf } from "./testing/sample-value.ts";

// The real client of the SDK speaks to the codec, without a socket between them.

const model = readServiceModel(route53);
const router = new OperationRouter(model.operations);
const shapes = new ShapeCompiler(route53Constraints);
const xmlNamespace = "https://route53.amazonaws.com/doc/2013-04-01/";
const protocol = new RestXml({ model, shapes, xmlNamespace, prefixes: {} });
const commands = route53 as unknown as Record<string, new (input: object) => never>;

type SdkRequest = {
  method: string;
  path: string;
  query: Record<string, string | string[]>;
  headers: Record<string, string>;
  body?: string | Uint8Array;
};

function clientOf(serve: (request: SdkRequest) => ServedResponse): route53.Route53Client {
  const handle = async (request: SdkRequest) => {
    const { status, headers, body } = serve(request);
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    return {
      response: new HttpResponse({
        statusCode: status,
        headers: Object.fromEntries(lower) as Record<string, string>,
        body: Readable.from([Buffer.from(body)]),
      }),
    };
  };
  return new route53.Route53Client({
    region: "us-east-1",
    endpoint: "http://127.0.0.1:1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    maxAttempts: 1,
    requestHandler: { handle } as never,
  });
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

async function roundTrip(name: string, input: object, output: object) {
  let seen: unknown;
  const client = clientOf((request) => {
    const match = router.match(request.method, request.path);
    assert.equal(match.operation.name, name);
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(request.query)) {
      for (const each of [value].flat()) query.append(key, each);
    }
    const body = Buffer.from(request.body ?? "");
    seen = protocol.decode(match, { ...request, query, body });
    return protocol.encode(match.operation, output, "request-1");
  });
  const Command = commands[`${name}Command`];
  assert.ok(Command);
  const answer = plain(await client.send(new Command(input)));
  delete answer["$metadata"];
  return { seen: plain(seen), answer };
}

for (const operation of model.operations) {
  test(`RestXml round trip of ${operation.name}`, async () => {
    const input = sampleOf(shapes.structure(operation.input));
    const output = sampleOf(shapes.structure(operation.output));
    const { seen, answer } = await roundTrip(operation.name, input, output);
    assert.deepEqual(seen, plain(input));
    assert.deepEqual(answer, plain(output));
  });
}

test("RestXml round trips cover the 74 operations", () => {
  assert.equal(model.operations.length, 74);
});

for (const [code, error] of model.errors) {
  if (code === "Route53ServiceException") continue; // the base class, never answered
  test(`RestXml round trip of the error ${code}`, async () => {
    const schema = NormalizedSchema.of(error.schema);
    const shape = shapes.structure(error.schema);
    const members = shape.members.filter(({ name }) => name.toLowerCase() !== "message");
    const extra = sampleOf({ ...shape, members });
    const client = clientOf(() =>
      protocol.encodeError(new ServiceError(code, "<boom> & more", extra), "request-2"),
    );
    await assert.rejects(client.send(new route53.GetHostedZoneCommand({ Id: "Z1" })), (thrown) => {
      assert.ok(thrown instanceof route53.Route53ServiceException);
      assert.equal(thrown.name, schema.getName());
      assert.equal(thrown.message, "<boom> & more");
      assert.equal(thrown.$metadata.httpStatusCode, error.status);
      assert.equal(thrown.$metadata.requestId, "request-2");
      const own = thrown as unknown as Record<string, unknown>;
      for (const [name, value] of Object.entries(extra)) assert.deepEqual(own[name], value, name);
      return true;
    });
  });
}
