import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  addGroup,
  addList,
  newRequest,
  openFirewallApi,
  otherVpcId,
  vpcId,
} from "../../../test/support/firewall-context.ts";
import { readFirewall } from "../../resolver/firewall/read-firewall.ts";
import { parseName } from "../../dns/wire/name.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import type { InputOf } from "./resolver-handler.ts";

const api = await openFirewallApi();

type AssociationInput = InputOf<"AssociateFirewallRuleGroup">;

const association = (part: Partial<AssociationInput>): AssociationInput => ({
  CreatorRequestId: newRequest(),
  FirewallRuleGroupId: "",
  VpcId: vpcId,
  Priority: 101,
  Name: "association",
  ...part,
});

async function associate(part: Partial<AssociationInput>): Promise<string> {
  const answer = await api.call("AssociateFirewallRuleGroup", association(part));
  return answer.FirewallRuleGroupAssociation?.Id ?? "";
}

async function removeAll(): Promise<void> {
  const all = await api.call("ListFirewallRuleGroupAssociations", {});
  for (const { Id = "" } of all.FirewallRuleGroupAssociations ?? []) {
    const name = { FirewallRuleGroupAssociationId: Id };
    const off = { ...name, MutationProtection: "DISABLED" } as const;
    await api.call("UpdateFirewallRuleGroupAssociation", off);
    await api.call("DisassociateFirewallRuleGroup", name);
  }
}

test("a group is associated, found, changed and removed", async () => {
  const FirewallRuleGroupId = await addGroup(api);
  const input = association({ FirewallRuleGroupId, Tags: [{ Key: "a", Value: "b" }] });
  const answer = await api.call("AssociateFirewallRuleGroup", input);
  const made = answer.FirewallRuleGroupAssociation;
  const id = made?.Id ?? "";
  assert.match(id, /^rslvr-frgassoc-[0-9a-f]{17}$/);
  assert.equal(made?.Status, "COMPLETE");
  assert.equal(made?.MutationProtection, "DISABLED");
  assert.deepEqual(api.state.get("tag", ["firewall-rule-group-association", id]), { a: "b" });
  assert.deepEqual(await api.call("AssociateFirewallRuleGroup", input), answer);
  const name = { FirewallRuleGroupAssociationId: id };
  assert.deepEqual(await api.call("GetFirewallRuleGroupAssociation", name), answer);

  const update = { ...name, Priority: 9900, Name: "other" };
  const { FirewallRuleGroupAssociation: changed } = await api.call(
    "UpdateFirewallRuleGroupAssociation",
    update,
  );
  assert.deepEqual([changed?.Priority, changed?.Name], [9900, "other"]);
  const found = async (filter: InputOf<"ListFirewallRuleGroupAssociations">) =>
    (await api.call("ListFirewallRuleGroupAssociations", filter)).FirewallRuleGroupAssociations
      ?.length;
  assert.equal(await found({ VpcId: vpcId, Priority: 9900, FirewallRuleGroupId }), 1);
  assert.equal(await found({ VpcId: otherVpcId }), 0);
  assert.equal(await found({ Priority: 101 }), 0);
  assert.equal(await found({ Status: "UPDATING" }), 0);

  const inUse = await api.refusal("DeleteFirewallRuleGroup", { FirewallRuleGroupId });
  assert.match(inUse, /^ConflictException: .*associated with 1 VPCs/);
  const gone = await api.call("DisassociateFirewallRuleGroup", name);
  assert.equal(gone.FirewallRuleGroupAssociation?.Status, "DELETING");
  assert.match(
    await api.refusal("GetFirewallRuleGroupAssociation", name),
    /^ResourceNotFoundException: \[RSLVR-02025\] Can't find the resource with ID 'rslvr-frgassoc-/,
  );
  const deleted = await api.call("DeleteFirewallRuleGroup", { FirewallRuleGroupId });
  assert.equal(deleted.FirewallRuleGroup?.Status, "DELETING");
});

test("mutation protection keeps an association until it is switched off", async () => {
  const FirewallRuleGroupId = await addGroup(api);
  const id = await associate({ FirewallRuleGroupId, MutationProtection: "ENABLED" });
  const name = { FirewallRuleGroupAssociationId: id };
  const words = /^ConflictException: .*its mutation protection is enabled/;
  assert.match(await api.refusal("DisassociateFirewallRuleGroup", name), words);
  const update = { ...name, Priority: 200 };
  assert.match(await api.refusal("UpdateFirewallRuleGroupAssociation", update), words);
  const off = { ...update, MutationProtection: "DISABLED" } as const;
  await api.call("UpdateFirewallRuleGroupAssociation", off);
  await api.call("DisassociateFirewallRuleGroup", name);
});

