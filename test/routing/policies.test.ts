import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-route-53";
import { RCODE } from "../../src/dns/wire/registries.ts";
import { aliasCases } from "./alias-cases.ts";
import { askAs } from "./ask-as.ts";
import type { Answered } from "./ask-as.ts";
import { clients, ip, policyCases } from "./policy-cases.ts";
import type { Expectation, PolicyCase } from "./policy-cases.ts";
import {
  apex,
  applied,
  createCheck,
  createSets,
  dns,
  freshName,
  route53,
  settingsOf,
  zoneId,
} from "./routed-zone.ts";

/** Times that a question is asked whose answer is drawn: a quarter is missed once in 10^15. */
const drawnAskCount = 120;

for (const [family, cases] of Object.entries({ ...policyCases, alias: aliasCases })) {
  test(`${family} sets`, async (t) => {
    for (const one of cases) await t.test(one.says, () => check(one));
  });
}

async function check({ sets, asked }: PolicyCase): Promise<void> {
  const name = freshName();
  await createSets(name, sets);
  for (const expectation of asked) await expect(name, expectation);
}

async function expect(name: string, expectation: Expectation): Promise<void> {
  const { at, type = "A", from, answers, all, some } = expectation;
  const asking = { name: at ? `${at}.${name}` : name, type, client: from && clients[from] };
  const isDrawn = (answers?.length ?? 0) > 1 || some !== undefined;
  const seen = new Set<string>();
  for (let i = 0; i < (isDrawn ? drawnAskCount : 2); i++) {
    const answered = await askAs(dns, { ...asking, tcp: i === 1 });
    checkMeta(answered, expectation);
    answered.values.forEach((value) => seen.add(value));
    if (answers) assert.ok(answered.values.length <= 1, `one set answers: ${answered.values}`);
    if (all) assert.deepEqual(answered.values.toSorted(), all.toSorted());
    if (some) assert.equal(new Set(answered.values).size, some.count);
  }
  const whole = answers ?? some?.of;
  if (whole) assert.deepEqual([...seen].toSorted(), whole.toSorted(), `${from ?? "here"}`);
}

function checkMeta(answered: Answered, { ttl, scope, from }: Expectation): void {
  assert.equal(answered.rcode, 0);
  if (ttl !== undefined) answered.ttls.forEach((one) => assert.equal(one, ttl));
  if (from === undefined) assert.equal(answered.scope, undefined, "no subnet, no scope");
  else assert.ok(answered.scope !== undefined, "the client subnet is answered");
  if (scope !== undefined) assert.equal(answered.scope, scope);
}

test("the values of a simple set come in random order", async () => {
  const name = freshName();
  await createSets(name, [{ ip: [ip(1), ip(2), ip(3)] }]);
  const firsts = new Set<string>();
  for (let i = 0; i < drawnAskCount; i++) {
    firsts.add((await askAs(dns, { name })).values[0] ?? "");
  }
  assert.deepEqual([...firsts].toSorted(), [ip(1), ip(2), ip(3)]);
});

type Policy = Partial<sdk.ResourceRecordSet>;

const coordinates = (Latitude: string, Longitude: string, Bias = 0): Policy => ({
  GeoProximityLocation: { Coordinates: { Latitude, Longitude }, Bias },
});

/** Groups that Route 53 does not take: what is wrong with the last of their sets. */
const refusedGroups: Readonly<Record<string, readonly Policy[]>> = {
  "a weight above 255": [{ Weight: 256 }],
  "a weight below 0": [{ Weight: -1 }],
  "weights with other TTLs": [{ Weight: 1 }, { Weight: 1, TTL: 61 }],
  "two policies in one set": [{ Weight: 1, Region: "us-east-1" }],
  "two policies in one group": [{ Weight: 1 }, { Region: "us-east-1" }],
  "no policy beside a set identifier": [{}],
  "one region twice": [{ Region: "us-east-1" }, { Region: "us-east-1" }],
  "a region that is none": [{ Region: "mars-east-1" as "us-east-1" }],
  "two primaries": [{ Failover: "PRIMARY" }, { Failover: "PRIMARY" }],
  "one place twice": [
    { GeoLocation: { CountryCode: "KR" } },
    { GeoLocation: { CountryCode: "KR" } },
  ],
  "a continent with a country": [{ GeoLocation: { ContinentCode: "EU", CountryCode: "DE" } }],
  "a state outside of the US": [{ GeoLocation: { CountryCode: "DE", SubdivisionCode: "BY" } }],
  "a bias above 99": [coordinates("1", "1", 100)],
  "three decimals": [coordinates("1.123", "1")],
  "a place off the earth": [coordinates("90.5", "1")],
  "one point twice": [coordinates("1", "1"), coordinates("1.0", "1.00", 5)],
  "a multivalue alias": [
    {
      MultiValueAnswer: true,
      ...{ TTL: undefined, ResourceRecords: undefined },
      AliasTarget: { HostedZoneId: zoneId, DNSName: apex, EvaluateTargetHealth: true },
    },
  ],
  "a collection that is not there": [
    {
      CidrRoutingConfig: {
        CollectionId: "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f",
        LocationName: "*",
      },
    },
  ],
  "a health check that is not there": [
    { Weight: 1, HealthCheckId: "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f" },
  ],
};

