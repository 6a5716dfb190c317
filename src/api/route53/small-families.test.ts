import assert from "node:assert/strict";
import { test } from "node:test";
import { change, refusal, set } from "../../../test/support/change-steps.ts";
import { addVpcs, addZone, openRoute53 } from "../../../test/support/route53-context.ts";

const route53 = await openRoute53();
const zone = await addZone(route53, "z.test");
await addVpcs(route53, { "vpc-11111111": { region: "us-east-1" } });
const { HostedZone: privateZone } = await route53.call("CreateHostedZone", {
  Name: "private.test",
  CallerReference: "private",
  VPC: { VPCRegion: "us-east-1", VPCId: "vpc-11111111" },
});

test("tags are added, replaced, removed and listed in order of key", async () => {
  const resource = { ResourceType: "hostedzone", ResourceId: zone } as const;
  await route53.call("ChangeTagsForResource", {
    ...resource,
    AddTags: [
      { Key: "b", Value: "1" },
      { Key: "a", Value: "" },
      { Key: "c", Value: "3" },
    ],
  });
  await route53.call("ChangeTagsForResource", {
    ...resource,
    AddTags: [{ Key: "b", Value: "2" }],
    RemoveTagKeys: ["c", "none"],
  });
  const Tags = [
    { Key: "a", Value: "" },
    { Key: "b", Value: "2" },
  ];
  assert.deepEqual(await route53.call("ListTagsForResource", resource), {
    ResourceTagSet: { ...resource, Tags },
  });
  const other = await addZone(route53, "untagged.test");
  const both = await route53.call("ListTagsForResources", {
    ResourceType: "hostedzone",
    ResourceIds: [zone, other],
  });
  assert.deepEqual(
    both.ResourceTagSets?.map(({ Tags }) => Tags?.length),
    [2, 0],
  );
  const twice = [
    { Key: "x", Value: "1" },
    { Key: "x", Value: "2" },
  ];
  const refusals: [object, string][] = [
    [resource, "InvalidInput"],
    [{ ...resource, AddTags: twice }, "InvalidInput"],
    [{ ...resource, AddTags: [{ Value: "x" }] }, "InvalidInput"],
    [{ ResourceType: "healthcheck", ResourceId: "x", RemoveTagKeys: ["a"] }, "NoSuchHealthCheck"],
    [{ ...resource, ResourceId: `/hostedzone/${zone}`, RemoveTagKeys: ["a"] }, "InvalidInput"],
    [{ ...resource, ResourceId: "ZNOTHERE", RemoveTagKeys: ["a"] }, "NoSuchHostedZone"],
  ];
  for (const [input, code] of refusals) {
    assert.equal((await route53.refusal("ChangeTagsForResource", input as never)).code, code);
  }
});

test("quota calls answer AWS's numbers and what there is", async () => {
  const account = async (Type: "MAX_HOSTED_ZONES_BY_OWNER" | "MAX_HEALTH_CHECKS_BY_OWNER") =>
    route53.call("GetAccountLimit", { Type });
  const { HostedZoneCount } = await route53.call("GetHostedZoneCount", {});
  assert.deepEqual(await account("MAX_HOSTED_ZONES_BY_OWNER"), {
    Limit: { Type: "MAX_HOSTED_ZONES_BY_OWNER", Value: 500 },
    Count: HostedZoneCount,
  });
  assert.deepEqual(await account("MAX_HEALTH_CHECKS_BY_OWNER"), {
    Limit: { Type: "MAX_HEALTH_CHECKS_BY_OWNER", Value: 200 },
    Count: 0,
  });
  const ofZone = (
    HostedZoneId: string,
    Type: "MAX_RRSETS_BY_ZONE" | "MAX_VPCS_ASSOCIATED_BY_ZONE",
  ) => route53.call("GetHostedZoneLimit", { HostedZoneId, Type });
  assert.deepEqual(await ofZone(zone, "MAX_RRSETS_BY_ZONE"), {
    Limit: { Type: "MAX_RRSETS_BY_ZONE", Value: 10_000 },
    Count: 2,
  });
  assert.equal((await ofZone(privateZone?.Id ?? "", "MAX_VPCS_ASSOCIATED_BY_ZONE")).Count, 1);
  const refused = await route53.refusal("GetHostedZoneLimit", {
    HostedZoneId: zone,
    Type: "MAX_VPCS_ASSOCIATED_BY_ZONE",
  });
  assert.equal(refused.code, "HostedZoneNotPrivate");
});