describe("AssociateFirewallRuleGroup refuses", () => {
  test("priorities out of range or taken, a group twice, and what is not there", async () => {
    await removeAll();
    const FirewallRuleGroupId = await addGroup(api);
    const other = await addGroup(api);
    const refusal = (part: Partial<AssociationInput>) =>
      api.refusal("AssociateFirewallRuleGroup", association({ FirewallRuleGroupId, ...part }));
    for (const Priority of [99, 9901]) {
      const words = /^ValidationException: \[RSLVR-02017\] .*between '100' and '9900'\.$/;
      assert.match(await refusal({ Priority }), words);
    }
    assert.match(await refusal({ VpcId: "vpc-0000" }), /^ResourceNotFoundException.*'vpc-0000'/);
    assert.match(await refusal({ FirewallRuleGroupId: "no" }), /^ResourceNotFoundException/);
    await associate({ FirewallRuleGroupId, Priority: 100 });
    assert.match(await refusal({}), /^ConflictException: .*associated with vpc-0a1b2c3d already/);
    const taken = { FirewallRuleGroupId: other, Priority: 100 };
    assert.match(await refusal(taken), /^ValidationException: The priority 100 is that of/);
    await associate({ FirewallRuleGroupId, VpcId: otherVpcId, Priority: 100 });
  });

  test("a sixth group", async () => {
    await removeAll();
    for (let i = 0; i < 5; i++) {
      await associate({ FirewallRuleGroupId: await addGroup(api), Priority: 200 + i });
    }
    const sixth = association({ FirewallRuleGroupId: await addGroup(api) });
    const words = /^LimitExceededException: The limit of 5 rule groups on a VPC/;
    assert.match(await api.refusal("AssociateFirewallRuleGroup", sixth), words);
  });
});

describe("readFirewall()", () => {
  const verdict = (of: string, name: string) =>
    readFirewall(api.state, of)?.judge(parseName(name), TYPE.A);

  test("is none without a rule group", async () => {
    await removeAll();
    assert.equal(readFirewall(api.state, vpcId), undefined);
    await associate({ FirewallRuleGroupId: await addGroup(api) });
    assert.deepEqual(verdict(vpcId, "a.example"), { action: "PASS" });
    assert.equal(readFirewall(api.state, otherVpcId), undefined);
  });

  test("asks groups by the priority of their association, then rules by theirs", async () => {
    await removeAll();
    const groups = [await addGroup(api), await addGroup(api)];
    const every = await addList(api, "*");
    const one = await addList(api, "one.example");
    const rule = async (group: number, Priority: number, [list, Name]: [string, string]) =>
      api.call("CreateFirewallRule", {
        ...{ FirewallRuleGroupId: groups[group] ?? "", FirewallDomainListId: list, Priority, Name },
        ...{ CreatorRequestId: newRequest(), Action: "ALLOW" },
      });
    await rule(0, 20, [every, "first group, last"]);
    await rule(0, 10, [one, "first group, first"]);
    await rule(1, 1, [one, "second group"]);
    const first = await associate({ FirewallRuleGroupId: groups[0] ?? "", Priority: 300 });
    const ruleOf = (name: string) => {
      const found = verdict(vpcId, name);
      return found?.action === "ALLOW" ? found.ruleName : found?.action;
    };
    assert.equal(ruleOf("one.example"), "first group, first");
    assert.equal(ruleOf("two.example"), "first group, last");
    await associate({ FirewallRuleGroupId: groups[1] ?? "", Priority: 400 });
    assert.equal(ruleOf("one.example"), "first group, first");
    const name = { FirewallRuleGroupAssociationId: first };
    await api.call("UpdateFirewallRuleGroupAssociation", { ...name, Priority: 500 });
    assert.equal(ruleOf("one.example"), "second group");
    assert.equal(ruleOf("two.example"), "first group, last");
  });

  test("follows changes of a list that it was compiled of before", async () => {
    await removeAll();
    const FirewallRuleGroupId = await addGroup(api);
    const FirewallDomainListId = await addList(api, "a.example");
    await api.call("CreateFirewallRule", {
      ...{ FirewallRuleGroupId, FirewallDomainListId, Priority: 1, Name: "rule" },
      ...{ CreatorRequestId: newRequest(), Action: "BLOCK", BlockResponse: "NXDOMAIN" },
    });
    await associate({ FirewallRuleGroupId });
    assert.equal(verdict(vpcId, "a.example")?.action, "BLOCK");
    const Domains = ["*.b.example"];
    const update = { FirewallDomainListId, Operation: "REPLACE", Domains } as const;
    await api.call("UpdateFirewallDomains", update);
    assert.equal(verdict(vpcId, "a.example")?.action, "PASS");
    assert.equal(verdict(vpcId, "www.b.example")?.action, "BLOCK");
  });

  test("has the failure mode of the VPC", async () => {
    await removeAll();
    await associate({ FirewallRuleGroupId: await addGroup(api) });
    assert.equal(readFirewall(api.state, vpcId)?.failOpen, false);
    const open = { ResourceId: vpcId, FirewallFailOpen: "ENABLED" } as const;
    await api.call("UpdateFirewallConfig", open);
    assert.equal(readFirewall(api.state, vpcId)?.failOpen, true);
  });
});

