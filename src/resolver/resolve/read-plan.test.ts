import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openRoute53, putRows } from "../../../test/support/route53-context.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { formatName, parseName } from "../../dns/wire/name.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import { frontPlan } from "./front-plan.ts";
import { nameKey } from "../../dns/wire/name-key.ts";
import { PlanReader } from "./read-plan.ts";
import { routeOf } from "./resolver-plan.ts";
import type { ViewSettings } from "./resolver-plan.ts";
import { SourceNumbers } from "./source-numbers.ts";

const vpcId = "vpc-00000001";

function zoneRows(id: string, name: string): Mutation[] {
  const zone = {
    ...{ id, name, callerReference: id, createdAt: "", private: true, nameServers: [] },
    vpcs: [{ id: vpcId, region: "us-east-1" }],
  };
  return [
    { put: "hostedZone", key: [id], value: zone },
    { put: "zoneByVpc", key: [vpcId, id], value: true },
  ];
}

type Rule = { id: string; domainName: string; ruleType: string; endpointId?: string; ip?: string };

function ruleRows({ ip, ...rule }: Rule): Mutation[] {
  const { id, ruleType, domainName } = rule;
  const targets = ip === undefined ? [] : [{ ip, port: 53, protocol: "Do53" }];
  const value = { ...rule, targets, creatorRequestId: id, createdAt: "", modifiedAt: "" };
  const kind = ruleType === "DELEGATE" ? "delegate" : "match";
  return [
    { put: "resolverRule", key: [id], value },
    {
      put: "resolverRuleAssociation",
      key: [`a-${id}`],
      value: { id: `a-${id}`, ruleId: id, vpcId, createdAt: "" },
    },
    { put: "resolverRuleByVpc", key: [vpcId, kind, domainName], value: `a-${id}` },
  ];
}

function endpointRow(id: string, part: Record<string, unknown>): Mutation {
  const ips = ["127.0.0.5", "192.0.2.9"];
  const value = {
    ...{ id, creatorRequestId: id, vpcId, securityGroupIds: [], addressType: "IPV4" },
    ...{ protocols: ["Do53"], dns64: false, ipv6InternetAccess: false, createdAt: "" },
    addresses: ips.map((ip) => ({ id: ip, subnetId: "s", ip, createdAt: "" })),
    ...part,
  };
  return { put: "resolverEndpoint", key: [id], value };
}

/** A reader of plans, and what writes the rows it reads. */
async function world() {
  const route53 = await openRoute53();
  const reader = new PlanReader({
    state: route53.state,
    numbers: new SourceNumbers(1),
    accountId: "000000000000",
    isLocalAddress: (address) => address.startsWith("127."),
    ports: [5300],
  });
  await putRows(route53, [
    { put: "vpc", key: [vpcId], value: { region: "us-east-1", cidr: "10.0.0.0/16" } },
  ]);
  const put = async (...mutations: Mutation[]): Promise<ViewSettings> => {
    await putRows(route53, mutations);
    const [view] = reader.read().views;
    assert.ok(view);
    return view;
  };
  return { reader, put };
}

const route = (view: ViewSettings, name: string) => routeOf(view, parseName(name), TYPE.A)?.kind;