test("a limit is enforced where the operator sets it", async () => {
  const limited = await openRoute53({ MAX_HOSTED_ZONES_BY_OWNER: 1, MAX_RRSETS_BY_ZONE: 3 });
  const id = await addZone(limited, "z.test");
  const { Limit } = await limited.call("GetAccountLimit", { Type: "MAX_HOSTED_ZONES_BY_OWNER" });
  assert.equal(Limit?.Value, 1);
  const second = { Name: "second.test", CallerReference: "second" };
  const refused = await limited.refusal("CreateHostedZone", second);
  assert.equal(refused.code, "TooManyHostedZones");
  assert.match(refused.message, /^Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER/);
  await change(limited, id, ["CREATE", set("a.z.test")]);
  await change(limited, id, ["UPSERT", set("a.z.test", { TTL: 60 })]);
  const full = await refusal(limited, id, ["CREATE", set("b.z.test")]);
  assert.match(full.message, /^\[Limits Exceeded: MAX_RRSETS_BY_ZONE/);
  await change(limited, id, ["DELETE", set("a.z.test", { TTL: 60 })], ["CREATE", set("b.z.test")]);
});

test("a zone has one query logging configuration", async () => {
  const arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/z.test";
  const create = { HostedZoneId: zone, CloudWatchLogsLogGroupArn: arn };
  const { QueryLoggingConfig, Location } = await route53.call("CreateQueryLoggingConfig", create);
  const Id = QueryLoggingConfig?.Id ?? "";
  assert.deepEqual(QueryLoggingConfig, { Id, ...create });
  assert.equal(Location, `https://route53.amazonaws.com/2013-04-01/queryloggingconfig/${Id}`);
  const refused = async (more: object) =>
    (await route53.refusal("CreateQueryLoggingConfig", { ...create, ...more })).code;
  assert.equal(await refused({}), "QueryLoggingConfigAlreadyExists");
  assert.equal(await refused({ HostedZoneId: privateZone?.Id }), "InvalidInput");
  const other = await addZone(route53, "other.test");
  const bad = { HostedZoneId: other, CloudWatchLogsLogGroupArn: "arn:aws:s3:::bucket" };
  assert.equal(await refused(bad), "InvalidInput");
  await route53.call("CreateQueryLoggingConfig", { ...create, HostedZoneId: other });

  assert.deepEqual(await route53.call("GetQueryLoggingConfig", { Id }), { QueryLoggingConfig });
  const ofZone = await route53.call("ListQueryLoggingConfigs", { HostedZoneId: zone });
  assert.deepEqual(ofZone.QueryLoggingConfigs, [QueryLoggingConfig]);
  const first = await route53.call("ListQueryLoggingConfigs", { MaxResults: 1 });
  const second = await route53.call("ListQueryLoggingConfigs", {
    NextToken: first.NextToken ?? "",
  });
  assert.equal(second.QueryLoggingConfigs?.length, 1);
  assert.equal(second.NextToken, undefined);
  const token = await route53.refusal("ListQueryLoggingConfigs", { NextToken: "x" });
  assert.equal(token.code, "InvalidPaginationToken");

  await route53.call("DeleteQueryLoggingConfig", { Id });
  for (const name of ["GetQueryLoggingConfig", "DeleteQueryLoggingConfig"] as const) {
    assert.equal((await route53.refusal(name, { Id })).code, "NoSuchQueryLoggingConfig");
  }
});

test("geolocations are listed countries first, states after theirs, continents last", async () => {
  const codes: string[] = [];
  let start = {};
  for (;;) {
    const page = await route53.call("ListGeoLocations", { MaxItems: 90, ...start });
    assert.equal(page.MaxItems, 90);
    for (const place of page.GeoLocationDetailsList ?? []) {
      const { ContinentCode, CountryCode, SubdivisionCode } = place;
      const continent = ContinentCode && `continent ${ContinentCode}`;
      codes.push([continent, CountryCode, SubdivisionCode].filter(Boolean).join("-"));
    }
    if (!page.IsTruncated) break;
    start = {
      StartContinentCode: page.NextContinentCode,
      StartCountryCode: page.NextCountryCode,
      StartSubdivisionCode: page.NextSubdivisionCode,
    };
  }
  assert.equal(new Set(codes).size, codes.length);
  assert.equal(codes.length, 1 + 249 + 51 + 7);
  assert.deepEqual(codes.slice(0, 2), ["*", "AD"]);
  assert.equal(codes[codes.indexOf("US") + 1], "US-AK");
  assert.equal(codes[codes.indexOf("US-WY") + 1], "UY");
  assert.deepEqual(
    codes.slice(-7),
    ["AF", "AN", "AS", "EU", "NA", "OC", "SA"].map((code) => `continent ${code}`),
  );
});

test("GetGeoLocation knows the places of the list and no others", async () => {
  const details = async (input: object) =>
    JSON.parse(
      JSON.stringify((await route53.call("GetGeoLocation", input)).GeoLocationDetails),
    ) as unknown;
  assert.deepEqual(await details({ ContinentCode: "NA" }), {
    ContinentCode: "NA",
    ContinentName: "North America",
  });
  assert.deepEqual(await details({ CountryCode: "NA" }), {
    CountryCode: "NA",
    CountryName: "Namibia",
  });
  assert.deepEqual(await details({ CountryCode: "US", SubdivisionCode: "CA" }), {
    CountryCode: "US",
    CountryName: "United States",
    SubdivisionCode: "CA",
    SubdivisionName: "California",
  });
  assert.deepEqual(await details({}), { CountryCode: "*", CountryName: "Default" });
  const refusals: [object, string][] = [
    [{ CountryCode: "XX" }, "NoSuchGeoLocation"],
    [{ CountryCode: "DE", SubdivisionCode: "BY" }, "NoSuchGeoLocation"],
    [{ SubdivisionCode: "CA" }, "InvalidInput"],
    [{ ContinentCode: "EU", CountryCode: "DE" }, "InvalidInput"],
  ];
  for (const [input, code] of refusals) {
    assert.equal((await route53.refusal("GetGeoLocation", input)).code, code);
  }
});

test("TestDNSAnswer asks the name server code in the zone it names", async () => {
  const input = { HostedZoneId: zone, RecordName: "A.z.test", RecordType: "A" as const };
  const { DelegationSet } = await route53.call("GetHostedZone", { Id: zone });
  assert.deepEqual(await route53.call("TestDNSAnswer", input), {
    Nameserver: DelegationSet?.NameServers?.[0],
    RecordName: "a.z.test.",
    RecordType: "A",
    RecordData: ["192.0.2.1"],
    ResponseCode: "NOERROR",
    Protocol: "UDP",
  });
  await route53.call("TestDNSAnswer", {
    ...input,
    ResolverIP: "198.51.100.7",
    EDNS0ClientSubnetIP: "2001:db8:1:2:3::4",
  });
  const [plain, located] = route53.questions;
  assert.deepEqual(plain, { zoneId: zone, name: "a.z.test.", type: "A" });
  assert.equal(located?.clientSubnet?.prefixLength, 64);
  assert.deepEqual(located?.resolver, Uint8Array.of(198, 51, 100, 7));
  const refusals = [
    { RecordName: "other.test" },
    { RecordName: "a..z.test" },
    { ResolverIP: "nonsense" },
    { EDNS0ClientSubnetMask: "24" },
    { EDNS0ClientSubnetIP: "192.0.2.1", EDNS0ClientSubnetMask: "33" },
    { HostedZoneId: privateZone?.Id ?? "", RecordName: "private.test" },
  ];
  for (const more of refusals) {
    const error = await route53.refusal("TestDNSAnswer", { ...input, ...more });
    assert.equal(error.code, "InvalidInput", JSON.stringify(more));
  }
});
