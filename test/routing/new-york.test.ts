import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { after } from "node:test";
import { promisify } from "node:util";
import type { Explanation } from "../../src/api/signpost/explanation.ts";
import { readJson, send } from "../../src/cli/connection.ts";
import { awsCli, awsCliOf } from "../support/aws-cli.ts";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";
import {
  everyRuleAnswers,
  everyRuleDocument,
  newYorkPolicies,
  policyVersions,
} from "./every-rule.ts";
import { clients, ip } from "./policy-cases.ts";

const kdig = "/usr/bin/kdig";
const run = promisify(execFile);

let started: Promise<SignpostProcess> | undefined;
after(async () => (await started)?.stop());

function server(): Promise<SignpostProcess> {
  started ??= startSignpost({ args: ["--workers", "1"] });
  return started;
}

const { aws } = awsCliOf(server);

const from = {
  seoul: clients.seoul,
  frankfurt: clients.frankfurt,
  newYork: clients.newYork,
  saoPaulo: clients.saoPaulo,
};
type From = keyof typeof from;

/** What kdig prints for a client of that place. */
async function dig(name: string, place: From, ...more: string[]): Promise<string[]> {
  const { dns } = await server();
  const where = [`@${dns.address}`, "-p", String(dns.port), `+subnet=${from[place]}`];
  const { stdout } = await run(kdig, [...where, "+short", ...more, name, "A"]);
  return stdout.trim().split("\n").toSorted();
}

/** Asks until the answer is as wanted, as it is a moment after a change. */
async function until(name: string, place: From, isWanted: (answer: string) => boolean) {
  const deadlineMs = Date.now() + 5_000;
  for (;;) {
    const [answer = ""] = await dig(name, place);
    if (isWanted(answer)) return;
    assert.ok(Date.now() < deadlineMs, `${name} from ${place} is ${answer}`);
  }
}

async function explained(name: string, place: From, at?: string): Promise<Explanation> {
  const signpost = await server();
  const connection = { endpoint: new URL(signpost.api), key: signpost };
  const query = { name, type: "A", client: from[place], ...(at ? { at } : {}) };
  return readJson<Explanation>(await send(connection, { method: "GET", path: "explain", query }));
}

async function createZone(name: string): Promise<string> {
  const words = ["create-hosted-zone", "--name", name, "--caller-reference", name];
  return (await aws(...words)).HostedZone.Id;
}

/** A check that is up, or down: Disabled, and Inverted as well. */
async function createCheck(reference: string, isUp: boolean): Promise<string> {
  const settings = { FullyQualifiedDomainName: "www.example.net", Disabled: true, Inverted: !isUp };
  const config = { Type: "HTTP", ...settings };
  const words = ["--caller-reference", reference, "--health-check-config", config];
  return (await aws("create-health-check", ...words)).HealthCheck.Id;
}

/** Creates a policy and an instance of it, and waits until it answers. */
async function instantiate(zone: string, name: string, document: unknown): Promise<void> {
  const policy = ["create-traffic-policy", "--name", name, "--document", document];
  const { TrafficPolicy } = await aws(...policy);
  const { TrafficPolicyInstance } = await aws(
    ...["create-traffic-policy-instance", "--hosted-zone-id", zone, "--name", name],
    ...["--ttl", "60", "--traffic-policy-id", TrafficPolicy.Id, "--traffic-policy-version", "1"],
  );
  assert.notEqual(TrafficPolicyInstance.State, "Failed", TrafficPolicyInstance.Message);
  await until(name, "seoul", (answer) => answer !== "");
}

testWith([awsCli, kdig], "documents with every rule type, from four places", async () => {
  const zone = await createZone("every.example");
  const down = await createCheck("every", false);
  const nameOf = (version: string): string => `r${version}.every.example`;
  await Promise.all(
    policyVersions.map((version) =>
      instantiate(zone, nameOf(version), everyRuleDocument(version, down)),
    ),
  );
  for (const version of policyVersions) {
    const name = nameOf(version);
    for (const place of Object.keys(from) as From[]) {
      assert.deepEqual(await dig(name, place), [everyRuleAnswers[place]], `${version} ${place}`);
      assert.deepEqual(await dig(name, place, "+tcp"), [everyRuleAnswers[place]]);
    }
    const { groups } = await explained(name, "newYork");
    assert.deepEqual(
      groups.map(({ policy }) => policy),
      newYorkPolicies[version],
    );
  }
});