describe("PlanReader", () => {
  it("reads VPCs with their blocks, hosts, zones, rules and configuration", async () => {
    const { put } = await world();
    const view = await put(
      ...zoneRows("Z1", "corp.test."),
      ...ruleRows({ id: "r1", domainName: "far.corp.test.", ruleType: "FORWARD", ip: "10.9.9.9" }),
      ...ruleRows({ id: "r2", domainName: "near.far.corp.test.", ruleType: "SYSTEM" }),
      { put: "vpcHost", key: [vpcId, "db.corp.test."], value: { addresses: ["10.0.0.9", "::9"] } },
      {
        put: "resolverConfig",
        key: [vpcId],
        value: { autodefinedReverse: false, dnssecValidation: true },
      },
    );
    assert.deepEqual([view.vpcId, view.region, view.cidrs], [vpcId, "us-east-1", ["10.0.0.0/16"]]);
    assert.equal(route(view, "web.corp.test."), "zone");
    assert.equal(route(view, "db.corp.test."), "hosts");
    assert.equal(route(view, "below.db.corp.test."), "zone");
    assert.equal(route(view, "x.far.corp.test."), "forward");
    assert.equal(route(view, "x.near.far.corp.test."), "zone");
    assert.equal(route(view, "localhost."), "autodefined");
    assert.equal(route(view, "1.0.0.10.in-addr.arpa."), undefined, "reverse rules are off");
    assert.equal(route(view, "example."), undefined);
    assert.equal(view.validates, true);
  });

  it("asks from an endpoint's addresses, as far as they are this machine's", async () => {
    const { put } = await world();
    const outbound = { direction: "OUTBOUND" };
    const view = await put(
      endpointRow("rslvr-out-1", outbound),
      ...ruleRows({
        ...{ id: "r1", domainName: "far.test.", ruleType: "FORWARD", ip: "10.9.9.9" },
        endpointId: "rslvr-out-1",
      }),
      ...ruleRows({
        ...{ id: "r2", domainName: "ns.sub.test.", ruleType: "DELEGATE" },
        endpointId: "rslvr-out-1",
      }),
    );
    const [cut] = view.cuts.get(nameKey(parseName("far.test."))) ?? [];
    assert.ok(cut?.kind === "forward");
    assert.deepEqual(cut.source.localAddresses, ["127.0.0.5"]);
    assert.deepEqual(
      view.delegations.map(({ ruleId, localAddresses }) => [ruleId, localAddresses]),
      [["r2", ["127.0.0.5"]]],
    );
  });

  it("takes the addresses of inbound endpoints as the VPC's own, and their DNS64", async () => {
    const { put } = await world();
    const view = await put(endpointRow("rslvr-in-1", { direction: "INBOUND", dns64: true }));
    assert.equal(view.dns64, true);
    assert.equal(view.listeners[0]?.address, "127.0.0.5");
    assert.equal(view.listeners[0]?.endpointId, "rslvr-in-1");
  });

  it("has no clients by address of a VPC that is told by its listener", async () => {
    const { put } = await world();
    const row = { region: "us-east-1", cidr: "10.0.0.0/16", byListener: true };
    assert.deepEqual((await put({ put: "vpc", key: [vpcId], value: row })).cidrs, []);
  });

  it("gives another partition where answers may differ, and the same where they may not", async () => {
    const { put, reader } = await world();
    let partition = (await put()).partition;
    const changes: [what: string, mutations: Mutation[]][] = [
      ["a zone", zoneRows("Z1", "corp.test.")],
      [
        "a rule",
        ruleRows({ id: "r1", domainName: "far.test.", ruleType: "FORWARD", ip: "10.9.9.9" }),
      ],
      [
        "its target",
        ruleRows({ id: "r1", domainName: "far.test.", ruleType: "FORWARD", ip: "10.9.9.8" }),
      ],
      [
        "a host",
        [{ put: "vpcHost", key: [vpcId, "db.test."], value: { addresses: ["10.0.0.9"] } }],
      ],
      [
        "its address",
        [{ put: "vpcHost", key: [vpcId, "db.test."], value: { addresses: ["10.0.0.8"] } }],
      ],
      ["DNS64", [endpointRow("rslvr-in-1", { direction: "INBOUND", dns64: true })]],
    ];
    for (const [what, mutations] of changes) {
      const after = (await put(...mutations)).partition;
      assert.notEqual(after, partition, what);
      partition = after;
    }
    reader.changed(["hostedZone"]);
    const block = { region: "us-east-1", cidr: "10.0.0.0/16", moreCidrs: ["10.1.0.0/16"] };
    assert.equal((await put({ put: "vpc", key: [vpcId], value: block })).partition, partition);
  });

  it("gives VPCs that see the same names one partition", async () => {
    const { put, reader } = await world();
    await put({
      put: "vpc",
      key: ["vpc-00000002"],
      value: { region: "us-east-1", cidr: "10.8.0.0/16" },
    });
    const [one, other] = reader.read().views;
    assert.ok(one && other && one.view !== other.view);
    assert.equal(one.partition, other.partition);
  });
});

describe("frontPlan()", () => {
  it("says where the front may answer, where it looks in the cache and where it hands over", async () => {
    const { put } = await world();
    const settings = await put(
      ...zoneRows("Z1", "corp.test."),
      ...zoneRows("Z2", "both.test."),
      ...ruleRows({ id: "r1", domainName: "both.test.", ruleType: "FORWARD", ip: "10.9.9.9" }),
      ...ruleRows({ id: "r2", domainName: "sys.test.", ruleType: "SYSTEM" }),
      ...ruleRows({ id: "r3", domainName: "corp.test.", ruleType: "SYSTEM" }),
      ...ruleRows({ id: "r4", domainName: "5.10.in-addr.arpa.", ruleType: "SYSTEM" }),
      { put: "vpcHost", key: [vpcId, "db.corp.test."], value: { addresses: ["10.0.0.9"] } },
    );
    const plan = frontPlan(settings);
    const cut = (name: string) => plan.cuts.find((one) => formatName(one.name) === name)?.partition;
    assert.deepEqual(
      plan.zones.map(({ apex }) => formatName(apex)),
      ["both.test.", "corp.test."],
    );
    assert.equal(cut("both.test."), plan.publicPartition);
    assert.equal(cut("db.corp.test."), -1);
    assert.equal(cut("localhost."), -1);
    assert.equal(cut("10.in-addr.arpa."), -1);
    assert.equal(cut("sys.test."), -2);
    assert.equal(cut("corp.test."), undefined, "its zone answers");
    assert.equal(cut("5.10.in-addr.arpa."), -1, "autodefined names are the thread's");
    assert.equal(plan.handOverAll, false);
  });
});