test("groups that make no sense are refused, and nothing is answered", async () => {
  for (const [what, policies] of Object.entries(refusedGroups)) {
    const name = freshName();
    const changes = policies.map((policy, i) => ({
      Action: "CREATE" as const,
      ResourceRecordSet: {
        ...{ Name: name, Type: "A" as const, SetIdentifier: `${i}`, TTL: 60 },
        ResourceRecords: [{ Value: ip(i + 1) }],
        ...policy,
      },
    }));
    const refused = { $fault: "client" };
    await assert.rejects(applied(changes), refused, what);
    assert.equal((await askAs(dns, { name })).rcode, RCODE.NXDOMAIN, what);
  }
});

test("a health check that changes its mind changes the answer, without a change of sets", async () => {
  const id = await createCheck(settingsOf("up"));
  const name = freshName();
  await createSets(name, [
    { id: "1", ip: ip(1), Failover: "PRIMARY", health: { check: id } },
    { id: "2", ip: ip(2), Failover: "SECONDARY" },
  ]);
  for (const health of ["up", "down", "up"] as const) {
    const update = { HealthCheckId: id, ...settingsOf(health) };
    await route53.send(new sdk.UpdateHealthCheckCommand(update));
    await until(name, health === "up" ? ip(1) : ip(2));
  }
});

test("a check that is Inverted begins as unhealthy", async () => {
  const id = await createCheck({ Inverted: true });
  const name = freshName();
  await createSets(name, [
    { id: "1", ip: ip(1), Failover: "PRIMARY", health: { check: id } },
    { id: "2", ip: ip(2), Failover: "SECONDARY" },
  ]);
  await until(name, ip(2));
});

/** Asks until the answer is as wanted: status reaches the answers a moment after its change. */
async function until(name: string, wanted: string): Promise<void> {
  const deadlineMs = Date.now() + 5_000;
  for (;;) {
    const { values } = await askAs(dns, { name });
    if (values.length === 1 && values[0] === wanted) return;
    if (Date.now() > deadlineMs) assert.fail(`${name} is ${values}, not ${wanted}`);
  }
}

async function createCollection(Name: string, blocks: Record<string, string[]>): Promise<string> {
  const { Collection } = await route53.send(
    new sdk.CreateCidrCollectionCommand({ Name, CallerReference: Name }),
  );
  await putBlocks(Collection?.Id, blocks);
  return Collection?.Id ?? "";
}

async function putBlocks(Id: string | undefined, blocks: Record<string, string[]>): Promise<void> {
  const Changes = Object.entries(blocks).map(([LocationName, CidrList]) => ({
    LocationName,
    Action: "PUT" as const,
    CidrList,
  }));
  await route53.send(new sdk.ChangeCidrCollectionCommand({ Id, Changes }));
}

/** Who asks, what is answered (nothing: no answer), and the scope of the answer. */
type NetworkRow = [client: string | undefined, answer: string | undefined, scope?: number];

async function expectRows(name: string, rows: readonly NetworkRow[]): Promise<void> {
  for (const [client, answer, scope] of rows) {
    const answered = await askAs(dns, { name, client });
    assert.deepEqual(answered.values, answer ? [answer] : [], `from ${client ?? "here"}`);
    if (scope !== undefined) assert.equal(answered.scope, scope, `scope for ${client}`);
  }
}

function cidrSets(collectionId: string, locations: readonly string[]) {
  return locations.map((LocationName, index) => ({
    id: LocationName,
    ip: ip(index + 1),
    CidrRoutingConfig: { CollectionId: collectionId, LocationName },
  }));
}

