import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-route-53";
import type { Explanation } from "../../src/api/signpost/explanation.ts";
import { CommandFailure } from "../../src/cli/command.ts";
import { readJson, send } from "../../src/cli/connection.ts";
import { askAs } from "./ask-as.ts";
import { ip } from "./policy-cases.ts";
import { createSets, dns, freshName, insync, route53, signpost, zoneId } from "./routed-zone.ts";

/** CIDR rules of policy documents and of record extensions that go by a collection of Route 53. */

const connection = { endpoint: new URL(signpost.api), key: signpost };

async function createCollection(Name: string): Promise<string> {
  const create = new sdk.CreateCidrCollectionCommand({ Name, CallerReference: Name });
  const { Collection } = await route53.send(create);
  const id = Collection?.Id ?? "";
  await put(id, "office", "203.0.113.0/24", "2001:db8:1::/48");
  await put(id, "campus", "203.0.0.0/16");
  return id;
}

function edit(Id: string, Action: sdk.CidrCollectionChangeAction, LocationName: string) {
  return async (...CidrList: string[]): Promise<void> => {
    const Changes = [{ Action, LocationName, CidrList }];
    await route53.send(new sdk.ChangeCidrCollectionCommand({ Id, Changes }));
  };
}

const put = (id: string, location: string, ...blocks: string[]) =>
  edit(id, "PUT", location)(...blocks);

async function until(name: string, client: string, wanted: string): Promise<void> {
  const deadlineMs = Date.now() + 5_000;
  for (;;) {
    const { values } = await askAs(dns, { name, client });
    if (values.length === 1 && values[0] === wanted) return;
    assert.ok(Date.now() < deadlineMs, `${name} from ${client} is ${values}, not ${wanted}`);
  }
}

const rows = [
  ["203.0.113.0/24", ip(1)],
  ["2001:db8:1::/48", ip(1)],
  ["203.0.1.0/24", ip(2)],
  ["198.51.100.0/24", ip(3)],
] as const;

/** Checks answers, that they follow the collection, and that it keeps what is used. */
async function follows(name: string, id: string): Promise<void> {
  for (const [client, answer] of rows) await until(name, client, answer);
  await put(id, "office", "198.51.100.0/24");
  await until(name, "198.51.100.0/24", ip(1));
  const emptied = edit(id, "DELETE_IF_EXISTS", "campus")("203.0.0.0/16");
  await assert.rejects(emptied, { name: "CidrBlockInUseException" });
  const removed = route53.send(new sdk.DeleteCidrCollectionCommand({ Id: id }));
  await assert.rejects(removed, { name: "CidrCollectionInUseException" });
}

/** Nothing uses the collection any more. */
async function isFree(id: string): Promise<void> {
  await edit(id, "DELETE_IF_EXISTS", "campus")("203.0.0.0/16");
  await edit(
    id,
    "DELETE_IF_EXISTS",
    "office",
  )(...["203.0.113.0/24", "2001:db8:1::/48", "198.51.100.0/24"]);
  await route53.send(new sdk.DeleteCidrCollectionCommand({ Id: id }));
}

function documentOf(CollectionId: string, location = "office"): string {
  const endpoint = (n: number) => ({ Type: "value", Value: ip(n) });
  return JSON.stringify({
    ...{ AWSPolicyFormatVersion: "2026-11-22", RecordType: "A", StartRule: "networks" },
    Endpoints: { one: endpoint(1), two: endpoint(2), three: endpoint(3) },
    Rules: {
      networks: {
        ...{ RuleType: "cidr", CollectionId },
        Items: [
          { EndpointReference: "one", LocationName: location },
          { EndpointReference: "two", LocationName: "campus" },
          { EndpointReference: "three", IsDefault: true },
        ],
      },
    },
  });
}

