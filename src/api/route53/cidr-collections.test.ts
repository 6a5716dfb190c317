import assert from "node:assert/strict";
import { test } from "node:test";
import { change, refusal, set } from "../../../test/support/change-steps.ts";
import { addZone, openRoute53 } from "../../../test/support/route53-context.ts";

const route53 = await openRoute53();
const { Collection } = await route53.call("CreateCidrCollection", {
  Name: "places",
  CallerReference: "one",
});
const Id = Collection?.Id ?? "";

const edit = (LocationName: string, Action: "PUT" | "DELETE_IF_EXISTS", ...CidrList: string[]) => ({
  LocationName,
  Action,
  CidrList,
});

async function blocks(LocationName?: string): Promise<string[]> {
  const list = await route53.call("ListCidrBlocks", { CollectionId: Id, LocationName });
  return (list.CidrBlocks ?? []).map(({ CidrBlock }) => CidrBlock ?? "");
}

test("CreateCidrCollection answers a repeated request again", async () => {
  assert.match(Id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual(Collection, {
    Arn: `arn:aws:route53::000000000000:cidrcollection/${Id}`,
    Id,
    Name: "places",
    Version: 1,
  });
  const again = await route53.call("CreateCidrCollection", {
    Name: "places",
    CallerReference: "one",
  });
  assert.deepEqual(again.Collection, Collection);
  const other = { Name: "places", CallerReference: "two" };
  const refused = await route53.refusal("CreateCidrCollection", other);
  assert.equal(refused.code, "CidrCollectionAlreadyExistsException");
});

test("ChangeCidrCollection puts, moves and deletes blocks under a version", async () => {
  const { Id: changeId } = await route53.call("ChangeCidrCollection", {
    Id,
    CollectionVersion: 1,
    Changes: [
      edit("east", "PUT", "192.0.2.0/24", "2001:DB8::/32"),
      edit("west", "PUT", "198.51.100.0/24"),
    ],
  });
  assert.match(changeId ?? "", /^C/);
  assert.equal(
    (await route53.call("GetChange", { Id: changeId ?? "" })).ChangeInfo?.Status,
    "PENDING",
  );
  assert.deepEqual(await blocks("east"), ["192.0.2.0/24", "2001:db8::/32"]);
  await route53.call("ChangeCidrCollection", {
    Id,
    CollectionVersion: 2,
    Changes: [
      edit("east", "DELETE_IF_EXISTS", "192.0.2.0/24", "203.0.113.0/24"),
      edit("west", "PUT", "192.0.2.0/24"),
    ],
  });
  assert.deepEqual(await blocks("west"), ["192.0.2.0/24", "198.51.100.0/24"]);
  assert.deepEqual(await blocks(), ["2001:db8::/32", "192.0.2.0/24", "198.51.100.0/24"]);

  const refusals: [object, string][] = [
    [
      { CollectionVersion: 2, Changes: [edit("x", "PUT", "10.0.0.0/8")] },
      "CidrCollectionVersionMismatchException",
    ],
    [{ Changes: [edit("x", "PUT", "192.0.2.0/24")] }, "CidrBlockInUseException"],
    [{ Changes: [edit("x", "PUT", "192.0.2.0/25")] }, "InvalidInput"],
    [{ Changes: [edit("x", "PUT", "192.0.2.1/24")] }, "InvalidInput"],
    [{ Changes: [edit("x", "PUT", "2001:db8::/49")] }, "InvalidInput"],
    [{ Changes: [edit("x", "PUT", "0.0.0.0/0")] }, "InvalidInput"],
    [{ Changes: [edit("x", "PUT", "nonsense")] }, "InvalidInput"],
    [{ Id: "nothere", Changes: [edit("x", "PUT", "10.0.0.0/8")] }, "NoSuchCidrCollectionException"],
  ];
  for (const [input, code] of refusals) {
    const error = await route53.refusal("ChangeCidrCollection", { Id, ...input } as never);
    assert.equal(error.code, code, JSON.stringify(input));
  }
});

test("CIDR lists go page by page", async () => {
  const first = await route53.call("ListCidrLocations", { CollectionId: Id, MaxResults: 1 });
  assert.deepEqual(first.CidrLocations, [{ LocationName: "east" }]);
  const second = await route53.call("ListCidrLocations", {
    CollectionId: Id,
    NextToken: first.NextToken ?? "",
  });
  assert.deepEqual(second, { CidrLocations: [{ LocationName: "west" }] });
  const page = await route53.call("ListCidrBlocks", { CollectionId: Id, MaxResults: 2 });
  const rest = await route53.call("ListCidrBlocks", {
    CollectionId: Id,
    NextToken: page.NextToken ?? "",
  });
  assert.deepEqual(rest.CidrBlocks, [{ CidrBlock: "198.51.100.0/24", LocationName: "west" }]);
  const { CidrCollections } = await route53.call("ListCidrCollections", {});
  assert.deepEqual(
    CidrCollections?.map(({ Name, Version }) => [Name, Version]),
    [["places", 3]],
  );
  const location = { CollectionId: Id, LocationName: "north" };
  const none = await route53.refusal("ListCidrBlocks", location);
  assert.equal(none.code, "NoSuchCidrLocationException");
  const token = await route53.refusal("ListCidrBlocks", { CollectionId: Id, NextToken: "x" });
  assert.equal(token.code, "InvalidInput");
});

test("records use the locations of one collection, and hold them", async () => {
  const zone = await addZone(route53, "z.test");
  const member = (LocationName: string, CollectionId = Id) =>
    set("c.z.test", {
      SetIdentifier: LocationName,
      CidrRoutingConfig: { CollectionId, LocationName },
    });
  await change(route53, zone, ["CREATE", member("east")], ["CREATE", member("*")]);
  const nowhere = await refusal(route53, zone, ["CREATE", member("north")]);
  assert.match(nowhere.message, new RegExp(`but CIDR collection ${Id} has no location north\\]$`));
  const taken = await refusal(route53, zone, ["CREATE", { ...member("east"), SetIdentifier: "2" }]);
  assert.match(taken.message, /type and CIDR location\.\]$/);
  const other = await route53.call("CreateCidrCollection", { Name: "b", CallerReference: "b" });
  const mixed = await refusal(route53, zone, [
    "CREATE",
    { ...member("*", other.Collection?.Id), SetIdentifier: "2" },
  ]);
  assert.match(mixed.message, /must use the same CIDR collection\.\]$/);

  const Changes = [edit("east", "DELETE_IF_EXISTS", "2001:db8::/32")];
  const inUse = await route53.refusal("ChangeCidrCollection", { Id, Changes });
  assert.equal(inUse.code, "CidrBlockInUseException");
  const full = await route53.refusal("DeleteCidrCollection", { Id });
  assert.equal(full.code, "CidrCollectionInUseException");
  assert.equal(full.message, "This CIDR collection is in use, and isn't empty.");

  await change(route53, zone, ["DELETE", member("east")], ["DELETE", member("*")]);
  await route53.call("ChangeCidrCollection", {
    Id,
    Changes: [...Changes, edit("west", "DELETE_IF_EXISTS", "192.0.2.0/24", "198.51.100.0/24")],
  });
  await route53.call("DeleteCidrCollection", { Id });
  const gone = await route53.refusal("ListCidrBlocks", { CollectionId: Id });
  assert.equal(gone.code, "NoSuchCidrCollectionException");
});
