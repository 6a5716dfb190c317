import assert from "node:assert/strict";
import { test } from "node:test";
import type { HealthCheckConfig } from "@aws-sdk/client-route-53";
import {
  change,
  freshZone,
  listSets,
  refusal,
  set,
  values,
} from "../../../test/support/change-steps.ts";
import { openRoute53, putRows } from "../../../test/support/route53-context.ts";
import type { Route53 } from "../../../test/support/route53-context.ts";
import type { MetricAlarm } from "../../control/model/alarm.ts";
import { parseCidr } from "../../base/ip.ts";

const route53 = await openRoute53();
const http = { Type: "HTTP", IPAddress: "8.8.8.8" } as const;

const alarmDefaults: MetricAlarm = {
  kind: "metric",
  name: "alarm",
  actionsEnabled: true,
  okActions: [],
  alarmActions: [],
  insufficientDataActions: [],
  updatedAt: "2026-01-01T00:00:00.000Z",
  namespace: "Shop",
  metricName: "Errors",
  dimensions: [{ name: "Pool", value: "front" }],
  statistic: "Average",
  periodSeconds: 60,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  threshold: 5,
  comparisonOperator: "GreaterThanThreshold",
  treatMissingData: "missing",
};

let references = 0;

async function create(config: HealthCheckConfig, on: Route53 = route53) {
  const input = { CallerReference: `check ${references++}`, HealthCheckConfig: config };
  const { HealthCheck } = await on.call("CreateHealthCheck", input as never);
  assert.ok(HealthCheck);
  return HealthCheck;
}

async function putAlarm(changes: Partial<MetricAlarm> & { name: string }): Promise<void> {
  const alarm: MetricAlarm = { ...alarmDefaults, ...changes };
  await putRows(route53, [{ put: "alarm", key: [alarm.name], value: alarm }]);
}

async function refused(config: HealthCheckConfig, on: Route53 = route53): Promise<string> {
  const input = { CallerReference: `check ${references++}`, HealthCheckConfig: config };
  const error = await on.refusal("CreateHealthCheck", input as never);
  assert.equal(error.code, "InvalidInput", error.message);
  return error.message;
}

test("CreateHealthCheck fills in what is left out, and finds the same check again", async () => {
  const input = { CallerReference: "same", HealthCheckConfig: { ...http, ResourcePath: "status" } };
  const { HealthCheck, Location } = await route53.call("CreateHealthCheck", input);
  const Id = HealthCheck?.Id ?? "";
  assert.equal(Location, `https://route53.amazonaws.com/2013-04-01/healthcheck/${Id}`);
  const HealthCheckConfig = {
    Type: "HTTP",
    IPAddress: "8.8.8.8",
    Port: 80,
    ResourcePath: "/status",
    RequestInterval: 30,
    FailureThreshold: 3,
    MeasureLatency: false,
    Inverted: false,
    Disabled: false,
    EnableSNI: false,
  };
  const expected = { Id, CallerReference: "same", HealthCheckVersion: 1, HealthCheckConfig };
  assert.deepEqual(JSON.parse(JSON.stringify(HealthCheck)), expected);
  const again = await route53.call("CreateHealthCheck", input);
  assert.equal(again.HealthCheck?.Id, Id);
  const got = await route53.call("GetHealthCheck", { HealthCheckId: Id });
  assert.deepEqual(got.HealthCheck, HealthCheck);

  const other = { ...input, HealthCheckConfig: { ...http, Port: 81 } };
  assert.equal(
    (await route53.refusal("CreateHealthCheck", other)).code,
    "HealthCheckAlreadyExists",
  );
  await route53.call("DeleteHealthCheck", { HealthCheckId: Id });
  assert.equal(
    (await route53.refusal("CreateHealthCheck", input)).code,
    "HealthCheckAlreadyExists",
  );
  for (const name of ["GetHealthCheck", "DeleteHealthCheck", "UpdateHealthCheck"] as const) {
    const error = await route53.refusal(name, { HealthCheckId: Id });
    assert.equal(error.code, "NoSuchHealthCheck");
    assert.equal(error.message, `No health check found with ID: ${Id}`);
  }
});

