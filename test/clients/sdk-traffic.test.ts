import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as sdk from "@aws-sdk/client-route-53";
import { untilAddress } from "../support/ask-address.ts";
import { documentOf, one, ours, two } from "../support/policy-documents.ts";
import { route53Client } from "../support/route53-client.ts";
import { startSignpost } from "../support/signpost-process.ts";
import { expectError } from "./expect-error.ts";

const signpost = await startSignpost({
  args: ["--workers", "1", "--health-allow", "127.0.0.0/8"],
});
const client = route53Client(signpost);
after(async () => {
  client.destroy();
  await signpost.stop();
});

const { HostedZone } = await client.send(
  new sdk.CreateHostedZoneCommand({ Name: "traffic.example", CallerReference: "traffic" }),
);
const HostedZoneId = (HostedZone?.Id ?? "").replace("/hostedzone/", "");

let references = 0;

async function createCheck(HealthCheckConfig: sdk.HealthCheckConfig): Promise<string> {
  const CallerReference = `check ${references++}`;
  const input = { CallerReference, HealthCheckConfig };
  const { HealthCheck } = await client.send(new sdk.CreateHealthCheckCommand(input));
  return HealthCheck?.Id ?? "";
}

const http = { Type: "HTTP", IPAddress: "127.0.0.1", Port: 8080 } as const;

test("@aws-sdk: a health check's life", async () => {
  const CallerReference = "life";
  const create = (HealthCheckConfig: sdk.HealthCheckConfig) =>
    client.send(new sdk.CreateHealthCheckCommand({ CallerReference, HealthCheckConfig }));
  const made = await create(http);
  assert.equal(made.$metadata.httpStatusCode, 201);
  const HealthCheckId = made.HealthCheck?.Id ?? "";
  const base = "https://route53.amazonaws.com/2013-04-01";
  assert.equal(made.Location, `${base}/healthcheck/${HealthCheckId}`);
  assert.equal((await create(http)).HealthCheck?.Id, HealthCheckId);
  const exists = { type: sdk.HealthCheckAlreadyExists, status: 409 };
  await expectError(create({ ...http, Port: 81 }), exists);

  const got = await client.send(new sdk.GetHealthCheckCommand({ HealthCheckId }));
  assert.deepEqual(got.HealthCheck, made.HealthCheck);
  const update = (input: Partial<sdk.UpdateHealthCheckRequest>) =>
    client.send(new sdk.UpdateHealthCheckCommand({ HealthCheckId, ...input }));
  const updated = await update({ HealthCheckVersion: 1, FailureThreshold: 1 });
  assert.equal(updated.HealthCheck?.HealthCheckVersion, 2);
  assert.equal(updated.HealthCheck?.HealthCheckConfig?.FailureThreshold, 1);
  const mismatch = { type: sdk.HealthCheckVersionMismatch, status: 409 };
  await expectError(update({ HealthCheckVersion: 1 }), mismatch);

  const { HealthCheckCount } = await client.send(new sdk.GetHealthCheckCountCommand({}));
  let count = 0;
  for await (const page of sdk.paginateListHealthChecks({ client, pageSize: 1 }, {})) {
    count += page.HealthChecks?.length ?? 0;
  }
  assert.equal(count, HealthCheckCount);
  const resource = { ResourceType: "healthcheck", ResourceId: HealthCheckId } as const;
  const AddTags = [{ Key: "Name", Value: "front" }];
  await client.send(new sdk.ChangeTagsForResourceCommand({ ...resource, AddTags }));
  const tags = await client.send(new sdk.ListTagsForResourceCommand(resource));
  assert.deepEqual(tags.ResourceTagSet?.Tags, AddTags);

  await client.send(new sdk.DeleteHealthCheckCommand({ HealthCheckId }));
  await expectError(client.send(new sdk.GetHealthCheckCommand({ HealthCheckId })), {
    type: sdk.NoSuchHealthCheck,
    status: 404,
    message: `No health check found with ID: ${HealthCheckId}`,
  });
  const refused = createCheck({ Type: "HTTP", IPAddress: "10.0.0.1" });
  await expectError(refused, { type: sdk.InvalidInput, status: 400, message: /private/ });
});

async function untilApplied(Id: string): Promise<sdk.TrafficPolicyInstance | undefined> {
  for (;;) {
    const got = await client.send(new sdk.GetTrafficPolicyInstanceCommand({ Id }));
    const instance = got.TrafficPolicyInstance;
    if (instance?.State !== "Creating" && instance?.State !== "Updating") return instance;
    await sleep(5);
  }
}

