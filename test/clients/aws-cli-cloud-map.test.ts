import assert from "node:assert/strict";
import { after, before } from "node:test";
import { awsCli, awsCliOf } from "../support/aws-cli.ts";
import type { Json } from "../support/aws-cli.ts";
import { untilAddress } from "../support/ask-address.ts";
import { eventually } from "../support/eventually.ts";
import { testWith } from "../support/peers.ts";
import { startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

let signpost: SignpostProcess;
before(async () => {
  signpost = await startSignpost({ args: ["--workers", "1"] });
});
after(() => signpost.stop());
const { aws, refused } = awsCliOf(async () => signpost, "servicediscovery");

/** Words of a command that begins an operation; waits for its end. */
async function operate(...words: readonly unknown[]) {
  const { OperationId } = await aws(...words);
  let operation: Json;
  await eventually("the operation ends", async () => {
    operation = (await aws("get-operation", "--operation-id", OperationId)).Operation;
    return operation.Status === "SUCCESS";
  });
  return operation;
}

testWith([awsCli], "AWS CLI: Cloud Map's walk-through", async () => {
  const made = await operate("create-public-dns-namespace", "--name", "cli.local");
  const namespace: string = made.Targets.NAMESPACE;
  const { Service } = await aws(
    ...["create-service", "--name", "backend", "--namespace-id", namespace],
    ...["--dns-config", { DnsRecords: [{ Type: "A", TTL: 10 }] }],
    ...["--health-check-custom-config", "FailureThreshold=1"],
  );
  const of = ["--service-id", Service.Id];
  for (const i of [1, 2]) {
    const attributes = `AWS_INSTANCE_IPV4=10.0.0.${i}`;
    const instance = ["--instance-id", `i-${i}`, "--attributes", attributes];
    await aws("register-instance", ...of, ...instance);
  }
  await untilAddress(signpost.dns, "backend.cli.local", "10.0.0.1 10, 10.0.0.2 10");
  const unhealthy = ["--instance-id", "i-1", "--status", "UNHEALTHY"];
  await aws("update-instance-custom-health-status", ...of, ...unhealthy);
  await untilAddress(signpost.dns, "backend.cli.local", "10.0.0.2 10");
  const { Status } = await aws("get-instances-health-status", ...of);
  assert.deepEqual(Status, { "i-1": "UNHEALTHY", "i-2": "HEALTHY" });
  const inUse = ["delete-service", "--id", Service.Id];
  await refused("ResourceInUse", /it has 2 instances/, ...inUse);
  for (const i of [1, 2]) await aws("deregister-instance", ...of, "--instance-id", `i-${i}`);
  await untilAddress(signpost.dns, "backend.cli.local", "NXDOMAIN");
  await aws(...inUse);
  await aws("delete-namespace", "--id", namespace);
});

// The CLI puts `data-` before the host, and asks its proxy for it; Signpost answers as one.
testWith([awsCli], "AWS CLI: DiscoverInstances with Signpost as the proxy", async () => {
  const { Targets } = await operate("create-http-namespace", "--name", "api");
  const { Service } = await aws(
    "create-service",
    "--name",
    "s",
    "--namespace-id",
    Targets.NAMESPACE,
  );
  const instance = ["--instance-id", "i", "--attributes", "version=2"];
  await operate("register-instance", "--service-id", Service.Id, ...instance);
  const env = { ...signpost.env, http_proxy: signpost.api, no_proxy: "" };
  const proxied = awsCliOf(async () => ({ ...signpost, env }), "servicediscovery");
  const where = ["--namespace-name", "api", "--service-name", "s"];
  const { Instances } = await proxied.aws("discover-instances", ...where);
  assert.deepEqual(
    Instances.map((found: { InstanceId: string }) => found.InstanceId),
    ["i"],
  );
});