test("defaults hang on the type", async () => {
  const https = await create({ Type: "HTTPS", FullyQualifiedDomainName: "www.example.net" });
  assert.deepEqual(
    [https.HealthCheckConfig?.Port, https.HealthCheckConfig?.EnableSNI],
    [443, true],
  );
  const AlarmIdentifier = { Region: "us-east-1", Name: "alarm" } as const;
  await putAlarm({ name: "alarm" });
  const metric = await create({ Type: "CLOUDWATCH_METRIC", AlarmIdentifier });
  assert.equal(metric.HealthCheckConfig?.InsufficientDataHealthStatus, "LastKnownStatus");
  assert.equal(metric.HealthCheckConfig?.Port, undefined);
});

const string = "x".repeat(10);
const configs: [what: string, config: HealthCheckConfig, message: RegExp][] = [
  ["no address", { Type: "HTTP" }, /Either IPAddress or FullyQualifiedDomainName is required/],
  ["loopback", { Type: "HTTP", IPAddress: "127.0.0.1" }, /^127.0.0.1 is in a local, private/],
  ["private", { Type: "TCP", IPAddress: "10.1.2.3", Port: 80 }, /local, private/],
  ["metadata", { Type: "HTTP", IPAddress: "169.254.169.254" }, /local, private/],
  ["multicast", { Type: "HTTP", IPAddress: "224.0.0.1" }, /multicast/],
  ["mapped", { Type: "HTTP", IPAddress: "::ffff:10.0.0.1" }, /local, private/],
  ["local IPv6", { Type: "HTTP", IPAddress: "::1" }, /local, private/],
  ["unique local IPv6", { Type: "HTTP", IPAddress: "fd00::1" }, /local, private/],
  ["address as a name", { Type: "HTTP", FullyQualifiedDomainName: "10.0.0.1" }, /local, private/],
  ["localhost", { Type: "HTTP", FullyQualifiedDomainName: "a.localhost" }, /is this machine/],
  ["no name", { Type: "HTTP", FullyQualifiedDomainName: "a..b" }, /DomainLabelEmpty/],
  ["no port", { Type: "TCP", IPAddress: "8.8.8.8" }, /Port is required/],
  ["no string", { ...http, Type: "HTTP_STR_MATCH" }, /SearchString is required/],
  ["a string", { ...http, SearchString: string }, /SearchString must not be given/],
  [
    "a path over TCP",
    { Type: "TCP", IPAddress: "8.8.8.8", Port: 1, ResourcePath: "/" },
    /ResourcePath must not be given for a health check of type TCP/,
  ],
  ["20 seconds", { ...http, RequestInterval: 20 }, /10 or 30 seconds, not 20/],
  ["two regions", { ...http, Regions: ["us-east-1", "us-west-1"] }, /at least 3 regions/],
  ["a region twice", { ...http, Regions: ["us-east-1", "us-west-1", "us-east-1"] }, /each once/],
  ["children", { ...http, ChildHealthChecks: ["a"] }, /ChildHealthChecks must not be given/],
  ["no threshold", { Type: "CALCULATED" }, /HealthThreshold is required/],
  [
    "no child",
    { Type: "CALCULATED", HealthThreshold: 1, ChildHealthChecks: ["none"] },
    /No health check found with ID: none/,
  ],
  [
    "256 children",
    { Type: "CALCULATED", HealthThreshold: 1, ChildHealthChecks: Array(256).fill("x") },
    /more than 255 members/,
  ],
  ["no alarm", { Type: "CLOUDWATCH_METRIC" }, /AlarmIdentifier is required/],
  ["no control", { Type: "RECOVERY_CONTROL" }, /RoutingControlArn is required/],
  [
    "a control that is not there",
    { Type: "RECOVERY_CONTROL", RoutingControlArn: "arn" },
    /There is no routing control with the ARN arn/,
  ],
  [
    "a port for an alarm",
    { Type: "RECOVERY_CONTROL", RoutingControlArn: "arn", Port: 80 },
    /Port must not be given/,
  ],
];

test("settings that make no check are refused", async () => {
  for (const [what, config, message] of configs) {
    assert.match(await refused(config), message, what);
  }
});

test("with an address, the name only says what is asked for", async () => {
  await create({ ...http, FullyQualifiedDomainName: "localhost" });
  await create({ ...http, FullyQualifiedDomainName: "10.0.0.1" });
});

test("the operator allows private networks", async () => {
  const allowing = await openRoute53();
  allowing.settings.healthAllow = ["127.0.0.0/8", "fd00::/8"].map(
    (text) => parseCidr(text) as never,
  );
  await create({ Type: "HTTP", IPAddress: "127.0.0.1", Port: 8080 }, allowing);
  await create({ Type: "HTTP", IPAddress: "fd00::1" }, allowing);
  await create({ Type: "HTTP", FullyQualifiedDomainName: "localhost" }, allowing);
  assert.match(await refused({ Type: "HTTP", IPAddress: "10.0.0.1" }, allowing), /private/);
});

