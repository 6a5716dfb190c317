import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  addGroup,
  addList,
  newRequest,
  openFirewallApi,
} from "../../../test/support/firewall-context.ts";
import type { InputOf } from "./resolver-handler.ts";

const api = await openFirewallApi();

type RuleInput = InputOf<"CreateFirewallRule">;

const rule = (part: Partial<RuleInput>): RuleInput => ({
  CreatorRequestId: newRequest(),
  FirewallRuleGroupId: "",
  Name: "rule",
  Priority: 100,
  Action: "ALERT",
  ...part,
});

/** A group with a rule, and what the rule is found by. */
async function addRule(part: Partial<RuleInput> = {}) {
  const name = {
    FirewallRuleGroupId: await addGroup(api),
    FirewallDomainListId: await addList(api, "a.example"),
  };
  const input = rule({ ...name, ...part });
  const { FirewallRule } = await api.call("CreateFirewallRule", input);
  return { name, input, made: FirewallRule };
}

const override = {
  Action: "BLOCK",
  BlockResponse: "OVERRIDE",
  BlockOverrideDomain: "Sink.example",
  BlockOverrideDnsType: "CNAME",
  BlockOverrideTtl: 0,
} as const;

test("CreateFirewallRule gives the rule back, and makes it once for a request", async () => {
  const { name, input, made } = await addRule({ ...override, Qtype: "TYPE28" });
  const at = "2026-01-02T03:04:05.000Z";
  assert.deepEqual(made, {
    ...name,
    Name: "rule",
    Priority: 100,
    Action: "BLOCK",
    BlockResponse: "OVERRIDE",
    BlockOverrideDomain: "sink.example.",
    BlockOverrideDnsType: "CNAME",
    BlockOverrideTtl: 0,
    FirewallDomainRedirectionAction: "INSPECT_REDIRECTION_DOMAIN",
    Qtype: "TYPE28",
    CreatorRequestId: input.CreatorRequestId,
    CreationTime: at,
    ModificationTime: at,
  });
  const again = await api.call("CreateFirewallRule", input);
  assert.deepEqual(again.FirewallRule, made);
  const { FirewallRuleGroup } = await api.call("GetFirewallRuleGroup", {
    FirewallRuleGroupId: name.FirewallRuleGroupId,
  });
  assert.equal(FirewallRuleGroup?.RuleCount, 1);
});

