import assert from "node:assert/strict";
import { test } from "node:test";
import { openResolver } from "../../../test/support/resolver-context.ts";
import type { InputOf } from "./resolver-handler.ts";

type Create = InputOf<"CreateResolverEndpoint">;

const resolver = await openResolver();
await resolver.addVpc("vpc-0000000a", {
  cidr: "10.1.0.0/16",
  moreCidrs: ["2001:db8::/56"],
  subnets: {
    "subnet-0000000a": ["10.1.0.0/24", "2001:db8::/64"],
    "subnet-0000000b": ["10.1.1.0/24"],
  },
});
await resolver.addVpc("vpc-0000000b", { subnets: { "subnet-0000000c": ["10.2.0.0/30"] } });

let requests = 0;
const wanted = (change: Partial<Create> = {}): Create => ({
  CreatorRequestId: `request ${requests++}`,
  SecurityGroupIds: ["sg-1"],
  Direction: "OUTBOUND",
  IpAddresses: [{ SubnetId: "subnet-0000000a" }, { SubnetId: "subnet-0000000b" }],
  ...change,
});
const create = async (change: Partial<Create> = {}) => {
  const { ResolverEndpoint } = await resolver.call("CreateResolverEndpoint", wanted(change));
  return ResolverEndpoint?.Id ?? "";
};
const addresses = async (ResolverEndpointId: string) => {
  const list = { ResolverEndpointId };
  const { IpAddresses = [] } = await resolver.call("ListResolverEndpointIpAddresses", list);
  return IpAddresses;
};
const ips = async (id: string) => (await addresses(id)).flatMap(({ Ip, Ipv6 }) => Ip ?? Ipv6 ?? []);
const remove = (ResolverEndpointId: string) =>
  resolver.call("DeleteResolverEndpoint", { ResolverEndpointId });

test("CreateResolverEndpoint makes an endpoint, which is operational at once", async () => {
  const Tags = [{ Key: "team", Value: "net" }];
  const input = wanted({ Name: "out", Tags, Protocols: ["Do53", "DoH"] });
  const { ResolverEndpoint: made } = await resolver.call("CreateResolverEndpoint", input);
  assert.match(made?.Id ?? "", /^rslvr-out-[0-9a-f]{17}$/);
  assert.deepEqual(made, {
    Id: made?.Id,
    CreatorRequestId: input.CreatorRequestId,
    Arn: `arn:aws:route53resolver:us-east-1:000000000000:resolver-endpoint/${made?.Id}`,
    Name: "out",
    SecurityGroupIds: ["sg-1"],
    Direction: "OUTBOUND",
    IpAddressCount: 2,
    HostVPCId: "vpc-0000000a",
    Status: "CREATING",
    StatusMessage: "[Trace id: test] Creating the Resolver Endpoint",
    CreationTime: "2026-01-02T03:04:05.000Z",
    ModificationTime: "2026-01-02T03:04:05.000Z",
    ResolverEndpointType: "IPV4",
    Protocols: ["Do53", "DoH"],
    RniEnhancedMetricsEnabled: false,
    TargetNameServerMetricsEnabled: false,
    Dns64Enabled: false,
    Ipv6InternetAccessEnabled: false,
  });
  const id = { ResolverEndpointId: made?.Id ?? "" };
  const { ResolverEndpoint: found } = await resolver.call("GetResolverEndpoint", id);
  assert.equal(found?.Status, "OPERATIONAL");
  assert.match(found?.StatusMessage ?? "", /^10\.1\.0\.4 is no address of this machine: queries/);
  const tags = await resolver.call("ListTagsForResource", { ResourceArn: made?.Arn ?? "" });
  assert.deepEqual(tags, { Tags });
  const again = await resolver.refusal("CreateResolverEndpoint", input);
  assert.match(again, /^ResourceExistsException: .*creator request ID 'request 0' already exists$/);
  const { ResolverEndpoint: gone } = await remove(made?.Id ?? "");
  assert.equal(gone?.Status, "DELETING");
  assert.match(await resolver.refusal("GetResolverEndpoint", id), /^ResourceNotFoundException/);
  await remove(await create({ CreatorRequestId: input.CreatorRequestId }));
});