test("UpdateHealthCheck changes, resets and watches the version", async () => {
  const { Id: HealthCheckId = "" } = await create({
    ...http,
    ResourcePath: "/a",
    FullyQualifiedDomainName: "www.example.net",
    Regions: ["us-east-1", "us-west-1", "eu-west-1"],
  });
  const changed = await route53.call("UpdateHealthCheck", {
    HealthCheckId,
    HealthCheckVersion: 1,
    Port: 8080,
    Disabled: true,
    ResetElements: ["Regions", "ResourcePath"],
  });
  const config = changed.HealthCheck?.HealthCheckConfig;
  assert.equal(changed.HealthCheck?.HealthCheckVersion, 2);
  assert.deepEqual(
    [config?.Port, config?.Disabled, config?.Regions, config?.ResourcePath, config?.IPAddress],
    [8080, true, undefined, undefined, "8.8.8.8"],
  );
  const update = async (input: object) =>
    route53.refusal("UpdateHealthCheck", { HealthCheckId, ...input });
  assert.equal((await update({ HealthCheckVersion: 1 })).code, "HealthCheckVersionMismatch");
  assert.equal((await update({ SearchString: "x" })).code, "InvalidInput");
  assert.equal((await update({ IPAddress: "127.0.0.1" })).code, "InvalidInput");
  const both = { Regions: ["us-east-1"], ResetElements: ["Regions"] };
  assert.match((await update(both)).message, /Regions cannot be both given a value and reset/);
  const named = await create({ Type: "HTTP", FullyQualifiedDomainName: "www.example.net" });
  const added = await route53.refusal("UpdateHealthCheck", {
    HealthCheckId: named.Id ?? "",
    IPAddress: "8.8.8.8",
  });
  assert.match(added.message, /IPAddress cannot be added/);
});

test("a calculated check keeps its children", async () => {
  const { Id: child = "" } = await create(http);
  const { Id: parent = "" } = await create({
    Type: "CALCULATED",
    HealthThreshold: 1,
    ChildHealthChecks: [child],
  });
  const nested: HealthCheckConfig = {
    Type: "CALCULATED",
    HealthThreshold: 1,
    ChildHealthChecks: [parent],
  };
  assert.match(await refused(nested), /cannot be the child of another/);
  const inUse = await route53.refusal("DeleteHealthCheck", { HealthCheckId: child });
  assert.equal(inUse.code, "HealthCheckInUse");
  await route53.call("UpdateHealthCheck", {
    HealthCheckId: parent,
    ResetElements: ["ChildHealthChecks"],
  });
  await route53.call("DeleteHealthCheck", { HealthCheckId: child });
  await route53.call("DeleteHealthCheck", { HealthCheckId: parent });
});

test("health checks are listed, counted, tagged and limited", async () => {
  const some = await openRoute53({ MAX_HEALTH_CHECKS_BY_OWNER: 3 });
  for (let i = 0; i < 3; i++) await create(http, some);
  const input = { CallerReference: "fourth", HealthCheckConfig: http };
  assert.equal((await some.refusal("CreateHealthCheck", input)).code, "TooManyHealthChecks");
  const first = await some.call("ListHealthChecks", { MaxItems: 2 });
  assert.deepEqual([first.IsTruncated, first.HealthChecks?.length], [true, 2]);
  const second = await some.call("ListHealthChecks", { Marker: first.NextMarker ?? "" });
  assert.deepEqual([second.IsTruncated, second.HealthChecks?.length], [false, 1]);
  assert.equal((await some.call("GetHealthCheckCount", {})).HealthCheckCount, 3);
  const ResourceId = second.HealthChecks?.[0]?.Id ?? "";
  const resource = { ResourceType: "healthcheck", ResourceId } as const;
  const AddTags = [{ Key: "Name", Value: "third" }];
  await some.call("ChangeTagsForResource", { ...resource, AddTags });
  const { ResourceTagSet } = await some.call("ListTagsForResource", resource);
  assert.deepEqual(ResourceTagSet?.Tags, AddTags);
});

