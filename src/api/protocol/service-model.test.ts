import assert from "node:assert/strict";
import { test } from "node:test";
import * as route53 from "@aws-sdk/client-route-53";
import { errorStatus, OperationRouter, readServiceModel } from "./service-model.ts";

const model = readServiceModel(route53);
const router = new OperationRouter(model.operations);

const matches: [method: string, path: string, operation: string, labels: object][] = [
  ["GET", "/2013-04-01/hostedzone", "ListHostedZones", {}],
  ["GET", "/2013-04-01/hostedzone/Z1", "GetHostedZone", { Id: "Z1" }],
  ["POST", "/2013-04-01/hostedzone/Z1/rrset/", "ChangeResourceRecordSets", { HostedZoneId: "Z1" }],
  ["GET", "/2013-04-01/hostedzone/%2Fhostedzone%2FZ1", "GetHostedZone", { Id: "/hostedzone/Z1" }],
  ["GET", "//2013-04-01//hostedzonecount", "GetHostedZoneCount", {}],
  [
    "GET",
    "/2013-04-01/trafficpolicyinstances/hostedzone",
    "ListTrafficPolicyInstancesByHostedZone",
    {},
  ],
  ["GET", "/2013-04-01/healthcheck/0/status", "GetHealthCheckStatus", { HealthCheckId: "0" }],
  [
    "GET",
    "/2013-04-01/tags/hostedzone/Z1",
    "ListTagsForResource",
    { ResourceType: "hostedzone", ResourceId: "Z1" },
  ],
];

for (const [method, path, operation, labels] of matches) {
  test(`OperationRouter finds ${operation} at ${method} ${path}`, () => {
    const match = router.match(method, path);
    assert.equal(match.operation.name, operation);
    assert.deepEqual(match.labels, labels);
  });
}

test("OperationRouter prefers literal segments to labels", () => {
  const operation = { method: "GET", status: 200, input: "unit", output: "unit" } as const;
  const mixed = new OperationRouter([
    { ...operation, name: "Label", segments: ["a", "{Id}", "c"] },
    { ...operation, name: "Literal", segments: ["a", "b", "c"] },
    { ...operation, name: "Labels", segments: ["{X}", "{Id}", "c"] },
  ]);
  assert.equal(mixed.match("GET", "/a/b/c").operation.name, "Literal");
  assert.equal(mixed.match("GET", "/a/x/c").operation.name, "Label");
  assert.equal(mixed.match("GET", "/x/b/c").operation.name, "Labels");
});

test("OperationRouter tells an unknown path from a method that is not allowed", () => {
  assert.throws(() => router.match("GET", "/2013-04-01"), { code: "UnknownOperationException" });
  assert.throws(() => router.match("PATCH", "/2013-04-01/hostedzone"), {
    code: "MethodNotAllowed",
  });
  assert.throws(() => router.match("GET", "/2013-04-01/hostedzone/%E0%A4%A"), {
    code: "MalformedInput",
  });
});

test("errorStatus() takes the model's status, then the catalogue's", () => {
  assert.equal(errorStatus(model, "NoSuchHostedZone"), 404);
  assert.equal(errorStatus(model, "HostedZoneAlreadyExists"), 409);
  assert.equal(errorStatus(model, "InvalidChangeBatch"), 400);
  assert.equal(errorStatus(model, "NoSuchDelegationSet"), 400);
  assert.equal(errorStatus(model, "NotAuthorizedException"), 401);
  assert.equal(errorStatus(model, "InternalFailure"), 500);
  assert.equal(errorStatus(model, "constructor"), undefined);
});