describe("CreateFirewallRule refuses", () => {
  const cases: readonly [what: string, part: Partial<RuleInput>, words: RegExp][] = [
    ["BLOCK without a response", { Action: "BLOCK" }, /\[RSLVR-02016\] BlockResponse is required/],
    [
      "a response without BLOCK",
      { BlockResponse: "NODATA" },
      /BlockResponse can only be given with the action BLOCK, not ALERT/,
    ],
    [
      "an override of NXDOMAIN",
      { Action: "BLOCK", BlockResponse: "NXDOMAIN", BlockOverrideTtl: 1 },
      /BlockOverrideTtl can only be given with the block response OVERRIDE/,
    ],
    [
      "OVERRIDE without TTL",
      { ...override, BlockOverrideTtl: undefined },
      /BlockOverrideTtl is required/,
    ],
    [
      "OVERRIDE without type",
      { ...override, BlockOverrideDnsType: undefined },
      /BlockOverrideDnsType is required/,
    ],
    [
      "OVERRIDE without domain",
      { ...override, BlockOverrideDomain: undefined },
      /BlockOverrideDomain is required/,
    ],
    [
      "OVERRIDE with a bad domain",
      { ...override, BlockOverrideDomain: "a..b" },
      /BlockOverrideDomain 'a..b': Domain label is empty/,
    ],
    ["a query type that is none", { Qtype: "ANY" }, /Qtype 'ANY' is none of A, AAAA/],
    ["a query type that is none", { Qtype: "TYPE65535" }, /TYPE1 to TYPE65534/],
    ["a priority of 0", { Priority: 0 }, /priority 0 of a rule must be 1 or more/],
    [
      "an advanced rule",
      { DnsThreatProtection: "DGA", ConfidenceThreshold: "LOW" },
      /^ValidationException: DnsThreatProtection is of DNS Firewall Advanced rules, which Signpost/,
    ],
    [
      "a category",
      { FirewallRuleType: { FirewallAdvancedThreatCategory: { Category: "PHISHING" } } },
      /FirewallRuleType is of DNS Firewall Advanced rules/,
    ],
  ];
  for (const [what, part, words] of cases) {
    test(what, async () => {
      const FirewallRuleGroupId = await addGroup(api);
      const FirewallDomainListId = await addList(api);
      const input = rule({ FirewallRuleGroupId, FirewallDomainListId, ...part });
      const refusal = await api.refusal("CreateFirewallRule", input);
      assert.match(refusal, /^ValidationException: /);
      assert.match(refusal, words);
      const { FirewallRules } = await api.call("ListFirewallRules", { FirewallRuleGroupId });
      assert.deepEqual(FirewallRules, []);
    });
  }

  test("what is there already, and what is not there", async () => {
    const { name } = await addRule();
    const refusal = (part: Partial<RuleInput>) =>
      api.refusal("CreateFirewallRule", rule({ ...name, ...part }));
    assert.match(await refusal({ Priority: 1 }), /has a rule for domain list/);
    assert.match(await refusal({ Qtype: "A" }), /priority 100 is that of the rule 'rule'/);
    const list = "rslvr-fdl-0";
    assert.match(await refusal({ FirewallDomainListId: list }), /^ResourceNotFoundException/);
    assert.match(await refusal({ FirewallRuleGroupId: "no" }), /^ResourceNotFoundException/);
    assert.match(
      await refusal({ FirewallDomainListId: undefined }),
      /FirewallDomainListId is miss/,
    );
  });

  test("more than 100 rules in a group", async () => {
    const FirewallRuleGroupId = await addGroup(api);
    const FirewallDomainListId = await addList(api);
    const entries = Array.from({ length: 100 }, (_, i) =>
      rule({ FirewallRuleGroupId, FirewallDomainListId, Priority: i + 1, Qtype: `TYPE${i + 1}` }),
    );
    await api.call("BatchCreateFirewallRule", { CreateFirewallRuleEntries: entries });
    const more = rule({ FirewallRuleGroupId, FirewallDomainListId, Priority: 101 });
    assert.match(
      await api.refusal("CreateFirewallRule", more),
      /^LimitExceededException: The limit of 100 rules/,
    );
  });
});

describe("UpdateFirewallRule", () => {
  test("changes what is given and keeps the rest", async () => {
    const { name, made } = await addRule(override);
    api.clock.advanceMs(1000);
    const { FirewallRule } = await api.call("UpdateFirewallRule", {
      ...name,
      Priority: 7,
      BlockOverrideTtl: 60,
      FirewallDomainRedirectionAction: "TRUST_REDIRECTION_DOMAIN",
    });
    assert.deepEqual(FirewallRule, {
      ...made,
      Priority: 7,
      BlockOverrideTtl: 60,
      FirewallDomainRedirectionAction: "TRUST_REDIRECTION_DOMAIN",
      ModificationTime: FirewallRule?.ModificationTime,
    });
    assert.notEqual(FirewallRule?.ModificationTime, made?.ModificationTime);
  });

  test("drops the response with the action that had it", async () => {
    const { name } = await addRule(override);
    const { FirewallRule } = await api.call("UpdateFirewallRule", { ...name, Action: "ALLOW" });
    assert.equal(FirewallRule?.BlockResponse, undefined);
    const back = { ...name, Action: "BLOCK" } as const;
    assert.match(await api.refusal("UpdateFirewallRule", back), /BlockResponse is required/);
  });

  test("finds a rule by its query type, and changes that of an only one", async () => {
    const { name } = await addRule({ Qtype: "A" });
    const update = { ...name, Qtype: "AAAA", Name: "only" };
    const { FirewallRule } = await api.call("UpdateFirewallRule", update);
    assert.equal(FirewallRule?.Qtype, "AAAA");
    await api.call("CreateFirewallRule", rule({ ...name, Priority: 2 }));
    const other = await api.call("UpdateFirewallRule", { ...name, Name: "all types" });
    assert.equal(other.FirewallRule?.Qtype, undefined);
    const none = { ...name, Qtype: "MX" };
    assert.match(await api.refusal("UpdateFirewallRule", none), /it has: none, AAAA/);
    const taken = { ...name, Qtype: "AAAA", Priority: 2 };
    assert.match(await api.refusal("UpdateFirewallRule", taken), /priority 2 is that of/);
    const advanced = { ...name, FirewallThreatProtectionId: "rslvr-ftp-1" };
    assert.match(
      await api.refusal("UpdateFirewallRule", advanced),
      /^ValidationException: Firewal/,
    );
  });
});

