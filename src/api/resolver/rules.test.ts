import assert from "node:assert/strict";
import { test } from "node:test";
import { openResolver } from "../../../test/support/resolver-context.ts";
import { rulesOfVpc } from "../../control/state/resolver-rows.ts";
import type { InputOf } from "./resolver-handler.ts";

type Create = InputOf<"CreateResolverRule">;

const resolver = await openResolver();
const subnets = { "subnet-0000000a": ["10.1.0.0/24", "2001:db8::/64"] };
const [vpc, otherVpc] = ["vpc-0000000a", "vpc-0000000b"];
await resolver.addVpc(vpc, { cidr: "10.1.0.0/16", subnets });
await resolver.addVpc(otherVpc, { cidr: "10.2.0.0/16" });

let requests = 0;
const endpointOf = async (change: Partial<InputOf<"CreateResolverEndpoint">> = {}) => {
  const { ResolverEndpoint } = await resolver.call("CreateResolverEndpoint", {
    CreatorRequestId: `endpoint ${requests++}`,
    SecurityGroupIds: ["sg-1"],
    Direction: "OUTBOUND",
    IpAddresses: [{ SubnetId: "subnet-0000000a" }, { SubnetId: "subnet-0000000a" }],
    ...change,
  });
  return ResolverEndpoint?.Id ?? "";
};
const outbound = await endpointOf();

const wanted = (change: Partial<Create> = {}): Create => ({
  CreatorRequestId: `rule ${requests++}`,
  RuleType: "FORWARD",
  DomainName: "corp.test",
  ResolverEndpointId: outbound,
  TargetIps: [{ Ip: "192.0.2.53" }],
  ...change,
});
const system = (DomainName: string): Partial<Create> => ({
  ...{ RuleType: "SYSTEM", DomainName, ResolverEndpointId: undefined, TargetIps: undefined },
});
const create = async (change: Partial<Create> = {}) => {
  const { ResolverRule } = await resolver.call("CreateResolverRule", wanted(change));
  return ResolverRule?.Id ?? "";
};
const remove = (ResolverRuleId: string) => resolver.call("DeleteResolverRule", { ResolverRuleId });
const associate = (ResolverRuleId: string, VPCId = vpc) =>
  resolver.call("AssociateResolverRule", { ResolverRuleId, VPCId });
const disassociate = (ResolverRuleId: string, VPCId = vpc) =>
  resolver.call("DisassociateResolverRule", { ResolverRuleId, VPCId });

