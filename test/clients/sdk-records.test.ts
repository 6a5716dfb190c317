import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as sdk from "@aws-sdk/client-route-53";
import { formatRdata } from "../../src/dns/rdata/rdata.ts";
import { ask } from "../support/ask.ts";
import { route53Client } from "../support/route53-client.ts";
import { startSignpost } from "../support/signpost-process.ts";
import { expectError } from "./expect-error.ts";

const signpost = await startSignpost({ args: ["--workers", "1"] });
const client = route53Client(signpost);
after(async () => {
  client.destroy();
  await signpost.stop();
});

async function createZone(Name: string): Promise<string> {
  const input = { Name, CallerReference: Name };
  const { HostedZone } = await client.send(new sdk.CreateHostedZoneCommand(input));
  return HostedZone?.Id ?? "";
}

function change(HostedZoneId: string, Action: sdk.ChangeAction, ...sets: sdk.ResourceRecordSet[]) {
  const Changes = sets.map((ResourceRecordSet) => ({ Action, ResourceRecordSet }));
  return client.send(
    new sdk.ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }),
  );
}

async function insync(Id: string | undefined): Promise<void> {
  const options = { client, minDelay: 1, maxDelay: 1, maxWaitTime: 20 };
  await sdk.waitUntilResourceRecordSetsChanged(options, { Id });
}

function simple(Name: string, Type: sdk.RRType, ...values: string[]): sdk.ResourceRecordSet {
  return { Name, Type, TTL: 300, ResourceRecords: values.map((Value) => ({ Value })) };
}

/** What `ask` answers, without the order of values. */
async function asked(name: string, type: string): Promise<string[]> {
  const { answer } = await ask(signpost.dns, name, type);
  return answer.map((record) => formatRdata(record.type, record.rdata)).toSorted();
}

const zone = await createZone("records.example");

/** Sets as created: what they are asked for, and what is answered. */
const sets: [sdk.ResourceRecordSet, string, string[]][] = [
  [simple("a.records.example", "A", "192.0.2.1", "192.0.2.2"), "A", ["192.0.2.1", "192.0.2.2"]],
  [simple("aaaa.records.example", "AAAA", "2001:db8::1"), "AAAA", ["2001:db8::1"]],
  [simple("txt.records.example", "TXT", '"one" "two"'), "TXT", ['"one" "two"']],
  [simple("mx.records.example", "MX", "10 a.records.example"), "MX", ["10 a.records.example."]],
  [simple("caa.records.example", "CAA", '0 issue "ca.test"'), "CAA", ['0 issue "ca.test"']],
  [simple("ptr.records.example", "PTR", "a.test."), "PTR", ["a.test."]],
  [simple("srv.records.example", "SRV", "1 2 3 a.test"), "SRV", ["1 2 3 a.test."]],
  [simple("spf.records.example", "SPF", '"v=spf1 -all"'), "SPF", ['"v=spf1 -all"']],
  [
    simple("naptr.records.example", "NAPTR", '100 10 "u" "sip" "!^.*$!sip:a@b!" .'),
    "NAPTR",
    ['100 10 "u" "sip" "!^.*$!sip:a@b!" .'],
  ],
  [
    simple("https.records.example", "HTTPS", "1 . alpn=h2,h3 port=8443"),
    "HTTPS",
    ['1 . alpn="h2,h3" port=8443'],
  ],
  [simple("svcb.records.example", "SVCB", "0 a.test"), "SVCB", ["0 a.test."]],
  [
    simple("tlsa.records.example", "TLSA", `3 1 1 ${"ab".repeat(32)}`),
    "TLSA",
    [`3 1 1 ${"AB".repeat(32)}`],
  ],
  [
    simple("sshfp.records.example", "SSHFP", `4 2 ${"cd".repeat(32)}`),
    "SSHFP",
    [`4 2 ${"CD".repeat(32)}`],
  ],
  [
    {
      Name: "alias.records.example",
      Type: "A",
      AliasTarget: {
        HostedZoneId: zone,
        DNSName: "a.records.example",
        EvaluateTargetHealth: false,
      },
    },
    "A",
    ["192.0.2.1", "192.0.2.2"],
  ],
];