test("DeleteFirewallRule wants the query type of the rule", async () => {
  const { name } = await addRule({ Qtype: "A" });
  assert.match(
    await api.refusal("DeleteFirewallRule", name),
    /^ValidationException: .*with no query type; it has: A\.$/,
  );
  const { FirewallRule } = await api.call("DeleteFirewallRule", { ...name, Qtype: "A" });
  assert.equal(FirewallRule?.Name, "rule");
  const gone = await api.refusal("DeleteFirewallRule", { ...name, Qtype: "A" });
  assert.match(gone, /^ResourceNotFoundException/);
});

test("ListFirewallRules filters and gives pages", async () => {
  const FirewallRuleGroupId = await addGroup(api);
  const FirewallDomainListId = await addList(api);
  for (const [i, Action] of (["ALLOW", "ALERT", "ALLOW"] as const).entries()) {
    const part = { FirewallRuleGroupId, FirewallDomainListId, Action };
    await api.call(
      "CreateFirewallRule",
      rule({ ...part, Qtype: `TYPE${i + 1}`, Priority: 10 * (i + 1) }),
    );
  }
  const priorities = async (filter: Partial<InputOf<"ListFirewallRules">>) => {
    const answer = await api.call("ListFirewallRules", { FirewallRuleGroupId, ...filter });
    return answer.FirewallRules?.map(({ Priority }) => Priority);
  };
  assert.deepEqual(await priorities({}), [10, 20, 30]);
  assert.deepEqual(await priorities({ Action: "ALLOW" }), [10, 30]);
  assert.deepEqual(await priorities({ Priority: 20 }), [20]);
  assert.deepEqual(await priorities({ Action: "ALERT", Priority: 10 }), []);
  const first = await api.call("ListFirewallRules", { FirewallRuleGroupId, MaxResults: 2 });
  assert.equal(first.FirewallRules?.length, 2);
  assert.deepEqual(await priorities({ NextToken: first.NextToken }), [30]);
  const token = { FirewallRuleGroupId, NextToken: "wrong" };
  assert.match(await api.refusal("ListFirewallRules", token), /^ValidationException/);
});

test("batches do what can be done, and say what cannot", async () => {
  const { name } = await addRule({ Qtype: "A" });
  const good = rule({ ...name, Priority: 5 });
  const bad = rule({ ...name, Priority: 5, Qtype: "MX" });
  const created = await api.call("BatchCreateFirewallRule", {
    CreateFirewallRuleEntries: [good, bad],
  });
  assert.deepEqual(
    created.CreatedFirewallRules?.map(({ Priority }) => Priority),
    [5],
  );
  assert.deepEqual(
    created.CreateErrors?.map(({ FirewallRule, Code }) => [FirewallRule, Code]),
    [[bad, "ValidationException"]],
  );
  const updated = await api.call("BatchUpdateFirewallRule", {
    UpdateFirewallRuleEntries: [
      { ...name, Priority: 9 },
      { ...name, Qtype: "A", Priority: 9 },
    ],
  });
  assert.equal(updated.UpdatedFirewallRules?.length, 1);
  assert.match(updated.UpdateErrors?.[0]?.Message ?? "", /priority 9 is that of/);
  const deleted = await api.call("BatchDeleteFirewallRule", {
    DeleteFirewallRuleEntries: [name, name],
  });
  assert.equal(deleted.DeletedFirewallRules?.length, 1);
  assert.match(deleted.DeleteErrors?.[0]?.Message ?? "", /it has: A/);
});

test("ListFirewallRuleTypes lists nothing: there are no detectors here", async () => {
  assert.deepEqual(await api.call("ListFirewallRuleTypes", {}), { FirewallRuleTypes: [] });
});