test("addresses are those given, else the machine's, else the first that are free", async () => {
  resolver.machine.own.add("10.1.1.77").add("192.0.2.1");
  const first = await create({ Direction: "INBOUND" });
  assert.deepEqual((await ips(first)).toSorted(), ["10.1.0.4", "10.1.1.77"]);
  const IpAddresses = [
    { SubnetId: "subnet-0000000a", Ip: "10.1.0.5" },
    { SubnetId: "subnet-0000000a" },
    { SubnetId: "subnet-0000000b" },
  ];
  const second = await create({ Direction: "INBOUND", IpAddresses });
  assert.deepEqual((await ips(second)).toSorted(), ["10.1.0.5", "10.1.0.6", "10.1.1.4"]);
  const outbound = await create();
  assert.deepEqual((await ips(outbound)).toSorted(), ["10.1.0.4", "10.1.1.77"]);

  const { ResolverEndpoint } = await resolver.call("GetResolverEndpoint", {
    ResolverEndpointId: first,
  });
  assert.equal(ResolverEndpoint?.Status, "ACTION_NEEDED");
  assert.equal(
    ResolverEndpoint.StatusMessage,
    "10.1.0.4 is no address of this machine: nothing arrives at it.",
  );
  resolver.machine.problems.set("10.1.1.77", "Port 53 is taken.");
  const found = Object.fromEntries((await addresses(first)).map((each) => [each.Ip, each]));
  assert.equal(found["10.1.0.4"]?.Status, "FAILED_CREATION");
  assert.equal(found["10.1.1.77"]?.Status, "FAILED_CREATION");
  assert.equal(found["10.1.1.77"].StatusMessage, "Port 53 is taken.");
  resolver.machine.problems.clear();
  const now = (await addresses(first)).find(({ Ip }) => Ip === "10.1.1.77");
  assert.deepEqual(
    [now?.Status, now?.StatusMessage],
    ["ATTACHED", "This IP address is operational."],
  );
  for (const id of [first, second, outbound]) await remove(id);
  resolver.machine.own.clear();
});

test("endpoints that make no sense are refused", async () => {
  const inbound = await create({ Direction: "INBOUND" });
  const pair = (Ip: string, SubnetId = "subnet-0000000a") => ({
    IpAddresses: [{ SubnetId, Ip }, { SubnetId: "subnet-0000000b" }],
  });
  const cases: [Partial<Create>, RegExp][] = [
    [{ SecurityGroupIds: ["x"] }, /^InvalidParameterException: \[RSLVR-00408\] Malformed sec/],
    [pair("10.9.0.1"), /^InvalidRequestException: \[RSLVR-00405\] IP address '10\.9\.0\.1' is not/],
    [pair("10.1.0.300"), /^InvalidParameterException: Invalid IP address: '10\.1\.0\.300'/],
    [pair("10.1.0.9", "subnet-0000000f"), /subnet ID 'subnet-0000000f' does not exist/],
    [pair("10.2.0.1", "subnet-0000000c"), /must be of one VPC/],
    [{ ...pair("10.1.0.4"), Direction: "INBOUND" }, /^ResourceExistsException: The IP address/],
    [
      {
        IpAddresses: [
          { SubnetId: "subnet-0000000a", Ip: "10.1.0.9" },
          { SubnetId: "subnet-0000000a", Ip: "10.1.0.9" },
        ],
      },
      /^ResourceExistsException: The IP address '10\.1\.0\.9' is in use/,
    ],
    [
      { IpAddresses: [{ SubnetId: "subnet-0000000c" }, { SubnetId: "subnet-0000000c" }] },
      /No free address in 10\.2\.0\.0\/30/,
    ],
    [{ ResolverEndpointType: "DUALSTACK" }, /'subnet-0000000b' has no IPv6 addresses/],
    [
      {
        IpAddresses: [
          { SubnetId: "subnet-0000000a", Ipv6: "2001:db8::9" },
          { SubnetId: "subnet-0000000b" },
        ],
      },
      /type IPV4 cannot have the address 2001:db8::9/,
    ],
    [{ Protocols: ["DoH-FIPS"] }, /DoH-FIPS is not available/],
    [{ Protocols: ["DoH", "DoH"] }, /Duplicate protocol: DoH, DoH/],
    [{ Direction: "INBOUND_DELEGATION", Protocols: ["DoH"] }, /have the protocol Do53 only/],
    [{ Dns64Enabled: true }, /Dns64Enabled is for INBOUND/],
    [{ Direction: "INBOUND", Ipv6InternetAccessEnabled: true }, /is for OUTBOUND/],
    [{ RniEnhancedMetricsEnabled: true }, /RniEnhancedMetricsEnabled is not available/],
    [{ TargetNameServerMetricsEnabled: true }, /not available/],
    [{ OutpostArn: "arn", PreferredInstanceType: "m5.large" }, /There are no Outposts here/],
  ];
  for (const [change, message] of cases) {
    assert.match(await resolver.refusal("CreateResolverEndpoint", wanted(change)), message);
  }
  await remove(inbound);
});