test("every VPC has a firewall configuration, closed by default", async () => {
  const get = async (ResourceId: string) =>
    (await api.call("GetFirewallConfig", { ResourceId })).FirewallConfig;
  const before = await get(otherVpcId);
  assert.equal(before?.FirewallFailOpen, "DISABLED");
  assert.match(before?.Id ?? "", /^rslvr-fc-[0-9a-f]{17}$/);
  const open = { ResourceId: otherVpcId, FirewallFailOpen: "ENABLED" } as const;
  const { FirewallConfig } = await api.call("UpdateFirewallConfig", open);
  assert.deepEqual(FirewallConfig, { ...before, FirewallFailOpen: "ENABLED" });
  assert.deepEqual(await get(otherVpcId), FirewallConfig);
  const { FirewallConfigs } = await api.call("ListFirewallConfigs", {});
  assert.deepEqual(
    FirewallConfigs?.map(({ ResourceId }) => ResourceId),
    [vpcId, otherVpcId],
  );
  const none = { ResourceId: "vpc-00000000" };
  assert.match(await api.refusal("GetFirewallConfig", none), /^ResourceNotFoundException/);
  const local = { ...open, FirewallFailOpen: "USE_LOCAL_RESOURCE_SETTING" } as const;
  assert.match(await api.refusal("UpdateFirewallConfig", local), /Route 53 Profiles only/);
});

test("a policy that shares a rule group is checked, kept and shown", async () => {
  const FirewallRuleGroupId = await addGroup(api);
  const group = async () =>
    (await api.call("GetFirewallRuleGroup", { FirewallRuleGroupId })).FirewallRuleGroup;
  const { Arn = "", ShareStatus } = (await group()) ?? {};
  assert.equal(ShareStatus, "NOT_SHARED");
  assert.match(
    await api.refusal("GetFirewallRuleGroupPolicy", { Arn }),
    /^ResourceNotFoundException/,
  );
  const statement = {
    Effect: "Allow",
    Principal: { AWS: "111111111111" },
    Action: ["route53resolver:GetFirewallRuleGroup"],
    Resource: [Arn],
  };
  const policyOf = (part: object) =>
    JSON.stringify({ Version: "2012-10-17", Statement: [{ ...statement, ...part }] });
  for (const wrong of [
    "{",
    "[]",
    "{}",
    policyOf({ Effect: "Deny" }),
    policyOf({ Action: "s3:*" }),
    policyOf({ Resource: "*" }),
    policyOf({ Principal: undefined }),
  ]) {
    const input = { Arn, FirewallRuleGroupPolicy: wrong };
    assert.match(
      await api.refusal("PutFirewallRuleGroupPolicy", input),
      /^ValidationException: The policy is not valid: /,
    );
  }
  const FirewallRuleGroupPolicy = policyOf({});
  assert.deepEqual(await api.call("PutFirewallRuleGroupPolicy", { Arn, FirewallRuleGroupPolicy }), {
    ReturnValue: true,
  });
  assert.deepEqual(await api.call("GetFirewallRuleGroupPolicy", { Arn }), {
    FirewallRuleGroupPolicy,
  });
  assert.equal((await group())?.ShareStatus, "SHARED_BY_ME");
});
