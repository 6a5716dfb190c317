import assert from "node:assert/strict";
import { test } from "node:test";
import { openResolver } from "../../../test/support/resolver-context.ts";

const resolver = await openResolver();
const { ResolverRule } = await resolver.call("CreateResolverRule", {
  CreatorRequestId: "rule",
  RuleType: "SYSTEM",
  DomainName: "corp.test",
});
const { Id = "", Arn = "" } = ResolverRule ?? {};
const tagsOf = async () => (await resolver.call("ListTagsForResource", { ResourceArn: Arn })).Tags;

test("tags are put, replaced, taken away and listed page by page", async () => {
  const tag = (Key: string, Value: string) => ({ Key, Value });
  const first = [tag("b", "1"), tag("a", "2"), tag("c", "3")];
  await resolver.call("TagResource", { ResourceArn: Arn, Tags: first });
  await resolver.call("TagResource", { ResourceArn: Arn, Tags: [tag("b", "4")] });
  assert.deepEqual(await tagsOf(), [tag("a", "2"), tag("b", "4"), tag("c", "3")]);
  const page = await resolver.call("ListTagsForResource", { ResourceArn: Arn, MaxResults: 2 });
  assert.deepEqual(page.Tags, [tag("a", "2"), tag("b", "4")]);
  const { NextToken } = page;
  const rest = await resolver.call("ListTagsForResource", { ResourceArn: Arn, NextToken });
  assert.deepEqual(rest, { Tags: [tag("c", "3")] });
  await resolver.call("UntagResource", { ResourceArn: Arn, TagKeys: ["a", "x"] });
  assert.deepEqual(await tagsOf(), [tag("b", "4"), tag("c", "3")]);
});

test("tags that make no sense are refused", async () => {
  const refusal = (ResourceArn: string, ...Tags: { Key: string; Value: string }[]) =>
    resolver.refusal("TagResource", { ResourceArn, Tags });
  const tag = { Key: "a", Value: "" };
  assert.match(await refusal("nonsense", tag), /^InvalidParameterException: The ARN "nonsense"/);
  assert.match(await refusal(`${Arn}0`, tag), /^ResourceNotFoundException: Resource with ARN/);
  assert.match(await refusal(Arn.replace("-rule/", "-thing/"), tag), /^ResourceNotFound/);
  assert.match(await refusal(Arn, { Key: "aws:a", Value: "" }), /^InvalidTagException/);
  assert.match(await refusal(Arn, tag, tag), /^InvalidTagException: .* more than once/);
  const many = Array.from({ length: 201 }, (_, i) => ({ Key: `k${i}`, Value: "" }));
  assert.match(await refusal(Arn, ...many), /^LimitExceededException: 20\d tags, limit 200/);
});

test("a rule's policy is kept, and the rule says that it is shared", async () => {
  const Statement = [
    {
      Effect: "Allow",
      Principal: { AWS: ["111111111111"] },
      Action: ["route53resolver:GetResolverRule"],
      Resource: [Arn],
    },
  ];
  const ResolverRulePolicy = JSON.stringify({ Version: "2012-10-17", Statement });
  assert.match(await resolver.refusal("GetResolverRulePolicy", { Arn }), /^UnknownResource/);
  const put = await resolver.call("PutResolverRulePolicy", { Arn, ResolverRulePolicy });
  assert.deepEqual(put, { ReturnValue: true });
  assert.deepEqual(await resolver.call("GetResolverRulePolicy", { Arn }), { ResolverRulePolicy });
  const { ResolverRule: shared } = await resolver.call("GetResolverRule", { ResolverRuleId: Id });
  assert.equal(shared?.ShareStatus, "SHARED_BY_ME");
  const refusal = (text: string, arn = Arn) =>
    resolver.refusal("PutResolverRulePolicy", { Arn: arn, ResolverRulePolicy: text });
  assert.match(await refusal("{"), /^InvalidPolicyDocument: .*no JSON object/);
  assert.match(await refusal("{}"), /^InvalidPolicyDocument: .*no Statement/);
  const anyRule = ResolverRulePolicy.replace(Arn, "*");
  assert.match(await refusal(anyRule), /^InvalidPolicyDocument: .*the Resource .* is not arn:/);
  const foreign = ResolverRulePolicy.replace("GetResolverRule", "DeleteResolverRule");
  assert.match(await refusal(foreign), /^InvalidPolicyDocument: .*route53resolver:Delete/);
  assert.match(await refusal("{}", "arn:x"), /^Inval/);
  const unknown = `${Arn.slice(0, -1)}z`;
  const other = ResolverRulePolicy.replace(Arn, unknown);
  assert.match(await refusal(other, unknown), /^UnknownResourceException: \[RSLVR-00703\]/);
});

test("there are no Outposts, and that is said", async () => {
  assert.deepEqual(await resolver.call("ListOutpostResolvers", {}), { OutpostResolvers: [] });
  const none = { Id: "rslvr-op-1" };
  for (const name of ["GetOutpostResolver", "DeleteOutpostResolver"] as const) {
    assert.match(await resolver.refusal(name, none), /^ResourceNotFoundException: .*no Outposts/);
  }
  assert.match(await resolver.refusal("UpdateOutpostResolver", none), /^ResourceNotFound/);
  const create = {
    CreatorRequestId: "a",
    Name: "a",
    PreferredInstanceType: "m5.large",
    OutpostArn: "arn:aws:outposts:us-east-1:000000000000:outpost/op-0123456789abcdef0",
  };
  assert.match(await resolver.refusal("CreateOutpostResolver", create), /^NotImplemented: There/);
});
