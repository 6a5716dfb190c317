import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  CreateHttpNamespaceCommand,
  CreatePublicDnsNamespaceCommand,
  CreateServiceCommand,
  DeleteServiceAttributesCommand,
  DeregisterInstanceCommand,
  DiscoverInstancesCommand,
  DiscoverInstancesRevisionCommand,
  GetOperationCommand,
  GetServiceAttributesCommand,
  InvalidInput,
  NamespaceNotFound,
  RegisterInstanceCommand,
  ServiceAlreadyExists,
  ServiceDiscoveryClient,
  UpdateServiceAttributesCommand,
  paginateListInstances,
  paginateListOperations,
} from "@aws-sdk/client-servicediscovery";
import { untilAddress } from "../support/ask-address.ts";
import { eventually } from "../support/eventually.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

const signpost = await startSignpost({ args: ["--workers", "1", "--discovery-negative-ttl", "7"] });
after(() => signpost.stop());
const { accessKeyId, secretAccessKey } = signpost;
const client = new ServiceDiscoveryClient({
  region: "us-east-1",
  endpoint: signpost.api,
  credentials: { accessKeyId, secretAccessKey },
  maxAttempts: 1,
  // Else it puts `data-` before the host of DiscoverInstances.
  disableHostPrefix: true,
});
after(() => client.destroy());

async function done(answer: { OperationId?: string | undefined }) {
  const { OperationId } = answer;
  const get = async () => (await client.send(new GetOperationCommand({ OperationId }))).Operation;
  await eventually("the operation ends", async () => (await get())?.Status !== "PENDING");
  const operation = await get();
  assert.equal(operation?.Status, "SUCCESS", operation?.ErrorMessage);
  return operation;
}

async function namespaceOf(Name: string): Promise<string> {
  const operation = await done(await client.send(new CreatePublicDnsNamespaceCommand({ Name })));
  return operation.Targets?.["NAMESPACE"] ?? "";
}

test("SDK: instances come and go in DNS and in DiscoverInstances", async () => {
  const NamespaceName = "sdk.local";
  const NamespaceId = await namespaceOf(NamespaceName);
  const { Service } = await client.send(
    new CreateServiceCommand({
      Name: "backend",
      NamespaceId,
      DnsConfig: { DnsRecords: [{ Type: "A", TTL: 9 }] },
    }),
  );
  const ServiceId = Service?.Id ?? "";
  const where = { NamespaceName, ServiceName: "backend" };
  const revisions = [await client.send(new DiscoverInstancesRevisionCommand(where))];
  for (const i of [1, 2]) {
    const Attributes = { AWS_INSTANCE_IPV4: `10.0.0.${i}` };
    const input = { ServiceId, InstanceId: `i-${i}`, Attributes };
    await done(await client.send(new RegisterInstanceCommand(input)));
  }
  await untilAddress(signpost.dns, "backend.sdk.local", "10.0.0.1 9, 10.0.0.2 9");
  const found = await client.send(new DiscoverInstancesCommand(where));
  assert.deepEqual(found.Instances?.map(({ InstanceId }) => InstanceId).toSorted(), ["i-1", "i-2"]);
  revisions.push(await client.send(new DiscoverInstancesRevisionCommand(where)));
  const gone = { ServiceId, InstanceId: "i-1" };
  await done(await client.send(new DeregisterInstanceCommand(gone)));
  await untilAddress(signpost.dns, "backend.sdk.local", "10.0.0.2 9");
  revisions.push(await client.send(new DiscoverInstancesRevisionCommand(where)));
  const numbers = revisions.map(({ InstancesRevision = -1 }) => InstancesRevision);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].toSorted((a, b) => a - b),
  );
  const listed: string[] = [];
  for await (const { Instances = [] } of paginateListInstances({ client }, { ServiceId })) {
    listed.push(...Instances.map(({ Id = "" }) => Id));
  }
  assert.deepEqual(listed, ["i-2"]);
  let operations = 0;
  const Filters = [{ Name: "SERVICE_ID" as const, Values: [ServiceId] }];
  for await (const page of paginateListOperations({ client, pageSize: 2 }, { Filters })) {
    operations += page.Operations?.length ?? 0;
  }
  assert.equal(operations, 3);
});

