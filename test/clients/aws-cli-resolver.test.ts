import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after } from "node:test";
import { promisify } from "node:util";
import { awsCli as cli, awsCliOf } from "../support/aws-cli.ts";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

const vpc = "vpc-0a1b2c3d";
let started: Promise<SignpostProcess> | undefined;
after(async () => (await started)?.stop());

function server(): Promise<SignpostProcess> {
  started ??= start();
  return started;
}

async function start(): Promise<SignpostProcess> {
  const process = await startSignpost({ args: ["--workers", "1"] });
  const options = ["--id", vpc, "--region", "us-east-1", "--cidr", "127.0.0.0/8"];
  const subnets = ["--subnet", "subnet-0000000a=127.1.0.0/24", "--subnet"];
  const words = ["vpc", "create", ...options, ...subnets, "subnet-0000000b=127.1.1.0/24"];
  const run = promisify(execFile);
  await run(repositoryPath("bin/signpost"), [...words, "--data", process.dataDir]);
  return process;
}

const { aws, refused } = awsCliOf(server, "route53resolver");

let requests = 0;
const request = () => ["--creator-request-id", `cli ${requests++}`];
const addresses = ["SubnetId=subnet-0000000a,Ip=127.1.0.9", "SubnetId=subnet-0000000b"];

async function endpoint(...words: unknown[]): Promise<string> {
  const groups = ["--security-group-ids", "sg-0123abcd", "--ip-addresses", ...addresses];
  const made = await aws("create-resolver-endpoint", ...request(), ...groups, ...words);
  return made.ResolverEndpoint.Id;
}

testWith([cli], "AWS CLI: endpoints are created, changed, listed and deleted", async () => {
  const id = await endpoint("--direction", "OUTBOUND", "--name", "out");
  const of = ["--resolver-endpoint-id", id];
  const { ResolverEndpoint: got } = await aws("get-resolver-endpoint", ...of);
  assert.deepEqual([got.Status, got.HostVPCId, got.IpAddressCount], ["OPERATIONAL", vpc, 2]);
  const more = ["--ip-address", "SubnetId=subnet-0000000a,Ip=127.1.0.10"];
  await aws("associate-resolver-endpoint-ip-address", ...of, ...more);
  const { IpAddresses } = await aws("list-resolver-endpoint-ip-addresses", ...of);
  assert.deepEqual(IpAddresses.map(({ Ip }: { Ip: string }) => Ip).toSorted(), [
    "127.1.0.10",
    "127.1.0.9",
    "127.1.1.4",
  ]);
  await aws("disassociate-resolver-endpoint-ip-address", ...of, ...more);
  const { ResolverEndpoint } = await aws("update-resolver-endpoint", ...of, "--name", "way out");
  assert.equal(ResolverEndpoint.Name, "way out");
  const outbound = ["--filters", "Name=Direction,Values=OUTBOUND"];
  const { ResolverEndpoints } = await aws("list-resolver-endpoints", ...outbound);
  assert.deepEqual(ResolverEndpoints.length, 1);
  const unknown = ["--resolver-endpoint-id", "rslvr-in-0"];
  await refused("ResourceNotFoundException", /rslvr-in-0/, "get-resolver-endpoint", ...unknown);
  await aws("delete-resolver-endpoint", ...of);
  await refused("ResourceNotFoundException", /does not exist/, "get-resolver-endpoint", ...of);
});

testWith([cli], "AWS CLI: an inbound endpoint says that nothing listens", async () => {
  const id = await endpoint("--direction", "INBOUND");
  const of = ["--resolver-endpoint-id", id];
  const { ResolverEndpoint } = await aws("get-resolver-endpoint", ...of);
  assert.equal(ResolverEndpoint.Status, "ACTION_NEEDED");
  assert.match(ResolverEndpoint.StatusMessage, /No resolver runs \(setting resolver\)/);
  await aws("delete-resolver-endpoint", ...of);
});