test("addresses join and leave an endpoint, which keeps two", async () => {
  const ResolverEndpointId = await create();
  const Ip = "10.1.0.44";
  const subnet = { SubnetId: "subnet-0000000a" };
  const associate = { ResolverEndpointId, IpAddress: { ...subnet, Ip } };
  const { ResolverEndpoint } = await resolver.call("AssociateResolverEndpointIpAddress", associate);
  assert.deepEqual([ResolverEndpoint?.Status, ResolverEndpoint?.IpAddressCount], ["UPDATING", 3]);
  const refusals = async (IpAddress: object) =>
    resolver.refusal("DisassociateResolverEndpointIpAddress", { ResolverEndpointId, IpAddress });
  assert.match(await refusals(subnet), /^InvalidRequestException: \[RSLVR-00503\] Need to/);
  assert.match(await refusals({ IpId: "rni-1" }), /^ResourceNotFoundException: The IP address rni/);
  await resolver.call("DisassociateResolverEndpointIpAddress", associate);
  const [{ IpId = "" } = {}] = await addresses(ResolverEndpointId);
  assert.match(await refusals({ IpId }), /\[RSLVR-00400\] Resolver endpoint need to have at least/);
  assert.match(
    await resolver.refusal("AssociateResolverEndpointIpAddress", {
      ResolverEndpointId,
      IpAddress: { SubnetId: "subnet-0000000c" },
    }),
    /must be of one VPC/,
  );
  await remove(ResolverEndpointId);
});

test("UpdateResolverEndpoint changes name, protocols, flags and the kind of addresses", async () => {
  const IpAddresses = [{ SubnetId: "subnet-0000000a" }, { SubnetId: "subnet-0000000a" }];
  const ResolverEndpointId = await create({ Direction: "INBOUND", IpAddresses });
  const [first] = await addresses(ResolverEndpointId);
  const { ResolverEndpoint } = await resolver.call("UpdateResolverEndpoint", {
    ResolverEndpointId,
    Name: "renamed",
    Protocols: ["DoH"],
    Dns64Enabled: true,
    ResolverEndpointType: "DUALSTACK",
    UpdateIpAddresses: [{ IpId: first?.IpId ?? "", Ipv6: "2001:db8::53" }],
  });
  assert.equal(ResolverEndpoint?.Status, "UPDATING");
  assert.equal(ResolverEndpoint.Name, "renamed");
  assert.deepEqual(ResolverEndpoint.Protocols, ["DoH"]);
  assert.equal(ResolverEndpoint.Dns64Enabled, true);
  const both = await addresses(ResolverEndpointId);
  assert.deepEqual(both.map(({ Ipv6 }) => Ipv6).toSorted(), ["2001:db8::4", "2001:db8::53"]);
  assert.deepEqual(both.map(({ Ip }) => Ip).toSorted(), ["10.1.0.4", "10.1.0.5"]);
  const back = { ResolverEndpointId, ResolverEndpointType: "IPV4" } as const;
  await resolver.call("UpdateResolverEndpoint", back);
  const [only] = await addresses(ResolverEndpointId);
  assert.equal(only?.Ipv6, undefined);
  const six = { ResolverEndpointId, ResolverEndpointType: "IPV6" } as const;
  assert.match(await resolver.refusal("UpdateResolverEndpoint", six), /is not supported/);
  const delegation = { ResolverEndpointId, Ipv6InternetAccessEnabled: true };
  assert.match(await resolver.refusal("UpdateResolverEndpoint", delegation), /is for OUTBOUND/);
  await remove(ResolverEndpointId);
});

test("ListResolverEndpoints filters and pages", async () => {
  const ids = [await create({ Name: "a" }), await create({ Name: "b", Direction: "INBOUND" })];
  const list = async (Name: string, ...Values: string[]) => {
    const Filters = [{ Name, Values }];
    const { ResolverEndpoints = [] } = await resolver.call("ListResolverEndpoints", { Filters });
    return ResolverEndpoints.map(({ Name: name }) => name).toSorted();
  };
  assert.deepEqual(await list("Name", "a", "b"), ["a", "b"]);
  assert.deepEqual(await list("DIRECTION", "INBOUND"), ["b"]);
  assert.deepEqual(await list("HOST_VPC_ID", "vpc-0000000b"), []);
  assert.deepEqual(await list("SecurityGroupIds", "sg-1"), ["a", "b"]);
  assert.deepEqual(await list("IpAddressCount", "2"), ["a", "b"]);
  assert.deepEqual(await list("Status", "OPERATIONAL"), ["a"]);
  const unknown = { Filters: [{ Name: "Colour", Values: ["red"] }] };
  assert.equal(
    await resolver.refusal("ListResolverEndpoints", unknown),
    "InvalidParameterException: The filter 'Colour' is invalid",
  );
  const first = await resolver.call("ListResolverEndpoints", { MaxResults: 1 });
  assert.equal(first.MaxResults, 1);
  const second = await resolver.call("ListResolverEndpoints", {
    MaxResults: 1,
    NextToken: first.NextToken,
  });
  assert.equal(second.NextToken, undefined);
  const found = [first, second].flatMap(({ ResolverEndpoints = [] }) => ResolverEndpoints);
  assert.deepEqual(found.map(({ Id }) => Id ?? "").toSorted(), ids.toSorted());
  assert.match(
    await resolver.refusal("ListResolverEndpoints", { NextToken: "nonsense" }),
    /^InvalidNextTokenException/,
  );
  for (const id of ids) await remove(id);
});