test("SDK: attributes of a service", async () => {
  const operation = await done(await client.send(new CreateHttpNamespaceCommand({ Name: "http" })));
  const NamespaceId = operation.Targets?.["NAMESPACE"] ?? "";
  const { Service } = await client.send(new CreateServiceCommand({ Name: "s", NamespaceId }));
  const ServiceId = Service?.Arn ?? "";
  const Attributes = { owner: "team a", tier: "1" };
  await client.send(new UpdateServiceAttributesCommand({ ServiceId, Attributes }));
  const removed = { ServiceId, Attributes: ["tier"] };
  await client.send(new DeleteServiceAttributesCommand(removed));
  const { ServiceAttributes } = await client.send(new GetServiceAttributesCommand({ ServiceId }));
  assert.equal(ServiceAttributes?.ServiceArn, Service?.Arn);
  assert.deepEqual(ServiceAttributes?.Attributes, { owner: "team a" });
});

test("SDK: errors are those of its model, with their members", async () => {
  const nowhere = { NamespaceName: "none", ServiceName: "s" };
  await assert.rejects(client.send(new DiscoverInstancesCommand(nowhere)), NamespaceNotFound);
  const NamespaceId = await namespaceOf("errors.local");
  const service = { Name: "s", NamespaceId, CreatorRequestId: "1" };
  const { Service } = await client.send(new CreateServiceCommand(service));
  const again = new CreateServiceCommand({ ...service, CreatorRequestId: "2" });
  await assert.rejects(client.send(again), (error) => {
    assert.ok(error instanceof ServiceAlreadyExists);
    assert.equal(error.ServiceId, Service?.Id);
    assert.equal(error.CreatorRequestId, "1");
    return true;
  });
  await assert.rejects(
    client.send(new CreateServiceCommand({ Name: "a b", NamespaceId })),
    InvalidInput,
  );
});

test("SDK: a service and its instances survive a restart", async () => {
  const first = await startSignpost({ args: ["--workers", "1"], dataDir: `${signpost.dataDir}-2` });
  const at = (server: typeof first) =>
    new ServiceDiscoveryClient({
      region: "us-east-1",
      endpoint: server.api,
      credentials: { accessKeyId: first.accessKeyId, secretAccessKey: first.secretAccessKey },
      disableHostPrefix: true,
    });
  const before = at(first);
  const Name = "kept.local";
  const { OperationId } = await before.send(new CreatePublicDnsNamespaceCommand({ Name }));
  const { Operation } = await before.send(new GetOperationCommand({ OperationId }));
  const NamespaceId = Operation?.Targets?.["NAMESPACE"] ?? "";
  const DnsConfig = { DnsRecords: [{ Type: "A" as const, TTL: 9 }] };
  const service = new CreateServiceCommand({ Name: "s", NamespaceId, DnsConfig });
  const ServiceId = (await before.send(service)).Service?.Id ?? "";
  const Attributes = { AWS_INSTANCE_IPV4: "10.0.0.1" };
  const input = { ServiceId, InstanceId: "i", Attributes };
  const registered = await before.send(new RegisterInstanceCommand(input));
  before.destroy();
  await first.kill("SIGKILL");
  const second = await startSignpost({ args: ["--workers", "1"], dataDir: first.dataDir });
  const again = at(second);
  try {
    await untilAddress(second.dns, "s.kept.local", "10.0.0.1 9");
    const operation = await again.send(
      new GetOperationCommand({ OperationId: registered.OperationId }),
    );
    assert.equal(operation.Operation?.Status, "SUCCESS");
    const found = await again.send(
      new DiscoverInstancesCommand({ NamespaceName: Name, ServiceName: "s" }),
    );
    assert.equal(found.Instances?.length, 1);
  } finally {
    again.destroy();
    await second.kill("SIGTERM");
    rmSync(first.dataDir, { recursive: true, force: true });
  }
});

test("an import does not write into a namespace's zone", async () => {
  await namespaceOf("imported.local");
  const file = join(signpost.dataDir, "imported.zone");
  writeFileSync(file, "$ORIGIN imported.local.\na 60 IN A 192.0.2.1\n");
  const words = ["zone", "import", file, "--name", "imported.local", "--data", signpost.dataDir];
  assert.throws(
    () => execFileSync(repositoryPath("bin/signpost"), words, { stdio: "pipe" }),
    /can only be managed through AWS Cloud Map/,
  );
});
