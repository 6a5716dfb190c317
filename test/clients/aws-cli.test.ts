import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after } from "node:test";
import { awsCli as cli, awsCliOf } from "../support/aws-cli.ts";
import type { Json } from "../support/aws-cli.ts";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

let started: Promise<SignpostProcess> | undefined;
after(async () => (await started)?.stop());

/** One Signpost for the file, with one VPC; started by the first test that is not skipped. */
function server(): Promise<SignpostProcess> {
  started ??= startSignpost({ args: ["--workers", "1"] }).then((signpost) => {
    const words = "vpc create --id vpc-11111111 --region us-east-1 --cidr 10.0.0.0/16".split(" ");
    execFileSync(repositoryPath("bin/signpost"), [...words, "--data", signpost.dataDir]);
    return signpost;
  });
  return started;
}

const { aws, refused } = awsCliOf(server);

const record = (Name: string, Type: string, ...values: string[]) => ({
  Name,
  Type,
  TTL: 60,
  ResourceRecords: values.map((Value) => ({ Value })),
});
const batch = (Action: string, ...sets: object[]) => ({
  Comment: "from a test",
  Changes: sets.map((ResourceRecordSet) => ({ Action, ResourceRecordSet })),
});

testWith([cli], "AWS CLI: hosted zones and records", async () => {
  const created = await aws(
    "create-hosted-zone",
    "--name",
    "cli.example",
    "--caller-reference",
    "cli",
    "--hosted-zone-config",
    "Comment=hello",
  );
  const id = created.HostedZone.Id;
  const inZone = ["--hosted-zone-id", id];
  assert.equal(created.Location, `https://route53.amazonaws.com/2013-04-01${id}`);
  assert.equal((await aws("get-hosted-zone", "--id", id)).HostedZone.Name, "cli.example.");

  const sets = [
    record("www.cli.example", "A", "192.0.2.1", "192.0.2.2"),
    record("txt.cli.example", "TXT", '"one" "two"'),
    record("*.cli.example", "MX", "10 www.cli.example"),
  ];
  const change = ["change-resource-record-sets", ...inZone, "--change-batch"];
  const { ChangeInfo } = await aws(...change, batch("CREATE", ...sets));
  assert.equal(ChangeInfo.Status, "PENDING");
  assert.equal(ChangeInfo.Comment, "from a test");
  await aws("wait", "resource-record-sets-changed", "--id", ChangeInfo.Id);
  const { ChangeInfo: followed } = await aws("get-change", "--id", ChangeInfo.Id);
  assert.deepEqual([followed.Status, followed.Comment], ["INSYNC", "from a test"]);

  const listed = await aws("list-resource-record-sets", ...inZone, "--page-size", "2");
  assert.deepEqual(
    listed.ResourceRecordSets.map(({ Name, Type }: Json) => `${Name} ${Type}`),
    [
      "cli.example. NS",
      "cli.example. SOA",
      "\\052.cli.example. MX",
      "txt.cli.example. TXT",
      "www.cli.example. A",
    ],
  );
  const question = ["--record-name", "x.cli.example", "--record-type", "MX"];
  const tested = await aws("test-dns-answer", ...inZone, ...question);
  assert.deepEqual(tested.RecordData, ["10 www.cli.example."]);

  await refused(
    "InvalidChangeBatch",
    /but it already exists\]/,
    ...change,
    batch("CREATE", sets[0] ?? {}),
  );
  const elsewhere = batch("CREATE", record("a.other.example", "A", "192.0.2.1"));
  const notPermitted =
    /\[RRSet with DNS name a\.other\.example\. is not permitted in zone cli\.example\.\]/;
  await refused("InvalidChangeBatch", notPermitted, ...change, elsewhere);
  await refused("HostedZoneNotEmpty", /non-required resource/, "delete-hosted-zone", "--id", id);
  const again = ["--name", "cli.example", "--caller-reference", "cli"];
  await refused("HostedZoneAlreadyExists", /caller reference/, "create-hosted-zone", ...again);
  await refused(
    "NoSuchHostedZone",
    /No hosted zone found with ID: Z0/,
    "get-hosted-zone",
    "--id",
    "Z0",
  );
  await refused("NoSuchChange", /Could not find resource with ID: C0/, "get-change", "--id", "C0");

  const commented = await aws("update-hosted-zone-comment", "--id", id, "--comment", "new");
  assert.equal(commented.HostedZone.Config.Comment, "new");
  assert.ok((await aws("get-hosted-zone-count")).HostedZoneCount >= 1);
  assert.ok((await aws("list-hosted-zones", "--page-size", "1")).HostedZones.length >= 1);
  const byName = await aws("list-hosted-zones-by-name", "--dns-name", "cli.example");
  assert.equal(byName.HostedZones[0].Id, id);

  await aws(...change, batch("DELETE", ...sets));
  const deleted = await aws("delete-hosted-zone", "--id", id);
  assert.match(deleted.ChangeInfo.Id, /^\/change\/C/);
});

