import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { awsCli as cli, awsCliOf } from "../support/aws-cli.ts";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

const vpc = "vpc-0a1b2c3d";
const folder = mkdtempSync(join(tmpdir(), "signpost-cli-firewall-"));
const imports = join(folder, "imports");
mkdirSync(imports);

let started: Promise<SignpostProcess> | undefined;
after(async () => {
  await (await started)?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function server(): Promise<SignpostProcess> {
  started ??= start();
  return started;
}

async function start(): Promise<SignpostProcess> {
  const process = await startSignpost({
    args: ["--workers", "1", "--firewall-import-directory", imports],
  });
  const options = ["--id", vpc, "--region", "us-east-1", "--cidr", "10.0.0.0/16"];
  await run(process, "vpc", "create", ...options);
  return process;
}

type Ended = { code: number; stdout: string; stderr: string };

function run({ dataDir }: SignpostProcess, ...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      repositoryPath("bin/signpost"),
      [...words, "--data", dataDir],
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout: stdout.trim(), stderr });
      },
    );
  });
}

const { aws, refused } = awsCliOf(server, "route53resolver");

let requests = 0;
const request = () => ["--creator-request-id", `cli ${requests++}`];

async function newList(name: string): Promise<string> {
  const made = await aws("create-firewall-domain-list", ...request(), "--name", name);
  return made.FirewallDomainList.Id;
}

testWith([cli], "AWS CLI: a rule group blocks and overrides on a VPC", async () => {
  const list = await newList("bad");
  const byList = ["--firewall-domain-list-id", list];
  const domains = ["--domains", "bad.example", "*.bad.example"];
  await aws("update-firewall-domains", ...byList, "--operation", "ADD", ...domains);
  const tags = ["--tags", "Key=team,Value=dns"];
  const made = await aws("create-firewall-rule-group", ...request(), "--name", "group", ...tags);
  const { Id: group, Arn } = made.FirewallRuleGroup;
  const byGroup = ["--firewall-rule-group-id", group];
  await aws(
    ...["create-firewall-rule", ...request(), ...byGroup, ...byList],
    ...["--name", "block", "--priority", "100", "--action", "BLOCK"],
    ...["--block-response", "OVERRIDE", "--block-override-domain", "sink.example"],
    ...["--block-override-dns-type", "CNAME", "--block-override-ttl", "60"],
  );
  const { FirewallRules } = await aws("list-firewall-rules", ...byGroup);
  assert.equal(FirewallRules[0].BlockOverrideDomain, "sink.example.");
  assert.equal(FirewallRules[0].BlockOverrideTtl, 60);

  const { FirewallRuleGroupAssociation: association } = await aws(
    ...["associate-firewall-rule-group", ...request(), ...byGroup, "--vpc-id", vpc],
    ...["--priority", "101", "--name", "on the VPC", "--mutation-protection", "ENABLED"],
  );
  assert.equal(association.Status, "COMPLETE");
  const byId = ["--firewall-rule-group-association-id", association.Id];
  const words = /mutation protection is enabled/;
  await refused("ConflictException", words, "disassociate-firewall-rule-group", ...byId);
  const off = ["--mutation-protection", "DISABLED"];
  await aws("update-firewall-rule-group-association", ...byId, ...off);

  const mode = ["--resource-id", vpc, "--firewall-fail-open", "ENABLED"];
  const { FirewallConfig } = await aws("update-firewall-config", ...mode);
  assert.equal(FirewallConfig.FirewallFailOpen, "ENABLED");
  const shown = await aws("list-tags-for-resource", "--resource-arn", Arn);
  assert.deepEqual(shown.Tags, [{ Key: "team", Value: "dns" }]);

  const { code, stderr } = await run(await server(), "vpc", "delete", vpc);
  assert.equal(code, 1);
  assert.match(stderr, /1 firewall rule groups are on vpc-0a1b2c3d/);

  await refused("ConflictException", /RSLVR-02103/, "delete-firewall-rule-group", ...byGroup);
  await aws("disassociate-firewall-rule-group", ...byId);
  await aws("delete-firewall-rule", ...byGroup, ...byList);
  await aws("delete-firewall-rule-group", ...byGroup);
  await aws("delete-firewall-domain-list", ...byList);
  await refused(
    "ResourceNotFoundException",
    /\[RSLVR-02025\] Can't find the resource with ID 'rslvr-fdl-/,
    ...["get-firewall-domain-list", ...byList],
  );
});