test("@aws-sdk: records of every type are created, answered, tested, listed and deleted", async () => {
  const { ChangeInfo } = await change(zone, "CREATE", ...sets.map(([set]) => set));
  assert.equal(ChangeInfo?.Status, "PENDING");
  await insync(ChangeInfo?.Id);
  for (const [{ Name = "", Type }, type, values] of sets) {
    assert.deepEqual((await asked(Name, type)).map(upper), values.map(upper), `${Name} ${type}`);
    const tested = await client.send(
      new sdk.TestDNSAnswerCommand({ HostedZoneId: zone, RecordName: Name, RecordType: Type }),
    );
    assert.equal(tested.ResponseCode, "NOERROR");
    assert.equal(tested.Protocol, "UDP");
    assert.match(tested.Nameserver ?? "", /^ns-/);
    assert.deepEqual(tested.RecordData?.toSorted().map(upper), values.map(upper));
  }
  const listed: sdk.ResourceRecordSet[] = [];
  let start = {};
  for (;;) {
    const page = await client.send(
      new sdk.ListResourceRecordSetsCommand({ HostedZoneId: zone, MaxItems: 5, ...start }),
    );
    listed.push(...(page.ResourceRecordSets ?? []));
    if (!page.IsTruncated) break;
    start = { StartRecordName: page.NextRecordName, StartRecordType: page.NextRecordType };
  }
  assert.equal(listed.length, sets.length + 2);
  assert.deepEqual(listed.find(({ Type }) => Type === "TXT")?.ResourceRecords, [
    { Value: '"one" "two"' },
  ]);
  const { ChangeInfo: gone } = await change(zone, "DELETE", ...sets.map(([set]) => set));
  await insync(gone?.Id);
  const { rcode } = await ask(signpost.dns, "a.records.example", "A");
  assert.equal(rcode, 3);
});

function upper(text: string): string {
  return text.toUpperCase();
}

test("@aws-sdk: routing fields go there and back", async () => {
  const Name = (label: string) => `${label}.records.example.`;
  const plain = { Type: "A" as const, TTL: 60, ResourceRecords: [{ Value: "192.0.2.1" }] };
  const { Collection } = await client.send(
    new sdk.CreateCidrCollectionCommand({ Name: "routing", CallerReference: "routing" }),
  );
  const routed: sdk.ResourceRecordSet[] = [
    { Name: Name("w"), ...plain, SetIdentifier: "w", Weight: 0 },
    { Name: Name("l"), ...plain, SetIdentifier: "l", Region: "eu-central-1" },
    { Name: Name("f"), ...plain, SetIdentifier: "f", Failover: "SECONDARY" },
    { Name: Name("m"), ...plain, SetIdentifier: "m", MultiValueAnswer: true },
    { Name: Name("g"), ...plain, SetIdentifier: "g", GeoLocation: { CountryCode: "*" } },
    {
      Name: Name("p"),
      ...plain,
      SetIdentifier: "p",
      GeoProximityLocation: { LocalZoneGroup: "us-west-2-den-1", Bias: 50 },
    },
    {
      Name: Name("c"),
      ...plain,
      SetIdentifier: "c",
      CidrRoutingConfig: { CollectionId: Collection?.Id ?? "", LocationName: "*" },
    },
  ];
  await change(zone, "CREATE", ...routed);
  for (const set of routed) {
    const { ResourceRecordSets } = await client.send(
      new sdk.ListResourceRecordSetsCommand({
        HostedZoneId: zone,
        StartRecordName: set.Name,
        StartRecordType: set.Type,
        StartRecordIdentifier: set.SetIdentifier,
        MaxItems: 1,
      }),
    );
    assert.deepEqual(ResourceRecordSets, [set]);
  }
  await change(zone, "DELETE", ...routed);
  await client.send(new sdk.DeleteCidrCollectionCommand({ Id: Collection?.Id }));
});