testWith([cli], "AWS CLI: rules are created, associated, shared, tagged and deleted", async () => {
  const out = await endpoint("--direction", "OUTBOUND");
  const { ResolverRule } = await aws(
    "create-resolver-rule",
    ...request(),
    ...["--rule-type", "FORWARD", "--domain-name", "corp.test", "--name", "corp"],
    ...["--target-ips", "Ip=192.0.2.53,Port=5353", "Ip=192.0.2.54"],
    ...["--resolver-endpoint-id", out, "--tags", "Key=team,Value=net"],
  );
  const of = ["--resolver-rule-id", ResolverRule.Id];
  assert.equal(ResolverRule.DomainName, "corp.test.");
  assert.equal(ResolverRule.TargetIps[0].Port, 5353);
  const onVpc = [...of, "--vpc-id", vpc];
  const { ResolverRuleAssociation } = await aws("associate-resolver-rule", ...onVpc, "--name", "a");
  const association = ["--resolver-rule-association-id", ResolverRuleAssociation.Id];
  const got = await aws("get-resolver-rule-association", ...association);
  assert.equal(got.ResolverRuleAssociation.Status, "COMPLETE");
  await refused(
    "InvalidRequestException",
    /Cannot associate rules with same domain name with same VPC/,
    "associate-resolver-rule",
    ...onVpc,
  );
  await refused("ResourceInUseException", /Please disassociate/, "delete-resolver-rule", ...of);
  const { ResolverRuleAssociations } = await aws(
    "list-resolver-rule-associations",
    ...["--filters", `Name=VPCId,Values=${vpc}`],
  );
  assert.equal(ResolverRuleAssociations.length, 2); // the internet resolver is one
  const { ResolverRules } = await aws("list-resolver-rules");
  assert.deepEqual(
    ResolverRules.map((rule: { RuleType: string }) => rule.RuleType),
    ["RECURSIVE", "FORWARD"],
  );
  const arn = ["--resource-arn", ResolverRule.Arn];
  await aws("tag-resource", ...arn, "--tags", "Key=stage,Value=test");
  await aws("untag-resource", ...arn, "--tag-keys", "team");
  const { Tags } = await aws("list-tags-for-resource", ...arn);
  assert.deepEqual(Tags, [{ Key: "stage", Value: "test" }]);
  const policy = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: ["111111111111"] },
        Action: ["route53resolver:AssociateResolverRule"],
        Resource: [ResolverRule.Arn],
      },
    ],
  };
  const ofArn = ["--arn", ResolverRule.Arn];
  await aws("put-resolver-rule-policy", ...ofArn, "--resolver-rule-policy", policy);
  const { ResolverRulePolicy } = await aws("get-resolver-rule-policy", ...ofArn);
  assert.deepEqual(JSON.parse(ResolverRulePolicy), policy);
  const config = { TargetIps: [{ Ip: "192.0.2.99" }] };
  const updated = await aws("update-resolver-rule", ...of, "--config", config);
  assert.equal(updated.ResolverRule.TargetIps[0].Ip, "192.0.2.99");
  assert.equal(updated.ResolverRule.ShareStatus, "SHARED_BY_ME");
  await aws("disassociate-resolver-rule", ...onVpc);
  await aws("delete-resolver-rule", ...of);
  await refused("ResourceNotFoundException", /\[RSLVR-00703\]/, "get-resolver-rule", ...of);
  await aws("delete-resolver-endpoint", "--resolver-endpoint-id", out);
});

testWith([cli], "AWS CLI: configurations of a VPC", async () => {
  const of = ["--resource-id", vpc];
  const off = ["--autodefined-reverse-flag", "DISABLE"];
  const { ResolverConfig } = await aws("update-resolver-config", ...of, ...off);
  assert.equal(ResolverConfig.AutodefinedReverse, "DISABLING");
  const got = await aws("get-resolver-config", ...of);
  assert.equal(got.ResolverConfig.AutodefinedReverse, "DISABLED");
  assert.equal((await aws("list-resolver-configs")).ResolverConfigs.length, 1);
  await aws("update-resolver-dnssec-config", ...of, "--validation", "ENABLE");
  const { ResolverDNSSECConfig } = await aws("get-resolver-dnssec-config", ...of);
  assert.equal(ResolverDNSSECConfig.ValidationStatus, "ENABLED");
  assert.equal((await aws("list-resolver-dnssec-configs")).ResolverDnssecConfigs.length, 1);
  await refused(
    "InvalidParameterException",
    /The vpc ID 'vpc-0badcafe' does not exist/,
    "get-resolver-config",
    ...["--resource-id", "vpc-0badcafe"],
  );
});