async function createInstance(Name: string, Document: string): Promise<sdk.TrafficPolicyInstance> {
  const create = new sdk.CreateTrafficPolicyCommand({ Name, Document });
  const { TrafficPolicy } = await route53.send(create);
  const { TrafficPolicyInstance } = await route53.send(
    new sdk.CreateTrafficPolicyInstanceCommand({
      ...{ HostedZoneId: zoneId, Name, TTL: 60, TrafficPolicyVersion: 1 },
      TrafficPolicyId: TrafficPolicy?.Id,
    }),
  );
  assert.ok(TrafficPolicyInstance);
  return TrafficPolicyInstance;
}

test("a policy's CIDR rule goes by the locations of a collection", async () => {
  const id = await createCollection("policy");
  const name = freshName();
  const instance = await createInstance(name, documentOf(id));
  await follows(name, id);
  await route53.send(new sdk.DeleteTrafficPolicyInstanceCommand({ Id: instance.Id }));
  await isFree(id);
});

test("an instance is Failed where its collection or a location of it is not there", async () => {
  const id = await createCollection("missing");
  const noLocation = await createInstance(freshName(), documentOf(id, "nowhere"));
  assert.equal(noLocation.State, "Failed");
  assert.match(
    noLocation.Message ?? "",
    /has no location nowhere \(\$\.Rules\.networks\.Items\[0\]/,
  );
  const none = "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f";
  const noCollection = await createInstance(freshName(), documentOf(none));
  assert.match(noCollection.Message ?? "", /^No CIDR collection found with ID: 0a1b2c3d/);
});

test("documents with locations that make no sense are refused by their paths", async () => {
  const id = await createCollection("refused");
  const documents: [string, RegExp][] = [
    [documentOf(id, "campus"), /Items\[1\]\.LocationName: is the same location as .*Items\[0\]/],
    [documentOf(id, "*"), /Items\[0\]\.LocationName: '\*' is no name of a CIDR location/],
    [documentOf(""), /\$\.Rules\.networks\.CollectionId: must not be empty/],
    [
      documentOf(id).replace('"LocationName":"office"', '"Blocks":["10.0.0.0/8"]'),
      /Items\[0\]\.LocationName: is missing/,
    ],
    [documentOf(id).replace("2026-11-22", "2023-05-09"), /'cidr' is none of failover/],
  ];
  for (const [Document, message] of documents) {
    const create = new sdk.CreateTrafficPolicyCommand({ Name: freshName(), Document });
    await assert.rejects(route53.send(create), { name: "InvalidTrafficPolicyDocument", message });
  }
});

test("a record extension's CIDR rule goes by the locations of a collection", async () => {
  const id = await createCollection("extension");
  const name = freshName();
  await createSets(
    name,
    ["a", "b", "c"].map((set, i) => ({ id: set, ip: ip(i + 1), Weight: 1 })),
  );
  const extend = async (CollectionId: string): Promise<void> => {
    const body = JSON.stringify({
      ...{ RuleType: "cidr", CollectionId },
      Items: [
        { SetIdentifier: "a", LocationName: "office" },
        { SetIdentifier: "b", LocationName: "campus" },
        { SetIdentifier: "c", IsDefault: true },
      ],
    });
    const request = { method: "PUT", path: "record-extensions", query: { name }, body } as const;
    const { change } = await readJson<{ change: { id: string } }>(await send(connection, request));
    await insync(change.id);
  };
  await assert.rejects(extend("0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f"), (error) => {
    return error instanceof CommandFailure && /No CIDR collection found/.test(error.message);
  });
  await extend(id);
  await follows(name, id);
  const query = { name, client: "203.0.113.0/24" };
  const told = await send(connection, { method: "GET", path: "explain", query });
  const { groups } = await readJson<Explanation>(told);
  assert.deepEqual(
    groups[0]?.candidates.map(({ id: set, criterion, verdict }) => [set, criterion, verdict]),
    [
      ["a", "203.0.113.0/24", "taken"],
      ["b", "203.0.0.0/16", "not needed"],
      ["c", "default", "not needed"],
    ],
  );
  const reset = { method: "DELETE", path: "record-extensions", query: { name } } as const;
  await readJson(await send(connection, reset));
  await isFree(id);
});
