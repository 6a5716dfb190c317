import assert from "node:assert/strict";
import { test } from "node:test";
import {
  newRequest,
  openFirewallApi,
  otherVpcId,
  vpcId,
} from "../../../test/support/firewall-context.ts";
import { readQueryLogConfigs } from "../../resolver/firewall/read-query-log-configs.ts";
import type { InputOf } from "./resolver-handler.ts";

const api = await openFirewallApi();
const logGroup = "arn:aws:logs:us-east-1:000000000000:log-group:/dns/queries";

async function addConfig(DestinationArn: string, Name = "log"): Promise<string> {
  const input = { Name, DestinationArn, CreatorRequestId: newRequest() };
  const { ResolverQueryLogConfig } = await api.call("CreateResolverQueryLogConfig", input);
  return ResolverQueryLogConfig?.Id ?? "";
}

test("a configuration is created once for a request, associated, and deleted", async () => {
  const input = {
    ...{ Name: "once", DestinationArn: logGroup, CreatorRequestId: newRequest() },
    Tags: [{ Key: "a", Value: "b" }],
  };
  const { ResolverQueryLogConfig: made } = await api.call("CreateResolverQueryLogConfig", input);
  const id = made?.Id ?? "";
  assert.deepEqual(made, {
    Id: id,
    OwnerId: "000000000000",
    Status: "CREATED",
    ShareStatus: "NOT_SHARED",
    AssociationCount: 0,
    Arn: `arn:aws:route53resolver:us-east-1:000000000000:resolver-query-log-config/${id}`,
    Name: "once",
    DestinationArn: logGroup,
    CreatorRequestId: input.CreatorRequestId,
    CreationTime: "2026-01-02T03:04:05.000Z",
  });
  assert.match(id, /^rqlc-[0-9a-f]{17}$/);
  assert.deepEqual(api.state.get("tag", ["resolver-query-log-config", id]), { a: "b" });
  const again = await api.call("CreateResolverQueryLogConfig", input);
  assert.equal(again.ResolverQueryLogConfig?.Id, id);
  const other = { ...input, Name: "other" };
  assert.match(
    await api.refusal("CreateResolverQueryLogConfig", other),
    /^ResourceExistsException/,
  );

  const pair = { ResolverQueryLogConfigId: id, ResourceId: vpcId };
  const answer = await api.call("AssociateResolverQueryLogConfig", pair);
  const association = answer.ResolverQueryLogConfigAssociation;
  assert.equal(association?.Status, "ACTIVE");
  assert.equal(association?.Error, "NONE");
  const byId = { ResolverQueryLogConfigAssociationId: association?.Id ?? "" };
  assert.deepEqual(await api.call("GetResolverQueryLogConfigAssociation", byId), answer);
  assert.match(
    await api.refusal("AssociateResolverQueryLogConfig", pair),
    /^ResourceExistsException: The VPC vpc-0a1b2c3d is associated/,
  );
  const config = { ResolverQueryLogConfigId: id };
  const found = await api.call("GetResolverQueryLogConfig", config);
  assert.equal(found.ResolverQueryLogConfig?.AssociationCount, 1);
  assert.match(
    await api.refusal("DeleteResolverQueryLogConfig", config),
    /^InvalidRequestException: .*1 VPCs are associated/,
  );
  const gone = await api.call("DisassociateResolverQueryLogConfig", pair);
  assert.equal(gone.ResolverQueryLogConfigAssociation?.Status, "DELETING");
  const deleted = await api.call("DeleteResolverQueryLogConfig", config);
  assert.equal(deleted.ResolverQueryLogConfig?.Status, "DELETING");
  assert.match(
    await api.refusal("GetResolverQueryLogConfig", config),
    /^ResourceNotFoundException: \[RSLVR-01601\] The specified query logging configuration doesn't/,
  );
  assert.match(
    await api.refusal("DisassociateResolverQueryLogConfig", pair),
    /^ResourceNotFoundException/,
  );
});

test("a destination is a log group, a bucket or a delivery stream", async () => {
  for (const DestinationArn of [
    "arn:aws:sns:us-east-1:000000000000:topic",
    "arn:aws:s3:::",
    "arn:aws:s3:::../../etc",
    "arn:aws:logs:us-east-1:000000000000:log-group:a b",
    `arn:aws:s3:::bucket/${"a/".repeat(120)}`,
    "/var/log",
  ]) {
    const input = { Name: "log", DestinationArn, CreatorRequestId: newRequest() };
    assert.match(
      await api.refusal("CreateResolverQueryLogConfig", input),
      /^InvalidParameterException: The destination .* is not the ARN of/,
    );
  }
});

