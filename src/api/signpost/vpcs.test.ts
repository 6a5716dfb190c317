import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ownApiOf } from "../../../test/support/own-api.ts";
import { openRoute53, putRows } from "../../../test/support/route53-context.ts";
import { hostsOfVpc, vpcsOf } from "../../control/state/resolver-rows.ts";
import { vpcRoutes } from "./vpc-routes.ts";

const route53 = await openRoute53();
const own = ownApiOf(vpcRoutes(route53));
const vpc = { vpcId: "vpc-0000000a", region: "us-east-1", cidrs: ["10.1.0.0/16"] };

beforeEach(async () => {
  const { vpcs } = await own("GET vpcs");
  for (const { vpcId } of vpcs) await own(`DELETE vpcs?id=${vpcId}`);
});

test("a VPC has several blocks, subnets in them, and is changed as a whole", async () => {
  const subnets = { "subnet-0000000a": ["10.1.0.0/24"], "subnet-0000000b": ["2001:db8::5/64"] };
  const cidrs = ["10.1.9.9/16", "10.2.0.0/16", "2001:db8::/56"];
  const made = await own("POST vpcs", { ...vpc, cidrs, subnets });
  const kept = ["10.1.0.0/16", "10.2.0.0/16", "2001:db8::/56"];
  const blocks = { "subnet-0000000a": ["10.1.0.0/24"], "subnet-0000000b": ["2001:db8::/64"] };
  assert.deepEqual(made, { ...vpc, cidrs: kept, subnets: blocks, byListener: false });
  assert.deepEqual(await own("GET vpcs"), { vpcs: [made] });
  assert.equal(route53.state.get("vpcBySubnet", ["subnet-0000000a"]), vpc.vpcId);

  const changed = await own(`PATCH vpcs/${vpc.vpcId}`, { cidrs: ["10.1.0.0/16"], subnets: {} });
  assert.deepEqual(changed, { ...vpc, subnets: {}, byListener: false });
  assert.equal(route53.state.get("vpcBySubnet", ["subnet-0000000a"]), undefined);
  const heard = await own(`PATCH vpcs/${vpc.vpcId}`, { byListener: true });
  assert.deepEqual(heard, { ...vpc, subnets: {}, byListener: true });
  assert.deepEqual(vpcsOf(route53.state), [
    { id: vpc.vpcId, region: "us-east-1", cidrs: vpc.cidrs, byListener: true },
  ]);
});

test("VPCs with addresses in common are told by their listeners, or refused", async () => {
  await own("POST vpcs", vpc);
  const other = { ...vpc, vpcId: "vpc-0000000b", cidrs: ["192.168.0.0/16", "10.1.2.0/24"] };
  assert.equal(
    await own.refusal("POST vpcs", other),
    "Conflict: Cannot give vpc-0000000b these addresses: 10.1.0.0/16 of vpc-0000000a overlaps " +
      "them. Addresses can be those of several VPCs only if all of these but one are " +
      "`--by-listener`: known by a listener of their own.",
  );
  await own("POST vpcs", { ...other, byListener: true });
  assert.match(await own.refusal("PATCH vpcs/vpc-0000000b", { byListener: false }), /overlaps/);
  await own("PATCH vpcs/vpc-0000000a", { byListener: true });
  await own("PATCH vpcs/vpc-0000000b", { byListener: false });
  assert.match(await own.refusal("PATCH vpcs/vpc-0000000a", { byListener: false }), /overlaps/);
});