type Checks = Record<"SURGE" | "VIRGINIA" | "FRANKFURT" | "SEOUL", string>;

/** The manual's first document: peak hours in New York. */
function manualDocument(checks: Checks): string {
  const manual = readFileSync(repositoryPath("docs/traffic-policies.md"), "utf8");
  const document = /^```json\n(.*?)^```$/ms.exec(manual)?.[1] ?? "";
  const name = /([A-Z]+)-CHECK/g;
  return document.replaceAll(name, (_, pool: string) => checks[pool as keyof Checks]);
}

const dayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Days in New York, some time from now. */
function days(...ahead: number[]): string[] {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: "America/New_York",
    weekday: "short",
  });
  const today = dayNames.indexOf(format.format(Date.now()));
  return ahead.map((count) => dayNames[(today + count) % 7] ?? "");
}

/** The document with peak on those days, all day long. */
function peakOn(document: string, Days: string[]): string {
  const value = JSON.parse(document);
  value.Rules.hours.Items[0].Windows = [{ Days, Start: "00:00", End: "24:00" }];
  return JSON.stringify(value);
}

testWith([awsCli, kdig], "peak hours in New York: a surge pool, then three regions", async () => {
  const pools = ["SURGE", "VIRGINIA", "FRANKFURT", "SEOUL"] as const;
  const [zone, ...ids] = await Promise.all([
    createZone("peak.example"),
    ...pools.map((pool) => createCheck(pool, true)),
  ]);
  const checks = Object.fromEntries(pools.map((pool, i) => [pool, ids[i]])) as Checks;
  const document = manualDocument(checks);
  const [inside, outside, manual] = ["inside", "outside", "manual"].map((n) => `${n}.peak.example`);
  assert.ok(inside && outside && manual);
  await Promise.all([
    instantiate(zone, inside, peakOn(document, days(0, 1))),
    instantiate(zone, outside, peakOn(document, days(3))),
    instantiate(zone, manual, document),
  ]);
  const [surge, virginia, frankfurt, seoul] = [ip(9), ip(1), ip(2), ip(3)];
  const rows: [place: From, inPeak: string, offPeak: string][] = [
    ["newYork", surge, virginia],
    ["seoul", seoul, seoul],
    ["frankfurt", frankfurt, frankfurt],
    ["saoPaulo", virginia, virginia],
  ];
  for (const [place, inPeak, offPeak] of rows) {
    assert.deepEqual(await dig(inside, place), [inPeak], `${place} in peak hours`);
    assert.deepEqual(await dig(outside, place), [offPeak], `${place} outside of them`);
    for (const [at, answer] of [
      ["2026-11-23T10:00:00-05:00", inPeak],
      ["2026-11-22T10:00:00-05:00", offPeak],
      ["2026-11-23T20:00:00-05:00", offPeak],
    ] as const) {
      const told = await explained(manual, place, at);
      const values = told.answer.records.map(({ value }) => value);
      assert.deepEqual(values, [answer], `${place} ${at}`);
    }
  }

  const update = (pool: keyof Checks, isUp: boolean) =>
    aws(
      ...["update-health-check", "--health-check-id", checks[pool]],
      isUp ? "--no-inverted" : "--inverted",
    );
  await update("SURGE", false);
  await until(inside, "newYork", (answer) => answer !== surge);
  const seen = new Set<string>();
  for (let i = 0; i < 100; i++) for (const one of await dig(inside, "newYork")) seen.add(one);
  assert.deepEqual([...seen].toSorted(), [virginia, frankfurt, seoul], "weighted over regions");
  await Promise.all([update("VIRGINIA", false), update("FRANKFURT", false)]);
  await until(outside, "newYork", (answer) => answer === seoul);
  for (let i = 0; i < 20; i++) assert.deepEqual(await dig(inside, "newYork"), [seoul]);
  assert.deepEqual(await dig(inside, "frankfurt"), [seoul], "the closest that is healthy");
  await update("SEOUL", false);
  await until(outside, "newYork", (answer) => answer === virginia);
  assert.deepEqual(await dig(inside, "newYork"), [surge], "none is healthy: as if all were");
  await update("SURGE", true);
  assert.deepEqual(await dig(inside, "newYork"), [surge]);
});