test("readQueryLogConfigs() gives the destinations of a VPC, each directory once", async () => {
  const destinations = [
    `${logGroup}:*`,
    logGroup,
    "arn:aws:s3:::example-logs/dns/",
    "arn:aws:firehose:us-east-2:000000000000:deliverystream/my_stream",
  ];
  for (const arn of destinations) {
    const ResolverQueryLogConfigId = await addConfig(arn);
    const pair = { ResolverQueryLogConfigId, ResourceId: vpcId };
    await api.call("AssociateResolverQueryLogConfig", pair);
  }
  const logs = readQueryLogConfigs(api.state, vpcId);
  assert.deepEqual(logs.map(({ service, directory }) => `${service} ${directory}`).toSorted(), [
    "CloudWatchLogs logs-%2Fdns%2Fqueries",
    "KinesisFirehose firehose-my_stream",
    "S3 s3-example-logs%2Fdns",
  ]);
  assert.deepEqual(readQueryLogConfigs(api.state, otherVpcId), []);
});

test("lists are filtered, sorted and given in pages", async () => {
  const list = (input: InputOf<"ListResolverQueryLogConfigs">) =>
    api.call("ListResolverQueryLogConfigs", input);
  await addConfig("arn:aws:s3:::zebra", "zebra");
  await addConfig("arn:aws:s3:::apple", "apple");
  const all = await list({});
  assert.equal(all.TotalCount, all.ResolverQueryLogConfigs?.length);
  const s3 = [{ Name: "DESTINATION", Values: ["S3"] }];
  const sorted = await list({ Filters: s3, SortBy: "Name", SortOrder: "DESCENDING" });
  assert.deepEqual(
    sorted.ResolverQueryLogConfigs?.map(({ Name }) => Name),
    ["zebra", "log", "apple"],
  );
  assert.deepEqual([sorted.TotalCount, sorted.TotalFilteredCount], [all.TotalCount, 3]);
  const names: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const token = NextToken === undefined ? {} : { NextToken };
    const page = await list({ Filters: s3, SortBy: "Name", MaxResults: 1, ...token });
    names.push(...(page.ResolverQueryLogConfigs ?? []).map(({ Name }) => Name));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  assert.deepEqual(names, ["apple", "log", "zebra"]);
  const refusal = (input: InputOf<"ListResolverQueryLogConfigs">) =>
    api.refusal("ListResolverQueryLogConfigs", input);
  assert.match(await refusal({ NextToken: "wrong" }), /^InvalidNextTokenException/);
  assert.match(await refusal({ SortBy: "Size" }), /^InvalidParameterException: .*'Size'/);
  const unknown = [{ Name: "Size", Values: [] }];
  assert.match(await refusal({ Filters: unknown }), /^InvalidParameterException: .*Size/);

  const associations = await api.call("ListResolverQueryLogConfigAssociations", {
    Filters: [{ Name: "ResourceId", Values: [vpcId] }],
    SortBy: "CREATION_TIME",
    MaxResults: 3,
  });
  assert.equal(associations.TotalFilteredCount, 4);
  assert.equal(associations.ResolverQueryLogConfigAssociations?.length, 3);
});

test("a policy that shares a configuration is checked, kept and shown", async () => {
  const id = await addConfig("arn:aws:s3:::shared");
  const Arn = `arn:aws:route53resolver:us-east-1:000000000000:resolver-query-log-config/${id}`;
  const unknown = await api.refusal("GetResolverQueryLogConfigPolicy", { Arn });
  assert.match(unknown, /^UnknownResourceException/);
  const wrong = { Arn, ResolverQueryLogConfigPolicy: "{}" };
  const refusal = await api.refusal("PutResolverQueryLogConfigPolicy", wrong);
  assert.match(refusal, /^InvalidPolicyDocument: The policy is not valid: it has no Statement/);
  const Statement = {
    Effect: "Allow",
    Principal: { AWS: ["111111111111"] },
    Action: "route53resolver:AssociateResolverQueryLogConfig",
    Resource: Arn,
  };
  const ResolverQueryLogConfigPolicy = JSON.stringify({ Version: "2012-10-17", Statement });
  await api.call("PutResolverQueryLogConfigPolicy", { Arn, ResolverQueryLogConfigPolicy });
  const { ResolverQueryLogConfigPolicy: kept } = await api.call("GetResolverQueryLogConfigPolicy", {
    Arn,
  });
  assert.equal(kept, ResolverQueryLogConfigPolicy);
});
