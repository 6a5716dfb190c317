import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-route-53";
import { CommandFailure } from "../../src/cli/command.ts";
import { readJson, send } from "../../src/cli/connection.ts";
import type { OwnRequest } from "../../src/cli/connection.ts";
import type { RecordExtensionView } from "../../src/api/signpost/record-extensions.ts";
import type { Explanation } from "../../src/api/signpost/explanation.ts";
import { repositoryPath } from "../support/signpost-process.ts";
import { askAs } from "./ask-as.ts";
import { clients, ip } from "./policy-cases.ts";
import {
  apex,
  applied,
  createSets,
  dns,
  freshName,
  insync,
  route53,
  signpost,
  zoneId,
} from "./routed-zone.ts";
import type { SetInput } from "./routed-zone.ts";

const connection = { endpoint: new URL(signpost.api), key: signpost };

async function own<T>(
  method: OwnRequest["method"],
  query: Record<string, string>,
  body?: string,
): Promise<T> {
  const path = "record-extensions";
  const request = { method, path, query, ...(body === undefined ? {} : { body }) };
  return readJson<T>(await send(connection, request));
}

type Put = { recordExtension: RecordExtensionView; change: { id: string; status: string } };

/** Puts an extension and waits until it is served. */
async function extend(name: string, extension: object, type = "A"): Promise<RecordExtensionView> {
  const put = await own<Put>("PUT", { name, type }, JSON.stringify(extension));
  assert.equal(put.change.status, "PENDING");
  await insync(put.change.id);
  return put.recordExtension;
}

async function reset(name: string): Promise<void> {
  const { change } = await own<Put>("DELETE", { name, type: "A" });
  await insync(change.id);
}

async function viewOf(name: string): Promise<RecordExtensionView> {
  const { recordExtensions } = await own<{ recordExtensions: RecordExtensionView[] }>("GET", {
    name,
    type: "A",
  });
  assert.equal(recordExtensions.length, 1);
  return recordExtensions[0] as RecordExtensionView;
}

async function refusalOf(request: () => Promise<unknown>): Promise<string> {
  try {
    await request();
  } catch (error) {
    if (error instanceof CommandFailure && error.kind === "refused") return error.message;
    throw error;
  }
  throw new Error("it was not refused");
}

/** Answers that come for a client, in order, each once. */
async function answers(name: string, client?: string): Promise<string[]> {
  const seen = new Set<string>();
  for (let i = 0; i < 40; i++) {
    const { values } = await askAs(dns, { name, client });
    seen.add(values.toSorted().join(" "));
  }
  return [...seen].toSorted();
}

async function explained(name: string, client: string, at?: string): Promise<Explanation> {
  const query = { name, type: "A", client, ...(at === undefined ? {} : { at }) };
  return readJson<Explanation>(await send(connection, { method: "GET", path: "explain", query }));
}

const weighted = (...sets: (SetInput & { id: string })[]): SetInput[] =>
  sets.map((set, index) => ({ Weight: 1, ip: ip(index + 1), ...set }));
const abc = weighted({ id: "a" }, { id: "b" }, { id: "c" });
const ranks = (...ids: string[]) => ({
  RuleType: "failover",
  Ranks: ids.map((SetIdentifier) => ({ SetIdentifier })),
});

test("fail mode closed: nothing is answered where none is healthy; reset: as Route 53 does", async () => {
  const groups: Record<string, SetInput[]> = {
    weighted: weighted({ id: "a", health: "down" }, { id: "b", health: "down" }),
    failover: [
      { id: "a", ip: ip(1), Failover: "PRIMARY", health: "down" },
      { id: "b", ip: ip(2), Failover: "SECONDARY", health: "down" },
    ],
    multivalue: [{ id: "a", ip: ip(1), MultiValueAnswer: true, health: "down" }],
    latency: [{ id: "a", ip: ip(1), Region: "us-east-1", health: "down" }],
    simple: [{ ip: ip(1), health: "down" }],
  };
  for (const [policy, sets] of Object.entries(groups)) {
    const name = freshName();
    await createSets(name, sets);
    const before = await answers(name, clients.seoul);
    assert.notDeepEqual(before, [""], policy);
    await extend(name, { FailMode: "closed" });
    assert.deepEqual(await answers(name, clients.seoul), [""], policy);
    assert.equal((await askAs(dns, { name, tcp: true })).rcode, 0, "NODATA");
    await reset(name);
    assert.deepEqual(await answers(name, clients.seoul), before, policy);
  }
});

