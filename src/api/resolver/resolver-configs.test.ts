import assert from "node:assert/strict";
import { test } from "node:test";
import { openResolver } from "../../../test/support/resolver-context.ts";
import { resolverConfigOf } from "../../control/state/resolver-rows.ts";

const resolver = await openResolver();
const ids = Array.from({ length: 12 }, (_, i) => `vpc-000000${String(i).padStart(2, "0")}`);
for (const id of ids) await resolver.addVpc(id, { byListener: true });
const [ResourceId = "", other = ""] = ids;

test("reverse names of a VPC are answered here unless it is told otherwise", async () => {
  const { ResolverConfig: before } = await resolver.call("GetResolverConfig", { ResourceId });
  assert.match(before?.Id ?? "", /^rslvr-rc-[0-9a-f]{17}$/);
  assert.deepEqual(before, {
    Id: before?.Id,
    ResourceId,
    OwnerId: "000000000000",
    AutodefinedReverse: "ENABLED",
  });
  assert.deepEqual(await resolver.call("ListResolverConfigs", {}), { ResolverConfigs: [] });
  const update = { ResourceId, AutodefinedReverseFlag: "DISABLE" } as const;
  const { ResolverConfig } = await resolver.call("UpdateResolverConfig", update);
  assert.deepEqual(ResolverConfig, { ...before, AutodefinedReverse: "DISABLING" });
  const { ResolverConfig: after } = await resolver.call("GetResolverConfig", { ResourceId });
  assert.deepEqual(after, { ...before, AutodefinedReverse: "DISABLED" });
  assert.deepEqual(await resolver.call("ListResolverConfigs", {}), { ResolverConfigs: [after] });
  assert.deepEqual(resolverConfigOf(resolver.state, ResourceId), {
    autodefinedReverse: false,
    dnssecValidation: false,
  });
});

test("signatures are checked for a VPC where it is told so", async () => {
  const update = { ResourceId, Validation: "ENABLE" } as const;
  const { ResolverDNSSECConfig } = await resolver.call("UpdateResolverDnssecConfig", update);
  assert.equal(ResolverDNSSECConfig?.ValidationStatus, "ENABLING");
  const { ResolverDNSSECConfig: after } = await resolver.call("GetResolverDnssecConfig", {
    ResourceId,
  });
  assert.equal(after?.ValidationStatus, "ENABLED");
  assert.deepEqual(resolverConfigOf(resolver.state, ResourceId), {
    autodefinedReverse: false,
    dnssecValidation: true,
  });
  await resolver.call("UpdateResolverDnssecConfig", { ResourceId: other, Validation: "DISABLE" });
  const list = async (Name: string, ...Values: string[]) => {
    const Filters = [{ Name, Values }];
    const page = await resolver.call("ListResolverDnssecConfigs", { Filters });
    return page.ResolverDnssecConfigs?.map((config) => config.ResourceId);
  };
  assert.deepEqual(await list("ValidationStatus", "ENABLED"), [ResourceId]);
  assert.deepEqual(await list("ResourceId", ResourceId, other), [ResourceId, other]);
});

test("configurations are listed page by page", async () => {
  for (const id of ids) {
    const update = { ResourceId: id, AutodefinedReverseFlag: "ENABLE" } as const;
    await resolver.call("UpdateResolverConfig", update);
  }
  const seen: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page = await resolver.call("ListResolverConfigs", { MaxResults: 5, NextToken });
    seen.push(...(page.ResolverConfigs ?? []).map((config) => config.ResourceId));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  assert.deepEqual(seen, ids);
});

test("configurations of what is no VPC are refused", async () => {
  const unknown = { ResourceId: "vpc-0badcafe" };
  const refused = "InvalidParameterException: The vpc ID 'vpc-0badcafe' does not exist";
  assert.equal(await resolver.refusal("GetResolverConfig", unknown), refused);
  assert.equal(await resolver.refusal("GetResolverDnssecConfig", unknown), refused);
  const update = { ...unknown, AutodefinedReverseFlag: "DISABLE" } as const;
  assert.equal(await resolver.refusal("UpdateResolverConfig", update), refused);
  const profile = { ResourceId, Validation: "USE_LOCAL_RESOURCE_SETTING" } as const;
  assert.match(await resolver.refusal("UpdateResolverDnssecConfig", profile), /Route 53 Profiles/);
});
