import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { askAddress, untilAddress } from "../support/ask-address.ts";
import { awsCli, awsCliOf } from "../support/aws-cli.ts";
import type { Json } from "../support/aws-cli.ts";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

let started: Promise<SignpostProcess> | undefined;
after(async () => (await started)?.stop());

function server(): Promise<SignpostProcess> {
  started ??= startSignpost({ args: ["--workers", "1", "--health-allow", "127.0.0.1/32"] });
  return started;
}

const { aws, refused } = awsCliOf(server);

/** Creates a check of a loopback address; gives its id. */
async function createCheck(reference: string): Promise<string> {
  const config = { Type: "HTTP", IPAddress: "127.0.0.1", Port: 8080 };
  const words = ["--caller-reference", reference, "--health-check-config", config];
  return (await aws("create-health-check", ...words)).HealthCheck.Id;
}

testWith([awsCli], "AWS CLI: health checks", async () => {
  const id = await createCheck("life");
  const check = ["--health-check-id", id];
  const change = ["update-health-check", ...check, "--health-check-version", "1"];
  const updated = await aws(...change, "--port", "81", "--disabled");
  assert.equal(updated.HealthCheck.HealthCheckVersion, 2);
  await refused("HealthCheckVersionMismatch", /does not match/, ...change, "--port", "82");
  const got = await aws("get-health-check", ...check);
  assert.deepEqual(got.HealthCheck, updated.HealthCheck);
  assert.equal((await aws("list-health-checks")).HealthChecks.length, 1);
  assert.equal((await aws("get-health-check-count")).HealthCheckCount, 1);
  const resource = ["--resource-type", "healthcheck", "--resource-id", id];
  await aws("change-tags-for-resource", ...resource, "--add-tags", "Key=Name,Value=front");
  const tags = await aws("list-tags-for-resource", ...resource);
  assert.deepEqual(tags.ResourceTagSet.Tags, [{ Key: "Name", Value: "front" }]);
  await aws("delete-health-check", ...check);
  await refused("NoSuchHealthCheck", /No health check found with ID/, "get-health-check", ...check);
  const metadata = { Type: "HTTP", IPAddress: "169.254.169.254" };
  const words = ["--caller-reference", "private", "--health-check-config", metadata];
  await refused("InvalidInput", /local, private/, "create-health-check", ...words);
});