test("IP-based sets", async (t) => {
  const id = await createCollection("blocks", {
    wide: ["203.0.0.0/16", "2001:db8::/32"],
    narrow: ["203.0.112.0/20", "2001:db8:4000::/36"],
    here: ["127.0.0.0/8"],
  });
  const name = freshName();
  await createSets(name, cidrSets(id, ["wide", "narrow", "here", "*"]));
  await t.test("the longest match answers, with its block's scope; none: the default", () =>
    expectRows(name, [
      ["203.0.1.0/24", ip(1)],
      ["203.0.113.0/24", ip(2), 20],
      ["198.51.100.0/24", ip(4)],
      ["2001:db8:1::/48", ip(1)],
      ["2001:db8:4001::/48", ip(2), 36],
      ["2001:db9::/48", ip(4)],
    ]),
  );
  await t.test("a longer prefix than the block matches", () =>
    expectRows(name, [
      ["203.0.113.7/32", ip(2), 20],
      ["203.0.112.0/20", ip(2), 20],
    ]),
  );
  await t.test("a shorter prefix than the block does not", () =>
    expectRows(name, [
      ["203.0.112.0/19", ip(1)],
      ["203.0.0.0/15", ip(4)],
      ["2001:db8:4000::/35", ip(1)],
    ]),
  );
  await t.test("without a client subnet the sender's address counts", () =>
    expectRows(name, [[undefined, ip(3)]]),
  );
  await t.test("the scope is the widest network with the same answer", () =>
    // Around 203.0.0.0/16 and its hole 203.0.112.0/20.
    expectRows(name, [
      ["203.0.128.0/24", ip(1), 17],
      ["203.0.96.0/24", ip(1), 20],
      ["203.1.0.0/24", ip(4), 16],
    ]),
  );
  await t.test("without a default there is no answer", async () => {
    const other = freshName();
    await createSets(other, cidrSets(id, ["wide"]));
    await expectRows(other, [
      ["203.0.1.0/24", ip(1)],
      ["198.51.100.0/24", undefined],
    ]);
  });
  await t.test("a change of the collection changes the answers", async () => {
    await putBlocks(id, { narrow: ["198.51.100.0/24"] });
    const deadlineMs = Date.now() + 5_000;
    for (;;) {
      const { values } = await askAs(dns, { name, client: "198.51.100.0/24" });
      if (values[0] === ip(2)) break;
      assert.ok(Date.now() < deadlineMs, "the new block is used");
    }
  });
});

test("an unhealthy IP-based set gives way to the next shorter block, then the default", async () => {
  const id = await createCollection("failing", {
    wide: ["203.0.0.0/16"],
    narrow: ["203.0.113.0/24"],
  });
  const health = { narrow: "down", wide: "up", "*": "up" } as const;
  const sets = cidrSets(id, ["wide", "narrow", "*"]);
  const name = freshName();
  await createSets(
    name,
    sets.map((set) => ({ ...set, health: health[set.id as keyof typeof health] })),
  );
  await expectRows(name, [["203.0.113.0/24", ip(1)]]);
  const other = freshName();
  await createSets(
    other,
    sets.map((set) => ({ ...set, health: set.id === "*" ? "up" : "down" }) as const),
  );
  await expectRows(other, [["203.0.113.0/24", ip(3)]]);
  const none = freshName();
  await createSets(
    none,
    sets.map((set) => ({ ...set, health: "down" as const })),
  );
  await expectRows(none, [
    ["203.0.113.0/24", ip(2)],
    ["203.0.112.0/24", ip(1)],
    ["198.51.100.0/24", ip(3)],
  ]);
});

test("geolocation's scope is at most /24 and /48, and never wider than the place", async () => {
  const name = freshName();
  await createSets(name, [
    { id: "1", ip: ip(1), GeoLocation: { CountryCode: "KR" } },
    { id: "2", ip: ip(2), GeoLocation: { CountryCode: "*" } },
  ]);
  for (const client of Object.values(clients)) {
    const { scope = -1 } = await askAs(dns, { name, client });
    assert.ok(scope >= 1 && scope <= (client.includes(":") ? 48 : 24), `${client}: ${scope}`);
  }
});

test("TestDNSAnswer answers as the name server does for that client", async () => {
  const name = freshName();
  await createSets(name, [
    { id: "1", ip: ip(1), GeoLocation: { CountryCode: "KR" } },
    { id: "2", ip: ip(2), GeoLocation: { CountryCode: "*" } },
  ]);
  const asked = { HostedZoneId: zoneId, RecordName: name, RecordType: "A" as const };
  const rows = [
    [{ EDNS0ClientSubnetIP: "121.134.0.0", EDNS0ClientSubnetMask: "24" }, ip(1)],
    [{ EDNS0ClientSubnetIP: "98.113.1.0", EDNS0ClientSubnetMask: "24" }, ip(2)],
    [{ ResolverIP: "121.134.0.1" }, ip(1)],
    [{ ResolverIP: "98.113.1.1" }, ip(2)],
  ] as const;
  for (const [from, answer] of rows) {
    const { RecordData } = await route53.send(new sdk.TestDNSAnswerCommand({ ...asked, ...from }));
    assert.deepEqual(RecordData, [answer], JSON.stringify(from));
  }
});

test("an alias at the zone's apex", async () => {
  const name = freshName();
  await createSets(name, [
    { id: "1", ip: ip(1), Weight: 1 },
    { id: "2", ip: ip(2), Weight: 0 },
  ]);
  const target = { HostedZoneId: zoneId, DNSName: name, EvaluateTargetHealth: true };
  await applied([
    { Action: "CREATE", ResourceRecordSet: { Name: apex, Type: "A", AliasTarget: target } },
  ]);
  assert.deepEqual((await askAs(dns, { name: apex })).values, [ip(1)]);
});