test("fail mode geofence: the smallest place around the client is never left", async () => {
  const name = freshName();
  await createSets(name, [
    { id: "state", ip: ip(1), GeoLocation: { CountryCode: "US", SubdivisionCode: "NY" } },
    { id: "country", ip: ip(2), GeoLocation: { CountryCode: "US" }, health: "down" },
    { id: "rest", ip: ip(3), GeoLocation: { CountryCode: "*" } },
  ]);
  assert.deepEqual(await answers(name, clients.california), [ip(3)]);
  await extend(name, { FailMode: "geofence" });
  assert.deepEqual(await answers(name, clients.california), [ip(2)]);
  assert.deepEqual(await answers(name, clients.newYork), [ip(1)]);
  const { groups } = await explained(name, clients.california);
  assert.equal(groups[0]?.failMode, "geofence");
  assert.equal(groups[0]?.extension, "by its record extension");
});

test("ranked failover over three sets, whatever their weights", async () => {
  const name = freshName();
  const sets = weighted({ id: "a" }, { id: "b", health: "up" }, { id: "c", health: "down" });
  await createSets(name, sets);
  assert.equal((await answers(name)).length, 2);
  const view = await extend(name, { ...ranks("c", "b", "a"), FailMode: "closed" });
  assert.deepEqual(view, {
    hostedZoneId: zoneId,
    name: `${name}.`,
    type: "A",
    extension: { ...ranks("c", "b", "a"), FailMode: "closed" },
    inUse: true,
    missingSets: [],
    leftOutSets: [],
  });
  assert.deepEqual(await answers(name), [ip(2)]);
  const { groups, answer } = await explained(name, clients.seoul);
  assert.deepEqual(
    groups[0]?.candidates.map(({ id, target, verdict }) => [id, target, verdict]),
    [
      ["c", ip(3), "passed over"],
      ["b", ip(2), "taken"],
      ["a", ip(1), "not needed"],
    ],
  );
  assert.equal(groups[0]?.policy, "failover");
  assert.equal(groups[0]?.failMode, "closed");
  assert.equal(answer.ttlOrigin, `60 s, of ${name}. A, b`);
});

test("sticky: a client's network keeps its set, by the sets' weights", async () => {
  const name = freshName();
  await createSets(name, [
    { id: "a", ip: ip(1), Weight: 1 },
    { id: "b", ip: ip(2), Weight: 1 },
    { id: "c", ip: ip(3), Weight: 0 },
  ]);
  await extend(name, { RuleType: "sticky" });
  const seen = new Set<string>();
  for (let network = 0; network < 12; network++) {
    const [answer = "", ...others] = await answers(name, `198.51.${network}.0/24`);
    assert.deepEqual(others, []);
    seen.add(answer);
  }
  assert.deepEqual([...seen].toSorted(), [ip(1), ip(2)]);
});