test("@aws-sdk: a policy instance answers, follows health, and changes as a whole", async () => {
  const HealthCheck = await createCheck(http);
  const failover = documentOf({
    RuleType: "failover",
    Primary: { ...one, HealthCheck },
    Secondary: two,
  });
  const made = await client.send(
    new sdk.CreateTrafficPolicyCommand({ Name: "front", Document: failover }),
  );
  assert.equal(made.$metadata.httpStatusCode, 201);
  const TrafficPolicyId = made.TrafficPolicy?.Id ?? "";
  const created = await client.send(
    new sdk.CreateTrafficPolicyInstanceCommand({
      ...{ HostedZoneId, Name: "www.traffic.example", TTL: 60 },
      ...{ TrafficPolicyId, TrafficPolicyVersion: 1 },
    }),
  );
  const Id = created.TrafficPolicyInstance?.Id ?? "";
  assert.equal(created.TrafficPolicyInstance?.State, "Creating");
  assert.equal((await untilApplied(Id))?.State, "Applied");
  const name = "www.traffic.example";
  await untilAddress(signpost.dns, name, "192.0.2.1 60");

  const invert = (Inverted: boolean) =>
    client.send(new sdk.UpdateHealthCheckCommand({ HealthCheckId: HealthCheck, Inverted }));
  await invert(true);
  await untilAddress(signpost.dns, name, "192.0.2.2 60");
  await invert(false);
  await untilAddress(signpost.dns, name, "192.0.2.1 60");

  const networks = documentOf(
    {
      RuleType: "cidr",
      Items: [
        { ...two, Blocks: ["127.0.0.0/8"] },
        { ...one, IsDefault: true },
      ],
    },
    ours,
  );
  await client.send(
    new sdk.CreateTrafficPolicyVersionCommand({ Id: TrafficPolicyId, Document: networks }),
  );
  await client.send(
    new sdk.UpdateTrafficPolicyInstanceCommand({
      ...{ Id, TTL: 30, TrafficPolicyId, TrafficPolicyVersion: 2 },
    }),
  );
  const applied = await untilApplied(Id);
  assert.deepEqual([applied?.State, applied?.TTL], ["Applied", 30]);
  await untilAddress(signpost.dns, name, "192.0.2.2 30");

  const { ResourceRecordSets } = await client.send(
    new sdk.ListResourceRecordSetsCommand({ HostedZoneId, StartRecordName: name, MaxItems: 1 }),
  );
  assert.deepEqual(ResourceRecordSets, [
    { Name: `${name}.`, Type: "A", TrafficPolicyInstanceId: Id },
  ]);
  const inUse = { type: sdk.TrafficPolicyInUse, status: 400 };
  const remove = (Version: number) =>
    client.send(new sdk.DeleteTrafficPolicyCommand({ Id: TrafficPolicyId, Version }));
  await expectError(remove(2), inUse);
  await client.send(new sdk.DeleteTrafficPolicyInstanceCommand({ Id }));
  await untilAddress(signpost.dns, name, "NXDOMAIN");
  for (const Version of [1, 2]) await remove(Version);
});

test("@aws-sdk: an instance answers again after a power cut", async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), "signpost-traffic-"));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const options = { dataDir, args: ["--workers", "1"] };
  const first = await startSignpost(options);
  const send = route53Client(first);
  const zone = { Name: "again.example", CallerReference: "again" };
  const made = await send.send(new sdk.CreateHostedZoneCommand(zone));
  const Document = documentOf({ RuleType: "failover", Primary: one, Secondary: two });
  const policy = await send.send(new sdk.CreateTrafficPolicyCommand({ Name: "again", Document }));
  const created = await send.send(
    new sdk.CreateTrafficPolicyInstanceCommand({
      HostedZoneId: made.HostedZone?.Id,
      Name: "again.example",
      TTL: 7,
      TrafficPolicyId: policy.TrafficPolicy?.Id,
      TrafficPolicyVersion: 1,
    }),
  );
  send.destroy();
  await first.kill("SIGKILL");

  const second = await startSignpost(options);
  t.after(() => second.kill("SIGTERM"));
  await untilAddress(second.dns, "again.example", "192.0.2.1 7");
  const again = route53Client(second);
  t.after(() => again.destroy());
  const { Id } = created.TrafficPolicyInstance ?? {};
  const got = await again.send(new sdk.GetTrafficPolicyInstanceCommand({ Id }));
  assert.equal(got.TrafficPolicyInstance?.State, "Applied");
});

test("@aws-sdk: errors of traffic policies come as the SDK's own classes", async () => {
  const create = (Document: string) =>
    client.send(new sdk.CreateTrafficPolicyCommand({ Name: "errors", Document }));
  await expectError(create(documentOf({ RuleType: "failover", Primary: one })), {
    type: sdk.InvalidTrafficPolicyDocument,
    status: 400,
    message: "$.Rules.start.Secondary: is missing",
  });
  const tooLong = { type: sdk.InvalidInput, status: 400, message: /less than or equal to 102400/ };
  await expectError(create(" ".repeat(102_401)), tooLong);
  const { TrafficPolicy } = await create(documentOf({ RuleType: "multivalue", Items: [one, two] }));
  const Id = TrafficPolicy?.Id ?? "";
  const again = create(documentOf({ RuleType: "multivalue", Items: [one] }));
  await expectError(again, { type: sdk.TrafficPolicyAlreadyExists, status: 409 });
  const noPolicy = { type: sdk.NoSuchTrafficPolicy, status: 404 };
  await expectError(client.send(new sdk.GetTrafficPolicyCommand({ Id, Version: 2 })), noPolicy);
  const noInstance = { type: sdk.NoSuchTrafficPolicyInstance, status: 404 };
  const none = client.send(new sdk.GetTrafficPolicyInstanceCommand({ Id: "none" }));
  await expectError(none, noInstance);

  const instance = new sdk.CreateTrafficPolicyInstanceCommand({
    ...{ HostedZoneId, Name: "multi.traffic.example", TTL: 5 },
    ...{ TrafficPolicyId: Id, TrafficPolicyVersion: 1 },
  });
  await client.send(instance);
  await untilAddress(signpost.dns, "multi.traffic.example", "192.0.2.1 5, 192.0.2.2 5");
  const exists = { type: sdk.TrafficPolicyInstanceAlreadyExists, status: 409 };
  await expectError(client.send(instance), exists);
});