test("record sets name health checks there are", async () => {
  const { id, n } = await freshZone(route53);
  const check = await create(http);
  const HealthCheckId = check.Id ?? "";
  const weighted = { SetIdentifier: "a", Weight: 1, HealthCheckId, ...values("192.0.2.1") };
  await change(route53, id, ["CREATE", set(`w.${n}`, weighted)]);
  const [stored] = await listSets(route53, id);
  assert.equal(stored?.HealthCheckId, HealthCheckId);
  const wrong = await refusal(route53, id, ["CREATE", set(`x.${n}`, { HealthCheckId: "none" })]);
  assert.equal(wrong.code, "NoSuchHealthCheck");
});

test("a slot is given again only when nothing names the check that had it", async () => {
  const fresh = await openRoute53();
  const slotOf = (id: string) => fresh.state.get<number>("healthSlot", [id]);
  const { id, n } = await freshZone(fresh);
  const [used, unused, last] = [
    await create(http, fresh),
    await create(http, fresh),
    await create(http, fresh),
  ].map((check) => check.Id ?? "") as [string, string, string];
  assert.deepEqual([used, unused, last].map(slotOf), [1, 2, 3]);
  const step = set(`w.${n}`, { SetIdentifier: "a", Weight: 1, HealthCheckId: used });
  await change(fresh, id, ["CREATE", step]);
  for (const HealthCheckId of [used, unused])
    await fresh.call("DeleteHealthCheck", { HealthCheckId });
  assert.deepEqual([used, unused].map(slotOf), [1, undefined]);
  const again = (await create(http, fresh)).Id ?? "";
  assert.equal(slotOf(again), 2);
  await change(fresh, id, ["DELETE", step]);
  assert.equal(slotOf((await create(http, fresh)).Id ?? ""), 4);
});

test("a check of an alarm copies its settings, when it is created and updated", async () => {
  await putAlarm({ name: "errors" });
  const AlarmIdentifier = { Region: "eu-west-1", Name: "errors" } as const;
  const made = await create({ Type: "CLOUDWATCH_METRIC", AlarmIdentifier });
  const expected = {
    EvaluationPeriods: 3,
    Threshold: 5,
    ComparisonOperator: "GreaterThanThreshold",
    Period: 60,
    MetricName: "Errors",
    Namespace: "Shop",
    Statistic: "Average",
    Dimensions: [{ Name: "Pool", Value: "front" }],
  };
  assert.deepEqual(made.CloudWatchAlarmConfiguration, expected);
  const HealthCheckId = made.Id ?? "";
  const alarmOf = async () => {
    const { HealthCheck } = await route53.call("GetHealthCheck", { HealthCheckId });
    return HealthCheck?.CloudWatchAlarmConfiguration?.Threshold;
  };
  await putAlarm({ name: "errors", threshold: 7 });
  assert.equal(await alarmOf(), 5);
  await route53.call("UpdateHealthCheck", { HealthCheckId, Inverted: true });
  assert.equal(await alarmOf(), 7);
  await putRows(route53, [{ remove: "alarm", key: ["errors"] }]);
  const { HealthCheck } = await route53.call("UpdateHealthCheck", {
    HealthCheckId,
    Inverted: false,
  });
  assert.deepEqual(HealthCheck?.HealthCheckConfig?.AlarmIdentifier, AlarmIdentifier);
  assert.equal(await alarmOf(), 7);
  const named = await route53.refusal("UpdateHealthCheck", { HealthCheckId, AlarmIdentifier });
  assert.equal(named.message, "There is no CloudWatch alarm named errors");
});

test("alarms that Route 53 cannot watch are refused", async () => {
  const check = { Type: "CLOUDWATCH_METRIC" } as const;
  const cases: [changes: Partial<MetricAlarm>, message: RegExp][] = [
    [{ statistic: undefined as never, extendedStatistic: "p95" }, /statistic is p95/],
    [{ periodSeconds: 10 }, /high resolution/],
    [{ datapointsToAlarm: 2 }, /2 of 3 data points/],
    [{ kind: "composite" as never }, /composite/],
  ];
  for (const [changes, message] of cases) {
    await putAlarm({ name: "odd", ...changes });
    const AlarmIdentifier = { Region: "us-east-1", Name: "odd" } as const;
    assert.match(await refused({ ...check, AlarmIdentifier }), message);
  }
  const none = { Region: "us-east-1", Name: "none" } as const;
  assert.match(
    await refused({ ...check, AlarmIdentifier: none }),
    /no CloudWatch alarm named none/,
  );
});