test("time of day: sets by the hour of a time zone", async () => {
  const name = freshName();
  await createSets(name, abc);
  await extend(name, {
    RuleType: "timeofday",
    TimeZone: "America/New_York",
    Items: [
      { SetIdentifier: "b", Windows: [{ Days: ["Mon"], Start: "09:00", End: "17:00" }] },
      { SetIdentifier: "c", IsDefault: true },
    ],
  });
  const rows = [
    ["2026-11-23T13:59:00Z", ip(3)],
    ["2026-11-23T14:00:00Z", ip(2)],
    ["2026-07-06T13:00:00Z", ip(2)],
    ["2026-11-24T14:00:00Z", ip(3)],
  ] as const;
  for (const [at, answer] of rows) {
    const told = await explained(name, clients.seoul, at);
    assert.deepEqual(
      told.answer.records.map(({ value }) => value),
      [answer],
      at,
    );
    assert.equal(told.groups[0]?.extension, "by its record extension; sets left out: a");
  }
  await extend(name, {
    RuleType: "timeofday",
    TimeZone: "UTC",
    Items: [{ SetIdentifier: "a", Windows: [{ Start: "00:00", End: "24:00" }] }],
  });
  assert.deepEqual(await answers(name), [ip(1)], "on the wire, at whatever hour this runs");
});

const metric = (pool: string) => ({
  Namespace: "Shop",
  MetricName: "Requests",
  Dimensions: { Pool: pool },
});

test("least loaded and nearby: metrics take their slots and give them back", async () => {
  const name = freshName();
  await createSets(name, abc);
  const item = (SetIdentifier: string) => ({
    SetIdentifier,
    ...{ LowWatermark: 10, HighWatermark: 20, Metric: metric(SetIdentifier) },
  });
  await extend(name, { RuleType: "load", Items: [item("a"), item("b")] });
  assert.deepEqual(await answers(name), [ip(1), ip(2)], "no load: lots are drawn");
  const { groups } = await explained(name, clients.seoul);
  assert.equal(groups[0]?.candidates[0]?.criterion, "unknown load of 10–20, shed");
  await extend(name, {
    RuleType: "nearby",
    Items: [
      {
        ...{ SetIdentifier: "b", Country: "KR", Metric: metric("b") },
        Location: { Type: "Region", LocationName: "aws:route53:ap-northeast-2" },
      },
      {
        ...{ SetIdentifier: "c", Country: "US" },
        Location: { Type: "Coordinate", Latitude: 40.71, Longitude: -74.01 },
      },
    ],
  });
  assert.deepEqual(await answers(name, clients.seoul), [ip(2)]);
  assert.deepEqual(await answers(name, clients.newYork), [ip(3)]);
});

test("cidr: sets by the client's network, without a collection", async () => {
  const name = freshName();
  await createSets(name, abc);
  await extend(name, {
    RuleType: "cidr",
    Items: [
      { SetIdentifier: "a", Blocks: ["203.0.112.0/20"] },
      { SetIdentifier: "b", IsDefault: true },
    ],
  });
  assert.deepEqual(await answers(name, "203.0.113.0/24"), [ip(1)]);
  assert.deepEqual(await answers(name, "203.0.128.0/24"), [ip(2)]);
});

async function listed(name: string): Promise<sdk.ResourceRecordSet[]> {
  const { ResourceRecordSets = [] } = await route53.send(
    new sdk.ListResourceRecordSetsCommand({ HostedZoneId: zoneId, StartRecordName: name }),
  );
  return ResourceRecordSets.filter((set) => set.Name === `${name}.`);
}

