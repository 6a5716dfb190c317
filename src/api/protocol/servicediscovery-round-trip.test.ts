import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as servicediscovery from "@aws-sdk/client-servicediscovery";
import { NormalizedSchema } from "@smithy/core/schema";
import { loopbackSettings } from "../../../test/support/loopback-handler.ts";
import type { HttpRequest, HttpResponse } from "./http-message.ts";
import { ServiceError } from "./service-error.ts";
import { readServiceModel } from "./service-model.ts";
import { serviceDiscoveryGeneratedConstraints } from "./servicediscovery-constraints.generated.ts";
import { createServiceDiscoveryService } from "./servicediscovery-service.ts";
import { ShapeCompiler } from "./shape.ts";
import { sampleOf } from "./testing/sample-value.ts";

// The SDK's client speaks to the service, without a socket between them.

const model = readServiceModel(servicediscovery);
const shapes = new ShapeCompiler(serviceDiscoveryGeneratedConstraints);
const commands = servicediscovery as unknown as Record<string, new (input: object) => never>;

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

type Handler = (input: unknown) => object;

function clientOf(handlers: Record<string, Handler>): servicediscovery.ServiceDiscoveryClient {
  const service = createServiceDiscoveryService(handlers as never);
  const serve = async (request: HttpRequest): Promise<HttpResponse> => {
    assert.ok(service.accepts(request));
    try {
      const context = { requestId: "request-1", accessKeyId: "", receivedAtMs: 0 };
      return await service.find(request).run(request, context);
    } catch (error) {
      if (error instanceof ServiceError) return service.encodeError(error, "request-1");
      throw error;
    }
  };
  return new servicediscovery.ServiceDiscoveryClient(loopbackSettings(serve));
}

async function send(
  client: servicediscovery.ServiceDiscoveryClient,
  operation: string,
  input: object,
): Promise<object> {
  const Command = commands[`${operation}Command`];
  assert.ok(Command);
  return await client.send(new Command(input));
}

describe("Cloud Map round trip of", () => {
  for (const operation of model.operations) {
    test(operation.name, async () => {
      const input = sampleOf(shapes.structure(operation.input));
      const output = sampleOf(shapes.structure(operation.output));
      let seen: unknown;
      const client = clientOf({
        [operation.name](decoded) {
          seen = decoded;
          return output;
        },
      });
      const answer = plain(await send(client, operation.name, input));
      delete answer["$metadata"];
      assert.deepEqual(plain(seen), plain(input));
      assert.deepEqual(answer, plain(output));
    });
  }

  for (const [code, error] of model.errors) {
    if (code === "ServiceDiscoveryServiceException") continue;
    test(`the error ${code}`, async () => {
      const shape = shapes.structure(error.schema);
      const members = shape.members.filter(({ name }) => name !== "Message");
      const extra = sampleOf({ ...shape, members });
      const client = clientOf({
        ListNamespaces() {
          throw new ServiceError(code, "what is wrong", extra);
        },
      });
      await assert.rejects(send(client, "ListNamespaces", {}), (thrown) => {
        assert.ok(thrown instanceof servicediscovery.ServiceDiscoveryServiceException);
        assert.equal(thrown.name, NormalizedSchema.of(error.schema).getName());
        assert.equal(thrown.message, "what is wrong");
        const own = thrown as unknown as Record<string, unknown>;
        for (const [member, value] of Object.entries(extra)) {
          assert.deepEqual(own[member], value, member);
        }
        return true;
      });
    });
  }
});

test("Cloud Map has 30 operations", () => assert.equal(model.operations.length, 30));

test("Cloud Map answers InvalidInput to what its model forbids", async () => {
  const client = clientOf({ CreateService: () => assert.fail(), ListServices: () => ({}) });
  const refused: [string, object, RegExp][] = [
    ["CreateService", {}, /^1 validation error detected: Value null at 'name'/],
    ["CreateService", { Name: "a..b" }, /'a\.\.b' at 'name' failed .* regular expression/],
    ["ListServices", { MaxResults: 101 }, /'maxResults' .* less than or equal to 100/],
  ];
  for (const [operation, input, message] of refused) {
    await assert.rejects(send(client, operation, input), (error: Error) => {
      assert.equal(error.name, "InvalidInput");
      assert.match(error.message, message);
      return true;
    });
  }
});
