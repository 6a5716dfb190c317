import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-route-53";
import type { Explanation } from "../../src/api/signpost/explanation.ts";
import { repositoryPath } from "../support/signpost-process.ts";
import { askAs } from "./ask-as.ts";
import { clients, ip } from "./policy-cases.ts";
import {
  apex,
  checkOf,
  createSets,
  dns,
  freshName,
  route53,
  signpost,
  zoneId,
} from "./routed-zone.ts";

type Run = { code: number; stdout: string; stderr: string };

function run(...args: string[]): Promise<Run> {
  const words = ["explain", ...args, "--data", signpost.dataDir];
  return new Promise((resolve) => {
    execFile(repositoryPath("bin/signpost"), words, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

async function explained(...args: string[]): Promise<Explanation> {
  const { stdout, stderr } = await run(...args, "--json");
  assert.equal(stderr, "");
  return JSON.parse(stdout) as Explanation;
}

test("explain tells the client, its place, every candidate and where the answer is from", async () => {
  const name = freshName();
  await createSets(name, [
    { at: "pair", id: "first", ip: ip(1), Failover: "PRIMARY", health: "down", TTL: 30 },
    { at: "pair", id: "second", ip: ip(2), Failover: "SECONDARY", TTL: 40 },
    { id: "here", alias: "pair", GeoLocation: { CountryCode: "US" } },
    { id: "there", ip: ip(3), GeoLocation: { ContinentCode: "EU" } },
    { id: "rest", ip: ip(4), GeoLocation: { CountryCode: "*" } },
  ]);
  const told = await explained(name, "A", "--client", clients.newYork, "--at", "2026-11-22T12:00Z");
  const check = await checkOf("down");
  const { place, groups, answer, ...rest } = told;
  assert.deepEqual(rest.question, { name: `${name}.`, type: "A", at: "2026-11-22T12:00:00.000Z" });
  assert.equal(rest.hostedZone.name, `${apex}.`);
  assert.deepEqual(rest.client, { network: clients.newYork, why: "the query's client subnet" });
  assert.equal(place?.country, "US");
  assert.equal(place?.subdivision, "NY");
  assert.match(place?.source ?? "", /^location table of .*\d{4}-\d\d-\d\d$/);
  assert.deepEqual(
    groups.map(({ set, depth, policy, failOpen }) => [set, depth, policy, failOpen]),
    [
      [`${name}. A`, 0, "geolocation", false],
      [`pair.${name}. A`, 1, "failover", false],
    ],
  );
  const taken = "taken";
  const summary = groups.flatMap(({ candidates }) =>
    candidates.map(({ id, target, criterion, health, verdict }) => {
      return [id, target, criterion, health, verdict];
    }),
  );
  assert.deepEqual(
    summary.toSorted((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1)),
    [
      ["first", ip(1), "", `check ${check} unhealthy`, "passed over"],
      ["here", `alias of pair.${name}.`, "US", "target healthy", taken],
      ["rest", ip(4), "default", "no check", "not needed"],
      ["second", ip(2), "", "no check", taken],
      ["there", ip(3), "EU", "no check", "passed over"],
    ],
  );
  const wire = await askAs(dns, { name, client: clients.newYork });
  assert.deepEqual(answer, {
    responseCode: "NOERROR",
    records: [{ name: `${name}.`, type: "A", ttl: 40, value: ip(2) }],
    ttlOrigin: `40 s, of pair.${name}. A, second`,
    scope: wire.scope,
  });
  assert.deepEqual(wire.values, [ip(2)]);
});

test("explain tells that a group fails open, and what a name without routing answers", async () => {
  const name = freshName();
  await createSets(name, [
    { id: "a", ip: ip(1), Weight: 1, health: "down" },
    { id: "b", ip: ip(2), Weight: 0, health: "down" },
    { at: "plain", ip: ip(9) },
  ]);
  const told = await explained(name, "A");
  assert.equal(told.groups[0]?.failOpen, true);
  assert.deepEqual(
    told.groups[0]?.candidates.map(({ criterion, why }) => [criterion, why]),
    [
      ["weight 1", "drawn by weight, as if healthy"],
      ["weight 0", "unhealthy"],
    ],
  );
  assert.equal(told.place, undefined);
  assert.equal(told.answer.scope, undefined);
  const plain = await explained(`plain.${name}`, "A", "--client", clients.seoul);
  assert.deepEqual(plain.groups, []);
  assert.match(plain.client.why, /nothing in this answer hangs on it/);
  assert.equal(plain.answer.scope, 0);
  assert.equal(plain.answer.ttlOrigin, `60 s, of plain.${name}. A`);
  const missing = await explained(`missing.${name}`, "A");
  assert.equal(missing.answer.responseCode, "NXDOMAIN");
});

/** The first document of the manual: peak hours in New York, else the nearest region. */
function peakDocument(check: string): string {
  const manual = readFileSync(repositoryPath("docs/traffic-policies.md"), "utf8");
  const document = /^```json\n(.*?)^```$/ms.exec(manual)?.[1] ?? "";
  return document.replaceAll(/[A-Z]+-CHECK/g, check);
}

test("explain --at asks for another time: peak hours in New York, summer and winter", async () => {
  const name = freshName();
  const policy = await route53.send(
    new sdk.CreateTrafficPolicyCommand({
      Name: "peak",
      Document: peakDocument(await checkOf("up")),
    }),
  );
  await route53.send(
    new sdk.CreateTrafficPolicyInstanceCommand({
      HostedZoneId: zoneId,
      Name: name,
      TTL: 60,
      TrafficPolicyId: policy.TrafficPolicy?.Id,
      TrafficPolicyVersion: 1,
    }),
  );
  const [surge, virginia, seoul] = [ip(9), ip(1), ip(3)];
  const rows: [client: keyof typeof clients, at: string, answer: string][] = [
    ["newYork", "2026-07-01T12:30:00Z", surge],
    ["newYork", "2026-12-01T12:30:00Z", virginia],
    ["newYork", "2026-12-01T13:00:00Z", surge],
    ["newYork", "2026-12-02T00:59:00Z", surge],
    ["newYork", "2026-12-02T01:00:00Z", virginia],
    ["newYork", "2026-12-05T15:00:00Z", virginia],
    // Clocks go forward on Sunday, 14 March 2027: Monday's peak begins an hour earlier in UTC.
    ["newYork", "2027-03-12T12:30:00Z", virginia],
    ["newYork", "2027-03-15T12:30:00Z", surge],
    ["seoul", "2026-12-01T13:00:00Z", seoul],
  ];
  await until(name);
  for (const [from, at, answer] of rows) {
    const told = await explained(name, "A", "--client", clients[from], "--at", at);
    const values = told.answer.records.map(({ value }) => value);
    assert.deepEqual(values, [answer], `${from} ${at}`);
  }
});

/** An instance is answered a moment after it is created. */
async function until(name: string): Promise<void> {
  const deadlineMs = Date.now() + 5_000;
  while ((await askAs(dns, { name })).values.length === 0) {
    assert.ok(Date.now() < deadlineMs, `${name} is answered`);
  }
}

test("explain refuses what it cannot read", async () => {
  const rows: [string[], number, RegExp][] = [
    [["www.elsewhere.example", "A"], 1, /no hosted zone here has that name/],
    [[apex, "NONSENSE"], 1, /NONSENSE is no type of record/],
    [[apex, "A", "--client", "10.0.0.0/33"], 1, /client 10\.0\.0\.0\/33 is not ADDRESS/],
    [[apex, "A", "--at", "teatime"], 1, /time teatime is not like/],
    [[`${"x".repeat(64)}.${apex}`, "A"], 1, /label is too long/],
    [[], 2, /NAME is missing/],
    [[apex, "A", "B"], 2, /NAME and TYPE are enough/],
  ];
  for (const [args, code, message] of rows) {
    const done = await run(...args);
    assert.equal(done.code, code, args.join(" "));
    assert.match(done.stderr, message);
    assert.equal(done.stdout, "");
  }
});