test("AWS clients neither see extensions nor break them", async () => {
  const name = freshName();
  await createSets(name, abc);
  const before = await listed(name);
  await extend(name, ranks("a", "b"));
  assert.deepEqual(await listed(name), before);
  assert.deepEqual(await answers(name), [ip(1)]);
  const [a, b, c] = before as [sdk.ResourceRecordSet, sdk.ResourceRecordSet, sdk.ResourceRecordSet];
  const moved = { ...a, ResourceRecords: [{ Value: ip(9) }] };
  await applied([{ Action: "UPSERT", ResourceRecordSet: moved }]);
  assert.deepEqual(await answers(name), [ip(9)], "an UPSERT changes the set alone");
  assert.deepEqual((await viewOf(name)).leftOutSets, ["c"]);

  await applied([{ Action: "DELETE", ResourceRecordSet: moved }]);
  assert.deepEqual(await answers(name), [ip(2)]);
  assert.deepEqual((await viewOf(name)).missingSets, ["a"]);
  await applied([{ Action: "DELETE", ResourceRecordSet: b }]);
  const unused = await viewOf(name);
  assert.deepEqual([unused.inUse, unused.whyUnused], [false, "none of its sets is there"]);
  assert.deepEqual(await answers(name), [ip(3)], "Route 53's way, never no answer");

  await applied([{ Action: "DELETE", ResourceRecordSet: c }]);
  assert.equal((await viewOf(name)).whyUnused, "there are no such record sets");
  await createSets(name, [{ id: "a", ip: ip(5), Region: "us-east-1" }]);
  const why = "its rule is for weighted record sets, and these are latency";
  assert.equal((await viewOf(name)).whyUnused, why);
  const { groups } = await explained(name, clients.seoul);
  assert.equal(groups[0]?.extension, `its record extension is unused: ${why}`);
  const again = await listed(name);
  await applied([
    ...again.map((set) => ({ Action: "DELETE" as const, ResourceRecordSet: set })),
    ...[a, b, c].map((set) => ({ Action: "CREATE" as const, ResourceRecordSet: set })),
  ]);
  assert.equal((await viewOf(name)).inUse, true);
  assert.deepEqual(await answers(name), [ip(1)], "back with its sets");
});

test("extensions that make no sense are refused, and nothing is changed", async () => {
  const name = freshName();
  await createSets(name, abc);
  await createSets(`geo.${name}`, [
    { id: "a", ip: ip(1), GeoLocation: { CountryCode: "*" }, health: "up" },
  ]);
  await createSets(`plain.${name}`, [{ ip: ip(1) }]);
  const rows: [string, unknown, RegExp][] = [
    [name, [], /\$: an object is expected, not a list/],
    [name, {}, /\$: RuleType, FailMode or both are expected/],
    [name, { FailMode: "shut" }, /\$\.FailMode: 'shut' is none of open, closed, geofence/],
    [name, { RuleType: "weighted" }, /\$\.RuleType: 'weighted' is none of /],
    [name, { RuleType: "sticky", Items: [] }, /\$\.Items: is not expected here/],
    [name, { RuleType: "sticky", FailMode: "geofence" }, /\$\.FailMode: geofence is for rules/],
    [name, ranks(), /\$\.Ranks: must not be empty/],
    [name, ranks("a", "b", "a"), /\$\.Ranks\[2\]: set 'a' is there twice/],
    [name, ranks("a", "nobody"), /there is no set 'nobody' of case/],
    [name, { RuleType: "failover", Ranks: [{ EndpointReference: "a" }] }, /SetIdentifier: is miss/],
    [name, { ...ranks("a"), Ranks: [{ SetIdentifier: "a", HealthCheck: "x" }] }, /HealthCheck: is/],
    [name, { FailMode: "closed" }, /none of them has a health check/],
    [`geo.${name}`, ranks("a"), /its rule is for weighted record sets, and these are geolocation/],
    [`plain.${name}`, { RuleType: "sticky" }, /these are simple/],
    [`none.${name}`, { FailMode: "closed" }, /there are no such record sets/],
    ["www.elsewhere.example", { FailMode: "closed" }, /No hosted zone here has the name/],
  ];
  for (const [at, extension, message] of rows) {
    const body = JSON.stringify(extension);
    const put = () => own("PUT", { name: at, type: "A" }, body);
    assert.match(await refusalOf(put), message, body);
  }
  const texts: [string, RegExp][] = [
    ["{", /\$: it is not JSON/],
    ['{"RuleType": "sticky", "RuleType": "sticky"}', /\$\.RuleType: is there twice/],
    [" ".repeat(65_537), /./],
  ];
  for (const [text, message] of texts) {
    assert.match(await refusalOf(() => own("PUT", { name, type: "A" }, text)), message);
  }
  assert.match(await refusalOf(() => own("PUT", {}, "{}")), /parameter name is missing/);
  assert.match(await refusalOf(() => own("DELETE", { name })), /No record extension found of case/);
  assert.match(await refusalOf(() => own("GET", { name })), /No record extension found of case/);
  const elsewhere = { name, zone: "Z000000" };
  assert.match(await refusalOf(() => own("PUT", elsewhere, "{}")), /No hosted zone found with ID/);
  const all = await own<{ recordExtensions: RecordExtensionView[] }>("GET", { zone: zoneId });
  assert.ok(all.recordExtensions.every((one) => !one.name.includes(name)));
});