test("VPCs that make no sense are refused", async () => {
  const cases: [object, RegExp][] = [
    [{ vpcId: "vpc-1" }, /^InvalidInput: vpcId: id vpc-1 is not vpc- and 8 or 17 hex/],
    [{ region: "mars" }, /^InvalidInput: region: mars does not look like us-east-1/],
    [{ cidrs: [] }, /^InvalidInput: cidrs: 0 elements, 1 to 50 are expected/],
    [{ cidrs: ["10.0.0.0"] }, /^InvalidInput: cidrs\.0: 10\.0\.0\.0 is not ADDRESS\/LENGTH/],
    [
      { cidrs: ["10.0.0.0/8", "10.9.0.0/16"] },
      /^InvalidInput: cidrs\.1: 10\.9\.0\.0\/16 overlaps 10\.0\.0\.0\/8$/,
    ],
    [{ subnets: { x: ["10.1.0.0/24"] } }, /x is not subnet- and 8 or 17 hexadecimal digits/],
    [
      { subnets: { "subnet-0000000a": ["10.2.0.0/24"] } },
      /^InvalidInput: subnets\.subnet-0000000a\.0: 10\.2\.0\.0\/24 lies in none of 10\.1\.0\.0\/16/,
    ],
    [{ subnets: { "subnet-0000000a": ["10.0.0.0/8"] } }, /lies in none of/],
    [
      { subnets: { "subnet-0000000a": ["10.1.0.0/24"], "subnet-0000000b": ["10.1.0.128/25"] } },
      /subnets\.subnet-0000000b\.0: 10\.1\.0\.128\/25 overlaps 10\.1\.0\.0\/24/,
    ],
    [
      { subnets: { "subnet-0000000a": ["10.1.0.0/24", "10.1.1.0/24"] } },
      /subnets\.subnet-0000000a\.1: a subnet has one block of each address family/,
    ],
    [{ colour: "blue" }, /^InvalidInput: colour: is not expected here/],
  ];
  for (const [change, message] of cases) {
    assert.match(await own.refusal("POST vpcs", { ...vpc, ...change }), message);
  }
  await own("POST vpcs", { ...vpc, subnets: { "subnet-0000000a": ["10.1.0.0/24"] } });
  assert.match(await own.refusal("POST vpcs", vpc), /^Conflict: .* is there already/);
  const taken = { ...vpc, vpcId: "vpc-0000000b", cidrs: ["10.2.0.0/16"] };
  const subnets = { "subnet-0000000a": ["10.2.0.0/24"] };
  assert.match(
    await own.refusal("POST vpcs", { ...taken, subnets }),
    /^Conflict: Cannot take subnet subnet-0000000a into vpc-0000000b: vpc-0000000a has it/,
  );
  assert.match(await own.refusal("PATCH vpcs/vpc-0000000b", {}), /^NotFound: There is no VPC/);
});

test("a VPC that something is on is not deleted", async () => {
  await own("POST vpcs", vpc);
  const rule = [vpc.vpcId, "match", "corp.test."];
  await putRows(route53, [{ put: "resolverRuleByVpc", key: rule, value: "a" }]);
  assert.equal(
    await own.refusal(`DELETE vpcs?id=${vpc.vpcId}`),
    "Conflict: Cannot delete VPC: 1 resolver rules are on vpc-0000000a",
  );
  await putRows(route53, [{ remove: "resolverRuleByVpc", key: rule }]);
});

test("hosts of a VPC are put, listed and removed, and go with it", async () => {
  await own("POST vpcs", vpc);
  const hosts = `vpcs/${vpc.vpcId}/hosts`;
  const put = await own(`PUT ${hosts}`, {
    name: "Build.Corp.test",
    addresses: ["10.1.0.7", "2001:DB8:0::7"],
  });
  const host = { name: "build.corp.test.", addresses: ["10.1.0.7", "2001:db8::7"] };
  assert.deepEqual(put, host);
  assert.deepEqual(await own(`GET ${hosts}`), { hosts: [host] });
  assert.deepEqual(hostsOfVpc(route53.state, vpc.vpcId), [host]);
  await own(`PUT ${hosts}`, { name: "build.corp.test.", addresses: ["10.1.0.8"] });
  await own(`PUT ${hosts}`, { name: "other.corp.test.", addresses: ["10.1.0.9"] });
  assert.equal((await own(`GET ${hosts}`)).hosts.length, 2);
  await own(`DELETE ${hosts}?name=BUILD.corp.test`);
  assert.match(await own.refusal(`DELETE ${hosts}?name=build.corp.test`), /^NotFound: .* no host/);
  assert.match(await own.refusal("GET vpcs/vpc-0000000b/hosts"), /^NotFound: There is no VPC/);
  assert.match(
    await own.refusal(`PUT ${hosts}`, { name: "a..b", addresses: ["10.0.0.1"] }),
    /^InvalidInput: name: .*DomainLabelEmpty/,
  );
  assert.match(
    await own.refusal(`PUT ${hosts}`, { name: "a.test", addresses: ["10.0.0"] }),
    /^InvalidInput: addresses\.0: 10\.0\.0 is no IPv4 or IPv6 address/,
  );
  await own(`DELETE vpcs?id=${vpc.vpcId}`);
  await own("POST vpcs", vpc);
  assert.deepEqual(await own(`GET ${hosts}`), { hosts: [] });
});