testWith([cli], "AWS CLI: domains are imported from a file, by URL and by command", async () => {
  const list = await newList("trackers");
  const byList = ["--firewall-domain-list-id", list];
  const path = join(imports, "domains.txt");
  writeFileSync(path, "# all of them\nb.example\n*.a.example\n");
  const replace = ["import-firewall-domains", ...byList, "--operation", "REPLACE"];
  // The AWS CLI puts a file's content in the place of file://PATH.
  const url = (text: string) => ["--domain-file-url", text];
  const { Status } = await aws(...replace, ...url(`file:${path}`));
  assert.equal(Status, "COMPLETE");
  const domains = async () => (await aws("list-firewall-domains", ...byList)).Domains;
  assert.deepEqual(await domains(), ["*.a.example.", "b.example."]);
  await refused("ValidationException", /there is no S3 here/, ...replace, ...url("s3://b/f.txt"));
  await refused("ValidationException", /not in the dir/, ...replace, ...url("file:/etc/passwd"));

  const signpost = await server();
  const elsewhere = join(folder, "elsewhere.txt");
  writeFileSync(elsewhere, "c.example\n");
  const added = await run(signpost, "firewall", "import", "trackers", elsewhere, "--add");
  assert.equal(added.stdout, `trackers (${list}) has 3 domains`);
  const replaced = await run(signpost, "firewall", "import", list, elsewhere, "--json");
  assert.deepEqual(JSON.parse(replaced.stdout), { id: list, name: "trackers", domainCount: 1 });
  assert.deepEqual(await domains(), ["c.example."]);
  writeFileSync(elsewhere, "c.example\nno domain\n");
  const faulty = await run(signpost, "firewall", "import", list, elsewhere);
  assert.equal(faulty.code, 1);
  assert.match(faulty.stderr, /line 2: not a name of letters/);
  const unknown = await run(signpost, "firewall", "import", "none", elsewhere);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /Can't find the resource with ID 'none'/);
  assert.equal((await run(signpost, "firewall", "import", list)).code, 2);
  assert.deepEqual(await domains(), ["c.example."]);
});

testWith([cli], "AWS CLI: queries of a VPC are logged to a destination", async () => {
  const destination = "arn:aws:logs:us-east-1:000000000000:log-group:/dns/queries";
  const made = await aws(
    ...["create-resolver-query-log-config", ...request(), "--name", "queries"],
    ...["--destination-arn", destination],
  );
  const config = ["--resolver-query-log-config-id", made.ResolverQueryLogConfig.Id];
  const pair = [...config, "--resource-id", vpc];
  const answer = await aws("associate-resolver-query-log-config", ...pair);
  assert.equal(answer.ResolverQueryLogConfigAssociation.Status, "ACTIVE");
  const filters = ["--filters", `Name=ResourceId,Values=${vpc}`];
  const listed = await aws("list-resolver-query-log-config-associations", ...filters);
  assert.equal(listed.TotalFilteredCount, 1);
  const words = /1 VPCs are associated/;
  await refused("InvalidRequestException", words, "delete-resolver-query-log-config", ...config);
  await aws("disassociate-resolver-query-log-config", ...pair);
  await aws("delete-resolver-query-log-config", ...config);
  await refused(
    "InvalidParameterException",
    /is not the ARN of a CloudWatch Logs log group/,
    ...["create-resolver-query-log-config", ...request(), "--name", "queries"],
    ...["--destination-arn", "arn:aws:sns:us-east-1:000000000000:topic"],
  );
});