test("a hosted zone takes its extensions with it", async () => {
  const Name = "short.example";
  const create = new sdk.CreateHostedZoneCommand({ Name, CallerReference: Name });
  const { HostedZone } = await route53.send(create);
  const HostedZoneId = HostedZone?.Id;
  const change = (Action: "CREATE" | "DELETE", ids: string[]) =>
    route53.send(
      new sdk.ChangeResourceRecordSetsCommand({
        HostedZoneId,
        ChangeBatch: {
          Changes: ids.map((SetIdentifier) => ({
            Action,
            ResourceRecordSet: {
              ...{ Name, Type: "A" as const, TTL: 60, SetIdentifier, Weight: 1 },
              ResourceRecords: [{ Value: ip(1) }],
            },
          })),
        },
      }),
    );
  await change("CREATE", ["a", "b"]);
  await extend(Name, { RuleType: "sticky" });
  await change("DELETE", ["a", "b"]);
  await route53.send(new sdk.DeleteHostedZoneCommand({ Id: HostedZoneId }));
  const all = await own<{ recordExtensions: RecordExtensionView[] }>("GET", {});
  assert.deepEqual(
    all.recordExtensions.filter(({ name }) => name === `${Name}.`),
    [],
  );
});

type Run = { code: number; stdout: string; stderr: string };

function run(...args: string[]): Promise<Run> {
  const words = ["record", ...args, "--data", signpost.dataDir];
  return new Promise((resolve) => {
    execFile(repositoryPath("bin/signpost"), words, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

test("bin/signpost record extends, shows, lists and resets", async () => {
  const name = freshName();
  await createSets(name, weighted({ id: "a", health: "down" }, { id: "b" }));
  const extended = await run("extend", name, "A", "--ranks", "a, b", "--fail-mode", "closed");
  assert.equal(extended.stderr, "");
  assert.match(extended.stdout, /^record   case\d+\.\S+ A\nanswers  \{"RuleType":"failover"/);
  await insync(/^change {3}(\S+)$/m.exec(extended.stdout)?.[1]);
  assert.deepEqual(await answers(name), [ip(2)]);
  const shown = await run("show", name, "A", "--json");
  assert.deepEqual(JSON.parse(shown.stdout), await viewOf(name));
  const list = JSON.parse((await run("list", "--zone", zoneId, "--json")).stdout) as object[];
  assert.ok(list.some((one) => (one as RecordExtensionView).name === `${name}.`));
  assert.equal((await run("reset", name, "A")).code, 0);
  const gone = await run("show", name, "A");
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /No record extension found/);
  const misused: [string[], RegExp][] = [
    [["extend", name, "A"], /--sticky, --ranks, --fail-mode or --file is needed/],
    [["extend", name, "A", "--sticky", "--ranks", "a"], /do not go together/],
    [["extend"], /--file is needed/],
    [["show"], /NAME is missing/],
    [["show", apex, "A", "B"], /NAME and TYPE are enough/],
  ];
  for (const [words, message] of misused) {
    const { code, stderr } = await run(...words);
    assert.deepEqual([code, message.test(stderr)], [2, true], stderr);
  }
});
