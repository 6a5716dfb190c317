import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  ChangeResourceRecordSetsCommand,
  ChangeTagsForResourceCommand,
  CreateHostedZoneCommand,
  ListTagsForResourceCommand,
  ListTagsForResourcesCommand,
  ListResourceRecordSetsCommand,
  paginateListHostedZones,
} from "@aws-sdk/client-route-53";
import type {
  Change,
  ChangeAction,
  HostedZone,
  ListResourceRecordSetsCommandInput,
  ListResourceRecordSetsCommandOutput,
  ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { askAddress, untilAddress } from "../support/ask-address.ts";
import { route53Client } from "../support/route53-client.ts";
import { startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

// external-dns itself (https://github.com/kubernetes-sigs/external-dns) is not run here: this does
// what its provider `aws` does in each of its loops, with the TXT registry, call by call.

const heritage = '"heritage=external-dns,external-dns/owner=cluster-1,external-dns/resource=';
const zoneName = "cluster.example.";

class AwsProvider {
  readonly #client: Route53Client;

  constructor(client: Route53Client) {
    this.#client = client;
  }

  /** Zones under the domain filter that have the tag of `--aws-zone-tags`. */
  async zones(): Promise<HostedZone[]> {
    const zones: HostedZone[] = [];
    for await (const page of paginateListHostedZones({ client: this.#client }, {})) {
      for (const zone of page.HostedZones ?? []) {
        if (zone.Name === zoneName && (await this.#isTagged(zone.Id))) zones.push(zone);
      }
    }
    return zones;
  }

  async #isTagged(id: string | undefined): Promise<boolean> {
    const ResourceId = id?.replace("/hostedzone/", "");
    const { ResourceTagSet } = await this.#client.send(
      new ListTagsForResourceCommand({ ResourceType: "hostedzone", ResourceId }),
    );
    return ResourceTagSet?.Tags?.some(({ Key }) => Key === "external-dns") ?? false;
  }

  async records(): Promise<ResourceRecordSet[]> {
    const records: ResourceRecordSet[] = [];
    for (const { Id: HostedZoneId } of await this.zones()) {
      // It asks for 300 and takes fewer.
      let start: Partial<ListResourceRecordSetsCommandInput> | undefined = {};
      while (start) {
        const input = { HostedZoneId, MaxItems: 300, ...start };
        const page: ListResourceRecordSetsCommandOutput = await this.#client.send(
          new ListResourceRecordSetsCommand(input),
        );
        records.push(...(page.ResourceRecordSets ?? []));
        const { NextRecordName, NextRecordType, NextRecordIdentifier } = page;
        const next = {
          ...{ StartRecordName: NextRecordName, StartRecordType: NextRecordType },
          StartRecordIdentifier: NextRecordIdentifier,
        };
        start = page.IsTruncated ? next : undefined;
      }
    }
    return records;
  }

  /**
   * Sends what is to change as one batch, in its order: by action from Z to A, then by name.
   * Where that is refused, each name on its own. @returns the names that were refused
   */
  async apply(changes: Change[]): Promise<string[]> {
    const [zone] = await this.zones();
    const sorted = changes.toSorted((a, b) => {
      return compare(b.Action, a.Action) || compare(nameOf(a), nameOf(b));
    });
    try {
      await this.#send(zone, sorted);
      return [];
    } catch {
      const refused: string[] = [];
      for (const name of new Set(sorted.map(nameOf))) {
        const group = sorted.filter((change) => nameOf(change) === name);
        await this.#send(zone, group).catch(() => refused.push(name));
      }
      return refused;
    }
  }

  async #send(zone: HostedZone | undefined, Changes: Change[]): Promise<void> {
    const ChangeBatch = { Changes };
    await this.#client.send(
      new ChangeResourceRecordSetsCommand({ HostedZoneId: zone?.Id, ChangeBatch }),
    );
  }
}

function compare(a: string | undefined, b: string | undefined): number {
  return (a ?? "") < (b ?? "") ? -1 : (a ?? "") > (b ?? "") ? 1 : 0;
}

/** What belongs together: a record, and the TXT that says whose it is. */
function nameOf({ ResourceRecordSet: set }: Change): string {
  return (set?.Name ?? "").replace(/^(a|aaaa|cname)-/, "");
}

type Rest = Partial<ResourceRecordSet>;

/** A record with its ownership, in both forms that external-dns writes. */
function owned(Action: ChangeAction, set: ResourceRecordSet, resource = "service/default/nginx") {
  const { Name, Type, SetIdentifier, Weight, MultiValueAnswer } = set;
  const rest: Rest = {
    ...(SetIdentifier === undefined ? {} : { SetIdentifier }),
    ...(Weight === undefined ? {} : { Weight }),
    ...(MultiValueAnswer === undefined ? {} : { MultiValueAnswer }),
  };
  const txt = (name: string): Change => ({
    Action,
    ResourceRecordSet: {
      ...{ Name: name, Type: "TXT", TTL: 300, ...rest },
      ResourceRecords: [{ Value: `${heritage}${resource}"` }],
    },
  });
  const kind = set.AliasTarget ? "cname" : (Type ?? "").toLowerCase();
  return [{ Action, ResourceRecordSet: set }, txt(`${kind}-${Name}`), txt(`${Name}`)];
}

function address(Name: string, values: string[], rest: Rest = {}): ResourceRecordSet {
  return {
    Name,
    Type: "A",
    TTL: 300,
    ResourceRecords: values.map((Value) => ({ Value })),
    ...rest,
  };
}

let signpost: SignpostProcess;
let client: Route53Client;
let provider: AwsProvider;
let zoneId: string;
before(async () => {
  signpost = await startSignpost({ args: ["--workers", "1"] });
  client = route53Client(signpost);
  provider = new AwsProvider(client);
  for (const Name of [zoneName, "other.example."]) {
    const { HostedZone: zone } = await client.send(
      new CreateHostedZoneCommand({ Name, CallerReference: Name }),
    );
    if (Name === zoneName) zoneId = (zone?.Id ?? "").replace("/hostedzone/", "");
  }
  const AddTags = [{ Key: "external-dns", Value: "yes" }];
  await client.send(
    new ChangeTagsForResourceCommand({ ResourceType: "hostedzone", ResourceId: zoneId, AddTags }),
  );
});
after(async () => {
  client.destroy();
  await signpost.stop();
});

/** What a loop finds at a name, as it wrote it. */
async function found(name: string): Promise<ResourceRecordSet[]> {
  return (await provider.records()).filter((set) => set.Name === `${name}.`);
}

test("external-dns aws: a record and its ownership are created, changed and deleted", async () => {
  const name = "nginx.cluster.example";
  assert.deepEqual(await provider.apply(owned("CREATE", address(name, ["192.0.2.1"]))), []);
  await untilAddress(signpost.dns, name, "192.0.2.1 300");
  const sets = await found(name);
  assert.deepEqual(
    sets.map(({ Type, ResourceRecords: [first] = [] }) => [Type, first?.Value]),
    [
      ["A", "192.0.2.1"],
      ["TXT", `${heritage}service/default/nginx"`],
    ],
  );
  const next = address(name, ["192.0.2.1", "192.0.2.2"], { TTL: 60 });
  assert.deepEqual(await provider.apply(owned("UPSERT", next)), []);
  await untilAddress(signpost.dns, name, "192.0.2.1 60, 192.0.2.2 60");
  assert.deepEqual(await provider.apply(owned("DELETE", next)), []);
  await untilAddress(signpost.dns, name, "NXDOMAIN");
  assert.deepEqual(await found(name), []);
});

test("external-dns aws: a change of type is a delete and a create in one batch", async () => {
  const name = "turns.cluster.example";
  const cname: ResourceRecordSet = {
    ...{ Name: name, Type: "CNAME", TTL: 300 },
    ResourceRecords: [{ Value: "nginx.other.example" }],
  };
  const [change, ownership] = owned("CREATE", cname) as [Change, Change];
  assert.deepEqual(await provider.apply([change, ownership]), []);
  const [gone, disowned] = owned("DELETE", cname) as [Change, Change];
  const created = owned("CREATE", address(name, ["192.0.2.5"])).slice(0, 2);
  assert.deepEqual(await provider.apply([gone, disowned, ...created]), []);
  await untilAddress(signpost.dns, name, "192.0.2.5 300");
});

test("external-dns aws: wildcards come back escaped, as it expects them", async () => {
  const name = "*.apps.cluster.example";
  const [change] = owned("CREATE", address(name, ["192.0.2.6"])) as [Change];
  assert.deepEqual(await provider.apply([change]), []);
  await untilAddress(signpost.dns, "any.apps.cluster.example", "192.0.2.6 300");
  assert.equal((await found("\\052.apps.cluster.example")).length, 1);
});

test("external-dns aws: an alias in the same zone has A and AAAA", async () => {
  const target = address("ingress.cluster.example", ["192.0.2.8"]);
  const sixth: ResourceRecordSet = {
    ...{ Name: "ingress.cluster.example", Type: "AAAA", TTL: 300 },
    ResourceRecords: [{ Value: "2001:db8::8" }],
  };
  const [six] = owned("CREATE", sixth) as [Change];
  assert.deepEqual(await provider.apply([...owned("CREATE", target), six]), []);
  const AliasTarget = {
    ...{ DNSName: "ingress.cluster.example", HostedZoneId: zoneId, EvaluateTargetHealth: true },
  };
  const alias: ResourceRecordSet = { Name: "app.cluster.example", Type: "A", AliasTarget };
  const changes = owned("CREATE", alias);
  const [dual] = owned("CREATE", { ...alias, Type: "AAAA" }) as [Change];
  assert.deepEqual(await provider.apply([...changes, dual]), []);
  await untilAddress(signpost.dns, "app.cluster.example", "192.0.2.8 300");
  const [set] = await found("app.cluster.example");
  assert.deepEqual(set?.AliasTarget, { ...AliasTarget, DNSName: "ingress.cluster.example." });
});

test("external-dns aws: weighted sets of two clusters, each with its own ownership", async () => {
  const name = "weighted.cluster.example";
  for (const [index, SetIdentifier] of ["blue", "green"].entries()) {
    const set = address(name, [`192.0.2.1${index}`], { SetIdentifier, Weight: index * 10 });
    assert.deepEqual(await provider.apply(owned("CREATE", set)), []);
  }
  await untilAddress(signpost.dns, name, "192.0.2.11 300");
  const sets = await found(name);
  assert.deepEqual(
    sets.map(({ Type, SetIdentifier, Weight }) => [Type, SetIdentifier, Weight]),
    [
      ["A", "blue", 0],
      ["A", "green", 10],
      ["TXT", "blue", 0],
      ["TXT", "green", 10],
    ],
  );
});

test("external-dns aws: a refused batch changes nothing; what is good in it goes name by name", async () => {
  const good = "good.cluster.example";
  const bad = "nginx-again.cluster.example";
  await provider.apply(owned("CREATE", address(bad, ["192.0.2.20"])));
  const changes = [
    ...owned("CREATE", address(good, ["192.0.2.21"])),
    // There already, as another cluster would have it.
    ...owned("CREATE", address(bad, ["192.0.2.22"])),
  ];
  assert.deepEqual(await provider.apply(changes), [bad]);
  await untilAddress(signpost.dns, good, "192.0.2.21 300");
  assert.equal(await askAddress(signpost.dns, bad), "192.0.2.20 300");
});

test("external-dns aws: records() goes through the pages of a zone", async () => {
  const names = Array.from({ length: 450 }, (_, i) => `many-${i}.cluster.example`);
  for (let i = 0; i < names.length; i += 150) {
    const batch = names.slice(i, i + 150);
    const changes = batch.flatMap((name) => owned("CREATE", address(name, ["192.0.2.7"])));
    assert.deepEqual(await provider.apply(changes), []);
  }
  const listed = (await provider.records()).filter(({ Type }) => Type === "A");
  const many = listed.map(({ Name }) => Name ?? "").filter((name) => name.startsWith("many-"));
  assert.equal(new Set(many).size, 450);
});

test("external-dns aws: zones without the tag are left alone", async () => {
  // Its newer versions ask for the tags of ten zones at once.
  const { ResourceTagSets: sets = [] } = await client.send(
    new ListTagsForResourcesCommand({ ResourceType: "hostedzone", ResourceIds: [zoneId] }),
  );
  assert.deepEqual(
    sets.map(({ ResourceId, Tags }) => [ResourceId, Tags]),
    [[zoneId, [{ Key: "external-dns", Value: "yes" }]]],
  );
  assert.deepEqual(
    (await provider.zones()).map(({ Name }) => Name),
    [zoneName],
  );
});