test("@aws-sdk: a refused batch says all that is wrong", async () => {
  const batch = change(
    zone,
    "CREATE",
    simple("x.elsewhere.example", "A", "192.0.2.1"),
    simple("records.example", "CNAME", "a.test"),
  );
  const first =
    "RRSet with DNS name x.elsewhere.example. is not permitted in zone records.example.";
  await expectError(batch, { type: sdk.InvalidChangeBatch, status: 400, message: `[${first}]` });
  const missing = change(zone, "DELETE", simple("none.records.example", "A", "192.0.2.1"));
  await expectError(missing, {
    type: sdk.InvalidChangeBatch,
    status: 400,
    message:
      "[Tried to delete resource record set [name='none.records.example.', type='A'] " +
      "but it was not found]",
  });
  const neither = change(zone, "CREATE", { Name: "x.records.example", Type: "A" });
  await expectError(neither, {
    type: sdk.InvalidInput,
    status: 400,
    message: /^Invalid request: Expected exactly one of \[AliasTarget, all of \[TTL, and/,
  });
  const checked = { ...simple("x.records.example", "A", "192.0.2.1"), HealthCheckId: "none" };
  await expectError(change(zone, "CREATE", checked), { type: sdk.NoSuchHealthCheck, status: 404 });
  const unknown = client.send(new sdk.GetChangeCommand({ Id: "C0" }));
  await expectError(unknown, {
    type: sdk.NoSuchChange,
    status: 404,
    message: "Could not find resource with ID: C0",
  });
});

test("@aws-sdk: protections hold", async () => {
  const Protections = [
    { RecordName: "kept.records.example", RecordType: "A", Comment: "kept" },
  ] as sdk.ResourceRecordSetProtectionConfig[];
  const input = { HostedZoneId: zone, Protections };
  await client.send(new sdk.CreateResourceRecordSetProtectionsCommand(input));
  const refused = change(zone, "CREATE", simple("kept.records.example", "A", "192.0.2.1"));
  await expectError(refused, { type: sdk.InvalidChangeBatch, status: 400, message: /kept\]$/ });
  const { ResourceRecordSetProtections } = await client.send(
    new sdk.ListResourceRecordSetProtectionsCommand({ HostedZoneId: zone }),
  );
  assert.deepEqual(ResourceRecordSetProtections, [
    { RecordName: "kept.records.example.", RecordType: "A", Comment: "kept" },
  ]);
  const again = client.send(new sdk.CreateResourceRecordSetProtectionsCommand(input));
  await assert.rejects(again, (error: sdk.ProtectionAlreadyExists) => {
    assert.ok(error instanceof sdk.ProtectionAlreadyExists);
    assert.equal(error.Errors?.[0]?.Code, "ProtectionAlreadyExists");
    return true;
  });
  await client.send(new sdk.DeleteResourceRecordSetProtectionsCommand(input));
  const gone = client.send(new sdk.DeleteResourceRecordSetProtectionsCommand(input));
  await assert.rejects(gone, (error: sdk.InvalidResourceRecordSetProtectionBatch) => {
    assert.ok(error instanceof sdk.InvalidResourceRecordSetProtectionBatch);
    assert.equal(error.Errors?.[0]?.Code, "ProtectionNotFound");
    return true;
  });
});

test("@aws-sdk: a query logging configuration starts a real log", async () => {
  const HostedZoneId = await createZone("logged.example");
  const { ChangeInfo } = await change(
    HostedZoneId,
    "CREATE",
    simple("a.logged.example", "A", "192.0.2.1"),
  );
  await insync(ChangeInfo?.Id);
  const group = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/logged.example";
  const create = { HostedZoneId, CloudWatchLogsLogGroupArn: group };
  const created = await client.send(new sdk.CreateQueryLoggingConfigCommand(create));
  const Id = created.QueryLoggingConfig?.Id ?? "";
  const again = client.send(new sdk.CreateQueryLoggingConfigCommand(create));
  await expectError(again, { type: sdk.QueryLoggingConfigAlreadyExists, status: 409 });
  const list = await client.send(new sdk.ListQueryLoggingConfigsCommand({ HostedZoneId }));
  assert.deepEqual(list.QueryLoggingConfigs, [created.QueryLoggingConfig]);
  const got = await client.send(new sdk.GetQueryLoggingConfigCommand({ Id }));
  assert.deepEqual(got.QueryLoggingConfig, created.QueryLoggingConfig);

  const file = join(
    signpost.dataDir,
    "query-logs",
    "%2Faws%2Froute53%2Flogged.example",
    "queries.jsonl",
  );
  const line = await untilLogged(file);
  assert.equal(line["queryName"], "a.logged.example");
  assert.equal(line["queryType"], "A");
  assert.equal(line["responseCode"], "NOERROR");
  await client.send(new sdk.DeleteQueryLoggingConfigCommand({ Id }));
  const gone = client.send(new sdk.GetQueryLoggingConfigCommand({ Id }));
  await expectError(gone, { type: sdk.NoSuchQueryLoggingConfig, status: 404 });
});

const logTimeoutMs = 10_000;

/** Asks until the log has a line. */
async function untilLogged(file: string): Promise<Record<string, unknown>> {
  const deadlineMs = Date.now() + logTimeoutMs;
  for (;;) {
    await ask(signpost.dns, "a.logged.example", "A");
    try {
      const [line] = readFileSync(file, "utf8").split("\n");
      if (line) return JSON.parse(line) as Record<string, unknown>;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    if (Date.now() > deadlineMs) throw new Error(`${file} has no line; ${signpost.log()}`);
    await sleep(50);
  }
}

test("@aws-sdk: CIDR collections", async () => {
  const { Collection } = await client.send(
    new sdk.CreateCidrCollectionCommand({ Name: "places", CallerReference: "places" }),
  );
  const Id = Collection?.Id ?? "";
  const Changes: sdk.CidrCollectionChange[] = [
    { LocationName: "east", Action: "PUT", CidrList: ["192.0.2.0/24", "2001:db8::/48"] },
  ];
  const input = { Id, CollectionVersion: 1, Changes };
  const changed = await client.send(new sdk.ChangeCidrCollectionCommand(input));
  await insync(changed.Id);
  const stale = client.send(new sdk.ChangeCidrCollectionCommand(input));
  await expectError(stale, { type: sdk.CidrCollectionVersionMismatchException, status: 409 });
  const blocks = await client.send(new sdk.ListCidrBlocksCommand({ CollectionId: Id }));
  assert.deepEqual(
    blocks.CidrBlocks?.map(({ CidrBlock }) => CidrBlock),
    ["192.0.2.0/24", "2001:db8::/48"],
  );
  const locations = await client.send(new sdk.ListCidrLocationsCommand({ CollectionId: Id }));
  assert.deepEqual(locations.CidrLocations, [{ LocationName: "east" }]);
  const collections = await client.send(new sdk.ListCidrCollectionsCommand({}));
  assert.deepEqual(collections.CidrCollections, [{ ...Collection, Version: 2 }]);
  const remove = new sdk.DeleteCidrCollectionCommand({ Id });
  await expectError(client.send(remove), { type: sdk.CidrCollectionInUseException, status: 400 });
  await client.send(
    new sdk.ChangeCidrCollectionCommand({
      Id,
      Changes: Changes.map((one) => ({ ...one, Action: "DELETE_IF_EXISTS" })),
    }),
  );
  await client.send(remove);
  await expectError(client.send(remove), { type: sdk.NoSuchCidrCollectionException, status: 404 });
});

test("@aws-sdk: geolocations", async () => {
  const list = await client.send(new sdk.ListGeoLocationsCommand({ StartCountryCode: "US" }));
  assert.equal(list.GeoLocationDetailsList?.[1]?.SubdivisionName, "Alaska");
  assert.equal(list.IsTruncated, false);
  const input = { CountryCode: "US", SubdivisionCode: "CA" };
  const { GeoLocationDetails } = await client.send(new sdk.GetGeoLocationCommand(input));
  assert.equal(GeoLocationDetails?.SubdivisionName, "California");
  const none = client.send(new sdk.GetGeoLocationCommand({ CountryCode: "XX" }));
  await expectError(none, { type: sdk.NoSuchGeoLocation, status: 404 });
});