test("CreateResolverRule makes a rule of each type", async () => {
  const input = wanted({
    Name: "corp",
    DomainName: "Corp.Test.",
    TargetIps: [{ Ip: "192.0.2.53" }, { Ip: "192.0.2.54", Port: 5353, Protocol: "Do53" }],
    Tags: [{ Key: "a", Value: "b" }],
  });
  const { ResolverRule: made } = await resolver.call("CreateResolverRule", input);
  assert.match(made?.Id ?? "", /^rslvr-rr-[0-9a-f]{17}$/);
  assert.deepEqual(made, {
    Id: made?.Id,
    CreatorRequestId: input.CreatorRequestId,
    Arn: `arn:aws:route53resolver:us-east-1:000000000000:resolver-rule/${made?.Id}`,
    DomainName: "corp.test.",
    Status: "COMPLETE",
    StatusMessage: "[Trace id: test] Successfully created Resolver Rule.",
    RuleType: "FORWARD",
    Name: "corp",
    TargetIps: [
      { Ip: "192.0.2.53", Port: 53, Protocol: "Do53" },
      { Ip: "192.0.2.54", Port: 5353, Protocol: "Do53" },
    ],
    ResolverEndpointId: outbound,
    OwnerId: "000000000000",
    ShareStatus: "NOT_SHARED",
    CreationTime: "2026-01-02T03:04:05.000Z",
    ModificationTime: "2026-01-02T03:04:05.000Z",
  });
  const ids = [made?.Id ?? "", await create(system("www.corp.test")), await create(system("."))];
  const delegate = {
    RuleType: "DELEGATE",
    DomainName: undefined,
    TargetIps: undefined,
    DelegationRecord: "ns.corp.test",
  } as const;
  const { ResolverRule: delegation } = await resolver.call("CreateResolverRule", wanted(delegate));
  assert.equal(delegation?.DelegationRecord, "ns.corp.test.");
  assert.equal(delegation.DomainName, undefined);
  const free = await create({ ResolverEndpointId: undefined });
  const again = await resolver.refusal("CreateResolverRule", input);
  assert.match(again, /^ResourceExistsException: Resolver rule with creator request ID 'rule/);
  for (const id of [...ids, delegation.Id ?? "", free]) await remove(id);
  const gone = await resolver.refusal("GetResolverRule", { ResolverRuleId: free });
  assert.equal(
    gone,
    `ResourceNotFoundException: [RSLVR-00703] Resolver rule with ID "${free}" does not exist.`,
  );
});

test("targets speak what their endpoint does", async () => {
  const many = await endpointOf({
    Protocols: ["Do53", "DoT"] as never, // DoT is ours
    ResolverEndpointType: "DUALSTACK",
  });
  const target = (TargetIps: Create["TargetIps"], ResolverEndpointId = many) =>
    wanted({ TargetIps, ResolverEndpointId });
  const dot = { Ip: "192.0.2.1", Protocol: "DoT" as never, ServerNameIndication: "DNS.corp.test." };
  const { ResolverRule } = await resolver.call("CreateResolverRule", target([dot]));
  assert.deepEqual(ResolverRule?.TargetIps, [
    { Ip: "192.0.2.1", Port: 853, Protocol: "DoT", ServerNameIndication: "dns.corp.test" },
  ]);
  const local = await create(target([{ Ipv6: "FD00::1", Protocol: "Do53" }]));
  const cases: [Create, RegExp][] = [
    [target([{ Ip: "192.0.2.1" }]), /^InvalidRequestException: \[RSLVR-00726\] Endpoint has more/],
    [target([{ Ip: "192.0.2.1", Protocol: "DoH" }]), /protocol DoH is none of .*: Do53, DoT/],
    [target([{ Ip: "192.0.2.1", Protocol: "DoH" }], outbound), /DoH is none of/],
    [target([{ Ip: "192.0.2.1", Protocol: "DoH-FIPS" }]), /DoH-FIPS is not available/],
    [target([{ Ip: "192.0.2.1", Protocol: "Do53", Port: 0 }]), /Invalid port: 0/],
    [target([{ Ip: "192.0.2.300", Protocol: "Do53" }]), /Invalid IP address: 192\.0\.2\.300/],
    [target([{ Ip: "224.0.0.1", Protocol: "Do53" }]), /Invalid IP address: 224\.0\.0\.1/],
    [target([{ Protocol: "Do53" }]), /has an Ip or an Ipv6, one of them/],
    [target([{ Ip: "192.0.2.1", Ipv6: "fd00::1", Protocol: "Do53" }]), /one of them/],
    [target([{ Ip: "192.0.2.1" }, { Ipv6: "fd00::1" }], ""), /ID "" does not exist/],
    [
      target([
        { Ip: "192.0.2.1", Protocol: "Do53" },
        { Ipv6: "fd00::1", Protocol: "Do53" },
      ]),
      /IPv4 or IPv6, not both/,
    ],
    [
      target([{ Ip: "192.0.2.1" }, { Ip: "192.0.2.1", Port: 53 }], outbound),
      /Duplicate target: 192\.0\.2\.1 port 53/,
    ],
    [target([{ Ipv6: "fd00::1" }], outbound), /is of type IPV4: no way to fd00::1/],
    [
      target([{ Ipv6: "2606:4700::1111", Protocol: "Do53" }]),
      /has no Ipv6InternetAccessEnabled: no way to 2606:4700::1111/,
    ],
    [
      target([{ Ip: "192.0.2.1", ServerNameIndication: "a.test", Protocol: "Do53" }]),
      /ServerNameIndication is only for targets of the protocols DoH and DoT/,
    ],
    [target([{ ...dot, ServerNameIndication: "a b" }]), /"a b" is no name of a host/],
  ];
  for (const [input, message] of cases) {
    assert.match(await resolver.refusal("CreateResolverRule", input), message);
  }
  const fewer = { ResolverEndpointId: many, Protocols: ["Do53"] } as const;
  assert.match(
    await resolver.refusal("UpdateResolverEndpoint", fewer as never),
    /has not the protocol DoT of 192\.0\.2\.1/,
  );
  const used = { ResolverEndpointId: many };
  assert.match(
    await resolver.refusal("DeleteResolverEndpoint", used),
    /^InvalidRequestException: \[RSLVR-00600\] Cannot delete resolver endpoint unless .*"rslvr-rr-/,
  );
  for (const id of [ResolverRule.Id ?? "", local]) await remove(id);
  await resolver.call("DeleteResolverEndpoint", used);
});

test("rules that make no sense are refused", async () => {
  const inbound = await endpointOf({ Direction: "INBOUND" });
  const none = { TargetIps: undefined, ResolverEndpointId: undefined };
  const delegate = { ...none, RuleType: "DELEGATE", DomainName: undefined } as const;
  const cases: [Partial<Create>, RegExp][] = [
    [{ RuleType: "RECURSIVE" }, /^InvalidRequestException: \[RSLVR-00718\] Cannot create a rule/],
    [{ DomainName: "a..b" }, /^InvalidParameterException: \[RSLVR-00711\] Invalid domain name/],
    [{ DomainName: "*.corp.test" }, /\[RSLVR-00711\]/],
    [{ DomainName: undefined }, /FORWARD need a DomainName/],
    [{ TargetIps: undefined }, /FORWARD need a TargetIps/],
    [{ DelegationRecord: "ns.test" }, /FORWARD cannot have a DelegationRecord/],
    [{ ResolverEndpointId: inbound }, /\[RSLVR-00700\] Resolver rules can only be associated to/],
    [{ ResolverEndpointId: "rslvr-out-1" }, /^ResourceNotFoundException: .*"rslvr-out-1"/],
    [{ ...system("a.test"), TargetIps: [{ Ip: "192.0.2.1" }] }, /SYSTEM cannot have a TargetIps/],
    [{ ...system("a.test"), ResolverEndpointId: outbound }, /cannot have a ResolverEndpointId/],
    [delegate, /Delegate resolver rules need to specify a nameserver name/],
    [{ ...delegate, DelegationRecord: "ns.test" }, /DELEGATE need a ResolverEndpointId/],
    [{ ...delegate, DomainName: "a.test" }, /DELEGATE cannot have a DomainName/],
  ];
  for (const [change, message] of cases) {
    assert.match(await resolver.refusal("CreateResolverRule", wanted(change)), message);
  }
  await resolver.call("DeleteResolverEndpoint", { ResolverEndpointId: inbound });
});

test("a VPC has one rule of a name, and one delegation rule of a record", async () => {
  const [first, second] = [await create(), await create()];
  const delegation = await create({
    ...{ RuleType: "DELEGATE", DomainName: undefined, TargetIps: undefined },
    DelegationRecord: "corp.test",
  });
  const { ResolverRuleAssociation } = await associate(first);
  assert.equal(ResolverRuleAssociation?.Status, "CREATING");
  const id = { ResolverRuleAssociationId: ResolverRuleAssociation.Id ?? "" };
  const got = await resolver.call("GetResolverRuleAssociation", id);
  assert.deepEqual(got.ResolverRuleAssociation, {
    Id: ResolverRuleAssociation.Id,
    ResolverRuleId: first,
    VPCId: vpc,
    Status: "COMPLETE",
    StatusMessage: "",
  });
  const refused = await resolver.refusal("AssociateResolverRule", {
    ResolverRuleId: second,
    VPCId: vpc,
  });
  assert.equal(
    refused,
    "InvalidRequestException: Cannot associate rules with same domain name with same VPC. " +
      `Conflict with resolver rule '${first}'`,
  );
  await associate(second, otherVpc);
  await associate(delegation);
  const onVpc = rulesOfVpc(resolver.state, vpc).map((rule) => rule.id);
  assert.deepEqual(onVpc.toSorted(), [first, delegation].toSorted());
  assert.match(
    await resolver.refusal("DeleteResolverRule", { ResolverRuleId: first }),
    /^ResourceInUseException: Please disassociate/,
  );
  const { ResolverRuleAssociation: gone } = await disassociate(first);
  assert.equal(gone?.Status, "DELETING");
  assert.match(await resolver.refusal("GetResolverRuleAssociation", id), /^ResourceNotFound/);
  const twice = { ResolverRuleId: first, VPCId: vpc };
  assert.match(await resolver.refusal("DisassociateResolverRule", twice), /^ResourceNotFound/);
  await associate(second);
  await disassociate(second);
  await disassociate(second, otherVpc);
  await disassociate(delegation);
  assert.deepEqual(rulesOfVpc(resolver.state, vpc), []);
  for (const ruleId of [first, second, delegation]) await remove(ruleId);
});

test("VPCs must be known, unless the settings say otherwise", async () => {
  const id = await create();
  const unknown = { ResolverRuleId: id, VPCId: "vpc-0badcafe" };
  assert.equal(
    await resolver.refusal("AssociateResolverRule", unknown),
    "InvalidParameterException: The vpc ID 'vpc-0badcafe' does not exist",
  );
  resolver.settings.acceptUnknownVpcs = true;
  await associate(id, unknown.VPCId);
  assert.equal(rulesOfVpc(resolver.state, unknown.VPCId).length, 1);
  const nonsense = { ...unknown, VPCId: "my-vpc" };
  assert.match(await resolver.refusal("AssociateResolverRule", nonsense), /does not exist/);
  await disassociate(id, unknown.VPCId);
  resolver.settings.acceptUnknownVpcs = false;
  await remove(id);
});

test("a rule that leads back to the VPC it is on is refused", async () => {
  resolver.machine.own.add("10.1.0.9");
  resolver.machine.listeners.push(
    { address: "0.0.0.0", port: 5353 },
    { address: "192.0.2.7", port: 53, vpcId: vpc },
  );
  const inbound = await endpointOf({
    Direction: "INBOUND",
    IpAddresses: [
      { SubnetId: "subnet-0000000a", Ip: "10.1.0.9" },
      { SubnetId: "subnet-0000000a", Ip: "10.1.0.10" },
    ],
  });
  const own = wanted({ TargetIps: [{ Ip: "10.1.0.9", Port: 5353 }] });
  assert.equal(
    await resolver.refusal("CreateResolverRule", own),
    "InvalidRequestException: Cannot forward to 10.1.0.9 port 5353: " +
      "this resolver itself listens there.",
  );
  for (const Ip of ["10.1.0.10", "192.0.2.7"]) {
    const id = await create({ TargetIps: [{ Ip }] });
    const refused = await resolver.refusal("AssociateResolverRule", {
      ResolverRuleId: id,
      VPCId: vpc,
    });
    assert.equal(
      refused,
      `InvalidRequestException: [RSLVR-00804] Cannot associate rule ${id} to VPC ${vpc} because ` +
        "the VPC include an INBOUND resolver endpoints with rule's target IP. " +
        "Please try a different rule or update rule's target IP.",
    );
    await associate(id, otherVpc);
    await disassociate(id, otherVpc);
    await remove(id);
  }
  const harmless = await create();
  await associate(harmless);
  const Config = { TargetIps: [{ Ip: "10.1.0.10" }] };
  assert.match(
    await resolver.refusal("UpdateResolverRule", { ResolverRuleId: harmless, Config }),
    /\[RSLVR-00804\]/,
  );
  await disassociate(harmless);
  await remove(harmless);
  await resolver.call("DeleteResolverEndpoint", { ResolverEndpointId: inbound });
  resolver.machine.own.clear();
  resolver.machine.listeners.length = 0;
});

test("UpdateResolverRule changes name, targets and endpoint", async () => {
  const other = await endpointOf();
  const ResolverRuleId = await create();
  resolver.clock.advanceMs(60_000);
  const { ResolverRule } = await resolver.call("UpdateResolverRule", {
    ResolverRuleId,
    Config: { Name: "new", TargetIps: [{ Ip: "192.0.2.99" }], ResolverEndpointId: other },
  });
  assert.equal(ResolverRule?.Name, "new");
  assert.deepEqual(ResolverRule.TargetIps, [{ Ip: "192.0.2.99", Port: 53, Protocol: "Do53" }]);
  assert.equal(ResolverRule.ResolverEndpointId, other);
  assert.equal(ResolverRule.ModificationTime, "2026-01-02T03:05:05.000Z");
  const kept = await resolver.call("UpdateResolverRule", { ResolverRuleId, Config: {} });
  assert.deepEqual(kept.ResolverRule?.TargetIps, ResolverRule.TargetIps);
  const carve = await create(system("a.test"));
  for (const Config of [{ TargetIps: [{ Ip: "192.0.2.1" }] }, { ResolverEndpointId: other }]) {
    const update = { ResolverRuleId: carve, Config };
    assert.match(await resolver.refusal("UpdateResolverRule", update), /SYSTEM cannot have a/);
  }
  await remove(carve);
  await remove(ResolverRuleId);
  await resolver.call("DeleteResolverEndpoint", { ResolverEndpointId: other });
});

test("the internet resolver is on every VPC, and stays as it is", async () => {
  const ResolverRuleId = "rslvr-autodefined-rr-internet-resolver";
  const { ResolverRule } = await resolver.call("GetResolverRule", { ResolverRuleId });
  assert.deepEqual([ResolverRule?.RuleType, ResolverRule?.DomainName], ["RECURSIVE", "."]);
  const assoc = `rslvr-autodefined-assoc-${vpc}-internet-resolver`;
  const { ResolverRuleAssociations = [] } = await resolver.call("ListResolverRuleAssociations", {
    Filters: [{ Name: "VPCId", Values: [vpc] }],
  });
  assert.deepEqual(
    ResolverRuleAssociations.map(({ Id, Name }) => [Id, Name]),
    [[assoc, "System Rule Association"]],
  );
  const got = { ResolverRuleAssociationId: assoc };
  const { ResolverRuleAssociation } = await resolver.call("GetResolverRuleAssociation", got);
  assert.equal(ResolverRuleAssociation?.ResolverRuleId, ResolverRuleId);
  const association = { ResolverRuleId, VPCId: vpc };
  for (const [name, input] of [
    ["DeleteResolverRule", { ResolverRuleId }],
    ["UpdateResolverRule", { ResolverRuleId, Config: {} }],
    ["AssociateResolverRule", association],
    ["DisassociateResolverRule", association],
  ] as const) {
    assert.match(await resolver.refusal(name, input), /^InvalidRequestException: .*Auto Defined/);
  }
  const ResourceArn = ResolverRule?.Arn ?? "";
  assert.equal(
    await resolver.refusal("TagResource", { ResourceArn, Tags: [] }),
    "InvalidRequestException: [RSLVR-00903] Cannot tag Auto Defined Rule.",
  );
});

test("ListResolverRules goes page by page, through the automatic rule too", async () => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i++)
    ids.push(await create({ Name: `rule ${i}`, DomainName: `n${i}.test` }));
  const seen: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await resolver.call("ListResolverRules", { MaxResults: 2, NextToken });
    const rules = page.ResolverRules ?? [];
    assert.ok(rules.length <= 2);
    seen.push(...rules.map(({ Id = "" }) => Id));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  assert.equal(seen[0], "rslvr-autodefined-rr-internet-resolver");
  assert.deepEqual(seen.slice(1), ids.toSorted());
  const named = async (Name: string, ...Values: string[]) => {
    const { ResolverRules = [] } = await resolver.call("ListResolverRules", {
      Filters: [{ Name, Values }],
    });
    return ResolverRules.map(({ Name: name }) => name).toSorted();
  };
  assert.deepEqual(await named("DomainName", "n1.test.", "n3.test."), ["rule 1", "rule 3"]);
  assert.deepEqual(await named("TYPE", "RECURSIVE"), ["Internet Resolver"]);
  assert.equal((await named("RESOLVER_ENDPOINT_ID", outbound)).length, 5);
  assert.equal((await named("Status", "COMPLETE")).length, 6);
  for (const id of ids) await remove(id);
});