testWith([cli], "AWS CLI: private zones, delegation sets, tags, limits", async () => {
  const vpc = "VPCRegion=us-east-1,VPCId=vpc-11111111";
  const zone = await aws(
    "create-hosted-zone",
    "--name",
    "private.example",
    "--caller-reference",
    "private",
    "--vpc",
    vpc,
  );
  const id = zone.HostedZone.Id;
  const bare = id.replace("/hostedzone/", "");
  const inZone = ["--hosted-zone-id", id];
  const ofVpc = ["--vpc-id", "vpc-11111111", "--vpc-region", "us-east-1"];
  const { HostedZoneSummaries } = await aws("list-hosted-zones-by-vpc", ...ofVpc);
  assert.equal(HostedZoneSummaries[0].HostedZoneId, bare);
  const onVpc = [...inZone, "--vpc", vpc];
  const associate = ["associate-vpc-with-hosted-zone", ...onVpc];
  await refused("ConflictingDomainExists", /vpc-11111111 in region us-east-1/, ...associate);
  const disassociate = ["disassociate-vpc-from-hosted-zone", ...onVpc];
  await refused("LastVPCAssociation", /last VPC/, ...disassociate);
  await aws("create-vpc-association-authorization", ...onVpc);
  const authorized = await aws("list-vpc-association-authorizations", ...inZone);
  assert.equal(authorized.VPCs[0].VPCId, "vpc-11111111");
  await aws("delete-vpc-association-authorization", ...onVpc);

  const reference = ["--caller-reference", "set"];
  const { DelegationSet } = await aws("create-reusable-delegation-set", ...reference);
  const byId = ["--id", DelegationSet.Id];
  assert.deepEqual(
    (await aws("get-reusable-delegation-set", ...byId)).DelegationSet,
    DelegationSet,
  );
  assert.equal((await aws("list-reusable-delegation-sets")).DelegationSets.length, 1);
  const limited = await aws(
    "get-reusable-delegation-set-limit",
    "--delegation-set-id",
    DelegationSet.Id,
    "--type",
    "MAX_ZONES_BY_REUSABLE_DELEGATION_SET",
  );
  assert.equal(limited.Limit.Value, 100);
  await aws("delete-reusable-delegation-set", ...byId);
  await refused("NoSuchDelegationSet", /N/, "get-reusable-delegation-set", ...byId);

  const resource = ["--resource-type", "hostedzone", "--resource-id", bare];
  await aws("change-tags-for-resource", ...resource, "--add-tags", "Key=a,Value=b");
  const { ResourceTagSet } = await aws("list-tags-for-resource", ...resource);
  assert.deepEqual(ResourceTagSet.Tags, [{ Key: "a", Value: "b" }]);
  const ids = ["--resource-type", "hostedzone", "--resource-ids", bare];
  assert.equal((await aws("list-tags-for-resources", ...ids)).ResourceTagSets.length, 1);
  const long = ["--resource-type", "hostedzone", "--resource-id", id];
  await refused("InvalidInput", /less than or equal to 32/, "list-tags-for-resource", ...long);

  const account = await aws("get-account-limit", "--type", "MAX_HOSTED_ZONES_BY_OWNER");
  assert.equal(account.Limit.Value, 500);
  const ofZone = await aws(
    "get-hosted-zone-limit",
    ...inZone,
    "--type",
    "MAX_VPCS_ASSOCIATED_BY_ZONE",
  );
  assert.equal(ofZone.Count, 1);
  await refused(
    "HostedZoneAlreadyExists",
    /./,
    "create-hosted-zone",
    "--name",
    "x.example",
    "--caller-reference",
    "private",
  );
});

testWith([cli], "AWS CLI: query logs, CIDR collections, geolocations", async () => {
  const zone = await aws(
    "create-hosted-zone",
    "--name",
    "log.example",
    "--caller-reference",
    "log",
  );
  const inZone = ["--hosted-zone-id", zone.HostedZone.Id];
  const arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/log.example";
  const create = [
    "create-query-logging-config",
    ...inZone,
    "--cloud-watch-logs-log-group-arn",
    arn,
  ];
  const { QueryLoggingConfig } = await aws(...create);
  await refused("QueryLoggingConfigAlreadyExists", /already exists/, ...create);
  const byId = ["--id", QueryLoggingConfig.Id];
  assert.deepEqual(
    (await aws("get-query-logging-config", ...byId)).QueryLoggingConfig,
    QueryLoggingConfig,
  );
  assert.equal((await aws("list-query-logging-configs", ...inZone)).QueryLoggingConfigs.length, 1);
  await aws("delete-query-logging-config", ...byId);

  const named = ["--name", "places", "--caller-reference", "places"];
  const { Collection } = await aws("create-cidr-collection", ...named);
  const collection = ["--collection-id", Collection.Id];
  const change = ["change-cidr-collection", "--id", Collection.Id, "--changes"];
  const edit = (Action: string) => [{ LocationName: "east", Action, CidrList: ["192.0.2.0/24"] }];
  const { Id } = await aws(...change, edit("PUT"));
  await aws("wait", "resource-record-sets-changed", "--id", Id);
  assert.equal((await aws("list-cidr-collections")).CidrCollections[0].Version, 2);
  assert.equal((await aws("list-cidr-locations", ...collection)).CidrLocations.length, 1);
  assert.equal(
    (await aws("list-cidr-blocks", ...collection)).CidrBlocks[0].CidrBlock,
    "192.0.2.0/24",
  );
  const remove = ["delete-cidr-collection", "--id", Collection.Id];
  await refused("CidrCollectionInUseException", /isn't empty/, ...remove);
  await aws(...change, edit("DELETE_IF_EXISTS"));
  await aws(...remove);

  const places = await aws("list-geo-locations", "--start-country-code", "US", "--max-items", "2");
  assert.equal(places.GeoLocationDetailsList[1].SubdivisionName, "Alaska");
  const place = await aws("get-geo-location", "--continent-code", "EU");
  assert.equal(place.GeoLocationDetails.ContinentName, "Europe");
  await refused("NoSuchGeoLocation", /XX/, "get-geo-location", "--country-code", "XX");
});
