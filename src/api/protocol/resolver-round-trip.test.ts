import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { AwsJson1_1Protocol } from "@aws-sdk/core/protocols";
import { HttpResponse } from "@smithy/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import { AwsJson } from "./aws-json.ts";
import type { HttpRequest } from "./http-message.ts";
import { resolverConstraints } from "./resolver-constraints.ts";
import * as resolver from "./resolver-model.generated.ts";
import { createResolverService } from "./resolver-service.ts";
import { ServiceError } from "./service-error.ts";
import { readServiceModel } from "./service-model.ts";
import { ShapeCompiler } from "./shape.ts";
import { sampleOf } from "./testing/sample-value.ts";
import { violationsIn } from "./validation.ts";

// The SDK's own codec speaks to ours: what it writes is read, what we write it reads.

const model = readServiceModel(resolver);
const shapes = new ShapeCompiler(resolverConstraints);
const target = "Route53Resolver";
const served = new AwsJson({ model, target, version: "1.1", queryCompatible: false });
const namespace = "com.amazonaws.route53resolver";
const client = new AwsJson1_1Protocol({ defaultNamespace: namespace, serviceTarget: target });

const endpoint = { protocol: "http:", hostname: "127.0.0.1", port: 1, path: "/" };
const context = { endpoint: () => Promise.resolve(endpoint), base64Encoder: String } as never;
const schemaOf = (reference: unknown) => NormalizedSchema.of(reference as never);

async function sent(operation: (typeof model.operations)[number], input: object) {
  const call = { ...operation, input: schemaOf(operation.input), namespace, traits: 0 };
  const request = await client.serializeRequest(call as never, input, context);
  return {
    ...request,
    query: new URLSearchParams(),
    body: Buffer.from(request.body as Uint8Array),
  };
}

async function received(
  operation: (typeof model.operations)[number],
  answer: { status: number; headers: Record<string, string>; body: string | Uint8Array },
): Promise<object> {
  const call = { ...operation, output: schemaOf(operation.output), namespace, traits: 0 };
  const body = Buffer.from(answer.body);
  const serde = { streamCollector: () => body, utf8Encoder: (octets: Buffer) => octets.toString() };
  client.setSerdeContext(serde as never);
  const response = new HttpResponse({ statusCode: answer.status, headers: answer.headers, body });
  return client.deserializeResponse(call as never, serde as never, response);
}

describe("createResolverService() round trip of", () => {
  for (const operation of model.operations) {
    test(operation.name, async () => {
      const shape = shapes.structure(operation.input);
      const input = sampleOf(shape);
      const request = (await sent(operation, input)) as unknown as HttpRequest;
      assert.ok(served.accepts(request));
      const read = served.read(request);
      assert.equal(read.operation, operation.name);
      const decoded = read.decode(shape);
      assert.deepEqual(violationsIn(shape, decoded), []);
      assert.deepEqual(decoded, input);
      const output = sampleOf(shapes.structure(operation.output));
      const { $metadata: _, ...answer } = (await received(
        operation,
        served.encode(operation, output, "request-1"),
      )) as Record<string, unknown>;
      assert.deepEqual(answer, output);
    });
  }

  for (const [code, error] of model.errors) {
    test(`the error ${code}`, () => {
      const answer = served.encodeError(new ServiceError(code, "<boom> & more"), "request-2");
      assert.equal(answer.status, error.status);
      assert.deepEqual(JSON.parse(String(answer.body)), {
        __type: `com.amazonaws.route53resolver#${code}`,
        Message: "<boom> & more",
      });
    });
  }
});

test("the model has every operation, and each is answered", async () => {
  assert.equal(model.operations.length, 72);
  assert.equal(model.errors.size, 17);
  const service = createResolverService({});
  for (const operation of model.operations) {
    const input = sampleOf(shapes.structure(operation.input));
    const request = (await sent(operation, input)) as unknown as HttpRequest;
    const answer = service.find(request).run(request, {
      requestId: "request-3",
      accessKeyId: "TEST",
      receivedAtMs: 0,
    });
    await assert.rejects(answer, { code: "NotImplemented" });
  }
});

test("targets may speak DNS over TLS, which AWS's model has not", async () => {
  const operation = model.operations.find(({ name }) => name === "CreateResolverRule");
  assert.ok(operation);
  const seen: unknown[] = [];
  const service = createResolverService({
    CreateResolverRule: ({ TargetIps }) => {
      seen.push(TargetIps);
      return {};
    },
  });
  const run = async (Protocol: string) => {
    const input = { CreatorRequestId: "a", RuleType: "FORWARD", TargetIps: [{ Protocol }] };
    const request = (await sent(operation, input)) as unknown as HttpRequest;
    const context = { requestId: "request-4", accessKeyId: "TEST", receivedAtMs: 0 };
    return service.find(request).run(request, context);
  };
  await run("DoT");
  assert.deepEqual(seen, [[{ Protocol: "DoT" }]]);
  await assert.rejects(run("DoQ"), {
    code: "ValidationException",
    message:
      "1 validation error detected: Value 'DoQ' at 'targetIps.1.member.protocol' failed to " +
      "satisfy constraint: Member must satisfy enum value set: [DoH, Do53, DoH-FIPS, DoT]",
  });
});

test("generated files carry the licence of what they are made from", () => {
  for (const name of ["model", "constraints"]) {
    const path = new URL(`resolver-${name}.generated.ts`, import.meta.url);
    assert.match(readFileSync(path, "utf8").slice(0, 300), /Apache/);
  }
});