/** The documents of docs/traffic-policies.md, with ids of checks there are. */
async function documents(): Promise<string[]> {
  const text = readFileSync(repositoryPath("docs/traffic-policies.md"), "utf8");
  const blocks = [...text.matchAll(/^```json\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
  const names = new Set(blocks.join().match(/[A-Z]+-CHECK/g));
  const ids = new Map<string, string>();
  for (const name of names) ids.set(name, await createCheck(name));
  return blocks.map((block) => block.replace(/[A-Z]+-CHECK/g, (name) => ids.get(name) ?? name));
}

async function untilSettled(id: string): Promise<Json> {
  for (;;) {
    const { TrafficPolicyInstance } = await aws("get-traffic-policy-instance", "--id", id);
    if (TrafficPolicyInstance.State !== "Creating") return TrafficPolicyInstance;
    await sleep(5);
  }
}

testWith([awsCli], "AWS CLI: the documents of the manual, each in an instance", async () => {
  const { HostedZone } = await aws(
    ...["create-hosted-zone", "--name", "manual.example", "--caller-reference", "manual"],
  );
  const zone = ["--hosted-zone-id", HostedZone.Id];
  const answers: [kind: string, answer: RegExp][] = [];
  const texts = await documents();
  const { dns } = await server();
  for (const [i, text] of texts.entries()) {
    const create = ["create-traffic-policy", "--name", `manual ${i}`, "--document", text];
    const { TrafficPolicy } = await aws(...create);
    assert.equal(TrafficPolicy.Document, text);
    const policy = ["--traffic-policy-id", TrafficPolicy.Id, "--traffic-policy-version", "1"];
    const name = `r${i}.manual.example`;
    const words = [...zone, "--name", name, "--ttl", "60", ...policy];
    const made = await aws("create-traffic-policy-instance", ...words);
    const instance = await untilSettled(made.TrafficPolicyInstance.Id);
    assert.deepEqual([instance.State, instance.Message], ["Applied", ""]);
    answers.push([JSON.parse(text).StartRule, /^(192\.0\.2|10\.0\.0)\.\d 60$/]);
    assert.match(await askAddress(dns, name), answers.at(-1)?.[1] as RegExp);
  }
  const starts = answers.map(([kind]) => kind);
  assert.deepEqual(starts, ["where", "ranked", "networks", "shards", "idlest", "near"]);
  // The manual's networks: loopback is the office.
  await untilAddress(dns, "r2.manual.example", "10.0.0.1 60");

  const listed = await aws("list-traffic-policy-instances-by-hosted-zone", ...zone);
  assert.equal(listed.TrafficPolicyInstances.length, texts.length);
  assert.equal((await aws("list-traffic-policies")).TrafficPolicySummaries.length, texts.length);
  const count = await aws("get-traffic-policy-instance-count");
  assert.equal(count.TrafficPolicyInstanceCount, texts.length);
});

testWith([awsCli], "AWS CLI: versions, updates and deletes of a policy", async () => {
  const { HostedZone } = await aws(
    ...["create-hosted-zone", "--name", "life.example", "--caller-reference", "life"],
  );
  const documentOf = (Value: string) => ({
    AWSPolicyFormatVersion: "2015-10-01",
    RecordType: "A",
    StartEndpoint: "only",
    Endpoints: { only: { Type: "value", Value } },
  });
  const create = ["create-traffic-policy", "--name", "life", "--comment", "first", "--document"];
  const { TrafficPolicy } = await aws(...create, documentOf("192.0.2.1"));
  await refused("TrafficPolicyAlreadyExists", /already exists/, ...create, documentOf("192.0.2.1"));
  await refused("InvalidTrafficPolicyDocument", /\$\.Endpoints\.only/, ...create, documentOf("x"));
  const id = ["--id", TrafficPolicy.Id];
  await aws("create-traffic-policy-version", ...id, "--document", documentOf("192.0.2.2"));
  const comment = [...id, "--traffic-policy-version", "2", "--comment", "second"];
  const commented = await aws("update-traffic-policy-comment", ...comment);
  assert.equal(commented.TrafficPolicy.Comment, "second");
  const versions = await aws("list-traffic-policy-versions", ...id);
  assert.deepEqual(
    versions.TrafficPolicies.map(({ Version }: Json) => Version),
    [1, 2],
  );

  const version = (number: string) => [
    ...["--ttl", "60", "--traffic-policy-id", TrafficPolicy.Id],
    ...["--traffic-policy-version", number],
  ];
  const zone = ["--hosted-zone-id", HostedZone.Id, "--name", "www.life.example"];
  const made = await aws("create-traffic-policy-instance", ...zone, ...version("1"));
  const instance = ["--id", made.TrafficPolicyInstance.Id];
  const { dns } = await server();
  await untilAddress(dns, "www.life.example", "192.0.2.1 60");
  await aws("update-traffic-policy-instance", ...instance, ...version("2"));
  await untilAddress(dns, "www.life.example", "192.0.2.2 60");
  const byPolicy = version("2").slice(2);
  const listed = await aws("list-traffic-policy-instances-by-policy", ...byPolicy);
  assert.equal(listed.TrafficPolicyInstances[0].Name, "www.life.example.");
  const remove = (number: string) => [
    ...["delete-traffic-policy", ...id],
    ...["--traffic-policy-version", number],
  ];
  await refused("TrafficPolicyInUse", /instances were created/, ...remove("2"));
  const deleteZone = ["delete-hosted-zone", "--id", HostedZone.Id];
  await refused("HostedZoneNotEmpty", /contains non-required/, ...deleteZone);
  await aws("delete-traffic-policy-instance", ...instance);
  await untilAddress(dns, "www.life.example", "NXDOMAIN");
  for (const number of ["1", "2"]) await aws(...remove(number));
  const get = ["get-traffic-policy", ...id, "--traffic-policy-version", "1"];
  await refused("NoSuchTrafficPolicy", /No traffic policy found/, ...get);
  await aws(...deleteZone);
});
