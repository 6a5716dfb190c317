import assert from "node:assert/strict";
import { test } from "node:test";
import type { ListTrafficPolicyInstancesByPolicyResponse } from "@aws-sdk/client-route-53";
import {
  change,
  freshZone,
  listSets,
  refusal,
  set,
  values,
} from "../../../test/support/change-steps.ts";
import { documentOf, one, two } from "../../../test/support/policy-documents.ts";
import { addVpcs, openRoute53 } from "../../../test/support/route53-context.ts";
import type { Route53 } from "../../../test/support/route53-context.ts";

const route53 = await openRoute53();
const weighted = (...branches: object[]) =>
  documentOf({ RuleType: "weighted", Items: branches.map((b) => ({ ...b, Weight: 1 })) });

let names = 0;

/** A policy with a version for each document; gives its id. */
async function policyOf(...documents: string[]): Promise<string> {
  const [Document = "", ...more] = documents;
  const made = await route53.call("CreateTrafficPolicy", { Name: `policy ${names++}`, Document });
  const Id = made.TrafficPolicy?.Id ?? "";
  for (const next of more) await route53.call("CreateTrafficPolicyVersion", { Id, Document: next });
  return Id;
}

const simple = await policyOf(weighted(one), weighted(two));

async function create(HostedZoneId: string, Name: string, TrafficPolicyId = simple) {
  const input = { HostedZoneId, Name, TTL: 60, TrafficPolicyId, TrafficPolicyVersion: 1 };
  const { TrafficPolicyInstance } = await route53.call("CreateTrafficPolicyInstance", input);
  assert.ok(TrafficPolicyInstance?.Id);
  return { ...TrafficPolicyInstance, Id: TrafficPolicyInstance.Id };
}

const get = async (Id: string) =>
  (await route53.call("GetTrafficPolicyInstance", { Id })).TrafficPolicyInstance;

/** Says that every name server serves all there is. */
function apply(on: Route53 = route53): void {
  on.log.applied.set(on.state.lastSeq());
}

test("an instance is created, applied, updated and deleted; its root is listed", async () => {
  const { id, n } = await freshZone(route53);
  const input = { HostedZoneId: `/hostedzone/${id}`, Name: `WWW.${n}`, TTL: 60 };
  const { TrafficPolicyInstance: made, Location } = await route53.call(
    "CreateTrafficPolicyInstance",
    { ...input, TrafficPolicyId: simple, TrafficPolicyVersion: 1 },
  );
  const Id = made?.Id ?? "";
  const base = "https://route53.amazonaws.com/2013-04-01";
  assert.equal(Location, `${base}/trafficpolicyinstance/${Id}`);
  assert.deepEqual(made, {
    Id,
    HostedZoneId: id,
    Name: `www.${n}.`,
    TTL: 60,
    State: "Creating",
    Message: "",
    TrafficPolicyId: simple,
    TrafficPolicyVersion: 1,
    TrafficPolicyType: "A",
  });
  assert.equal((await get(Id))?.State, "Creating");
  apply();
  assert.equal((await get(Id))?.State, "Applied");
  const root = { Name: `www.${n}.`, Type: "A", TrafficPolicyInstanceId: Id };
  assert.deepEqual(await listSets(route53, id), [root]);

  const wanted = { Id, TTL: 30, TrafficPolicyId: simple, TrafficPolicyVersion: 2 };
  const updated = await route53.call("UpdateTrafficPolicyInstance", wanted);
  assert.equal(updated.TrafficPolicyInstance?.State, "Updating");
  apply();
  const after = await get(Id);
  assert.deepEqual([after?.State, after?.TTL, after?.TrafficPolicyVersion], ["Applied", 30, 2]);

  await route53.call("DeleteTrafficPolicyInstance", { Id });
  assert.deepEqual(await listSets(route53, id), []);
  const gone = await route53.refusal("GetTrafficPolicyInstance", { Id });
  assert.equal(gone.code, "NoSuchTrafficPolicyInstance");
  await route53.call("DeleteHostedZone", { Id: id });
});

test("instances are refused with AWS's codes", async () => {
  const { id, n } = await freshZone(route53);
  const { Id } = await create(id, `a.${n}`);
  const valid = {
    HostedZoneId: id,
    Name: `b.${n}`,
    TTL: 60,
    TrafficPolicyId: simple,
    TrafficPolicyVersion: 1,
  };
  await addVpcs(route53, { "vpc-11111111": { region: "us-east-1" } });
  const { HostedZone } = await route53.call("CreateHostedZone", {
    Name: "private.test",
    CallerReference: "private",
    VPC: { VPCRegion: "us-east-1", VPCId: "vpc-11111111" },
  });
  const creates: [object, string][] = [
    [{ HostedZoneId: "ZNONE" }, "NoSuchHostedZone"],
    [{ Name: `A.${n}` }, "TrafficPolicyInstanceAlreadyExists"],
    [{ Name: "elsewhere.test" }, "InvalidInput"],
    [{ Name: "a..b" }, "InvalidInput"],
    [{ TrafficPolicyId: "none" }, "NoSuchTrafficPolicy"],
    [{ TrafficPolicyVersion: 9 }, "NoSuchTrafficPolicy"],
    [{ HostedZoneId: HostedZone?.Id, Name: "x.private.test" }, "InvalidInput"],
  ];
  for (const [more, code] of creates) {
    const error = await route53.refusal("CreateTrafficPolicyInstance", { ...valid, ...more });
    assert.equal(error.code, code, JSON.stringify(more));
  }
  const texts = documentOf(
    { RuleType: "weighted", Items: [{ EndpointReference: "text", Weight: 1 }] },
    { RecordType: "TXT", Endpoints: { text: { Type: "value", Value: '"x"' } } },
  );
  const wanted = { Id, TTL: 1, TrafficPolicyId: simple, TrafficPolicyVersion: 1 };
  const updates: [object, string][] = [
    [{ Id: "none" }, "NoSuchTrafficPolicyInstance"],
    [{ TrafficPolicyId: "none" }, "NoSuchTrafficPolicy"],
    [{ TrafficPolicyId: await policyOf(texts) }, "ConflictingTypes"],
  ];
  for (const [more, code] of updates) {
    const error = await route53.refusal("UpdateTrafficPolicyInstance", { ...wanted, ...more });
    assert.equal(error.code, code, JSON.stringify(more));
  }
  const inUse = await route53.refusal("DeleteTrafficPolicy", { Id: simple, Version: 1 });
  assert.equal(inUse.code, "TrafficPolicyInUse");
  const notEmpty = await route53.refusal("DeleteHostedZone", { Id: id });
  assert.equal(notEmpty.code, "HostedZoneNotEmpty");
  const none = await route53.refusal("DeleteTrafficPolicyInstance", { Id: "none" });
  assert.equal(none.code, "NoSuchTrafficPolicyInstance");

  const limited = await openRoute53({ MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER: 0 });
  const zone = await freshZone(limited);
  const { TrafficPolicy } = await limited.call("CreateTrafficPolicy", {
    Name: "p",
    Document: weighted(one),
  });
  const full = await limited.refusal("CreateTrafficPolicyInstance", {
    ...{ HostedZoneId: zone.id, Name: zone.n, TTL: 1, TrafficPolicyVersion: 1 },
    TrafficPolicyId: TrafficPolicy?.Id ?? "",
  });
  assert.equal(full.code, "TooManyTrafficPolicyInstances");
});

test("an instance that cannot answer is Failed and says why", async () => {
  const { id, n } = await freshZone(route53);
  await change(route53, id, ["CREATE", set(`taken.${n}`)]);
  await change(route53, id, ["CREATE", set(`c.${n}`, { Type: "CNAME", ...values("x.test") })]);
  const checked = await policyOf(weighted({ ...one, HealthCheck: "none" }));
  const aliasOf = (Value: string) =>
    documentOf(
      { RuleType: "weighted", Items: [{ EndpointReference: "lb", Weight: 1 }] },
      { Endpoints: { lb: { Type: "elastic-load-balancer", Value } } },
    );
  const outside = await policyOf(aliasOf("lb.elb.amazonaws.com"));
  const missing = await policyOf(aliasOf(`none.${n}`));
  const found = await policyOf(aliasOf(`taken.${n}`));
  const cases: [name: string, policy: string, message: RegExp][] = [
    [`taken.${n}`, simple, /^Tried to create resource record set .* but it already exists$/],
    [`c.${n}`, simple, /is not permitted as it conflicts with other records/],
    [`h.${n}`, checked, /^No health check found with ID: none \(\$\.Rules\.start\.Items\[0\]\)/],
    [`o.${n}`, outside, /lb\.elb\.amazonaws\.com\. \(\$\.Endpoints\.lb\) does not lie within zone/],
    [`m.${n}`, missing, /of type A was not found/],
  ];
  const before = await listSets(route53, id);
  for (const [name, policy, message] of cases) {
    const made = await create(id, name, policy);
    assert.equal(made.State, "Failed", name);
    assert.match(made.Message ?? "", message);
    assert.equal((await get(made.Id))?.State, "Failed");
    await route53.call("DeleteTrafficPolicyInstance", { Id: made.Id });
  }
  assert.deepEqual(await listSets(route53, id), before);
  assert.equal((await create(id, `alias.${n}`, found)).State, "Creating");
});

test("an update that fails leaves the answer as it was, and the next one can mend it", async () => {
  const { id, n } = await freshZone(route53);
  const { HealthCheck } = await route53.call("CreateHealthCheck", {
    CallerReference: "used",
    HealthCheckConfig: { Type: "HTTP", IPAddress: "8.8.8.8" },
  });
  const HealthCheckId = HealthCheck?.Id ?? "";
  const policy = await policyOf(
    weighted({ ...one, HealthCheck: HealthCheckId }),
    weighted({ ...one, HealthCheck: "none" }),
    weighted(two),
  );
  const { Id } = await create(id, `www.${n}`, policy);
  const update = (TrafficPolicyVersion: number) =>
    route53.call("UpdateTrafficPolicyInstance", {
      ...{ Id, TTL: 60, TrafficPolicyId: policy, TrafficPolicyVersion },
    });
  const uses = () => route53.state.count("healthCheckUse", [HealthCheckId]);
  assert.equal(uses(), 1);
  assert.equal((await update(2)).TrafficPolicyInstance?.State, "Failed");
  assert.equal(uses(), 1);
  assert.equal((await listSets(route53, id)).length, 1);
  const inUse = await route53.refusal("DeleteTrafficPolicy", { Id: policy, Version: 1 });
  assert.equal(inUse.code, "TrafficPolicyInUse");
  assert.equal((await update(3)).TrafficPolicyInstance?.State, "Updating");
  assert.equal(uses(), 0);
  for (const Version of [1, 2]) await route53.call("DeleteTrafficPolicy", { Id: policy, Version });
});

test("instances are listed and counted, by zone and by policy, by markers", async () => {
  const some = [await freshZone(route53), await freshZone(route53)].toSorted((a, b) =>
    a.id < b.id ? -1 : 1,
  );
  const policy = await policyOf(weighted(one));
  const wanted: string[] = [];
  for (const { id, n } of some) {
    for (const name of ["a", "b", "c"]) {
      await create(id, `${name}.${n}`, policy);
      wanted.push(`${name}.${n}.`);
    }
  }
  const listed: string[] = [];
  let markers: object | undefined = {};
  while (markers) {
    const page: ListTrafficPolicyInstancesByPolicyResponse = await route53.call(
      "ListTrafficPolicyInstancesByPolicy",
      {
        TrafficPolicyId: policy,
        TrafficPolicyVersion: 1,
        MaxItems: 2,
        ...markers,
      },
    );
    listed.push(...(page.TrafficPolicyInstances ?? []).map(({ Name }) => Name ?? ""));
    const { HostedZoneIdMarker, TrafficPolicyInstanceNameMarker, TrafficPolicyInstanceTypeMarker } =
      page;
    markers = page.IsTruncated
      ? { HostedZoneIdMarker, TrafficPolicyInstanceNameMarker, TrafficPolicyInstanceTypeMarker }
      : undefined;
  }
  assert.deepEqual(listed, wanted);

  const { id = "", n = "" } = some[0] ?? {};
  const first = await route53.call("ListTrafficPolicyInstancesByHostedZone", {
    HostedZoneId: id,
    MaxItems: 2,
  });
  assert.deepEqual(
    [first.TrafficPolicyInstanceNameMarker, first.TrafficPolicyInstanceTypeMarker],
    [`c.${n}.`, "A"],
  );
  const rest = await route53.call("ListTrafficPolicyInstancesByHostedZone", {
    HostedZoneId: id,
    TrafficPolicyInstanceNameMarker: `c.${n}.`,
    TrafficPolicyInstanceTypeMarker: "A",
  });
  assert.deepEqual([rest.TrafficPolicyInstances?.length, rest.IsTruncated], [1, false]);
  const { TrafficPolicyInstanceCount } = await route53.call("GetTrafficPolicyInstanceCount", {});
  const all = await route53.call("ListTrafficPolicyInstances", {});
  assert.equal(all.TrafficPolicyInstances?.length, TrafficPolicyInstanceCount);
  const part = await route53.call("ListTrafficPolicyInstances", { MaxItems: 1 });
  assert.deepEqual([part.IsTruncated, part.MaxItems], [true, 1]);
  assert.ok(part.HostedZoneIdMarker);
  const wrong = await route53.refusal("ListTrafficPolicyInstances", {
    TrafficPolicyInstanceNameMarker: n,
  });
  assert.equal(wrong.code, "InvalidInput");
});

test("a change batch can remove the root; only its own instance can be named again", async () => {
  const { id, n } = await freshZone(route53);
  const { Id } = await create(id, `www.${n}`);
  const root = (TrafficPolicyInstanceId: string, name = `www.${n}`) =>
    set(name, {
      TrafficPolicyInstanceId,
      TTL: undefined,
      ResourceRecords: undefined,
    });
  const wrong = await refusal(route53, id, ["CREATE", root(Id, `other.${n}`)]);
  assert.equal(wrong.code, "InvalidInput");
  await change(route53, id, ["DELETE", root(Id)]);
  assert.deepEqual(await listSets(route53, id), []);
  assert.equal((await get(Id))?.Id, Id);
  await change(route53, id, ["CREATE", root(Id)]);
  assert.equal((await listSets(route53, id))[0]?.TrafficPolicyInstanceId, Id);
  await change(route53, id, ["DELETE", root(Id)], ["CREATE", set(`www.${n}`)]);
  await route53.call("DeleteTrafficPolicyInstance", { Id });
  assert.equal((await listSets(route53, id)).length, 1);
});

test("a protected name keeps what it answers", async () => {
  const { id, n } = await freshZone(route53);
  const { Id } = await create(id, `www.${n}`);
  const Protections = [{ RecordName: `www.${n}`, RecordType: "A" as const }];
  await route53.call("CreateResourceRecordSetProtections", { HostedZoneId: id, Protections });
  const wanted = { Id, TTL: 1, TrafficPolicyId: simple, TrafficPolicyVersion: 2 };
  assert.equal((await route53.refusal("UpdateTrafficPolicyInstance", wanted)).code, "InvalidInput");
  assert.equal((await route53.refusal("DeleteTrafficPolicyInstance", { Id })).code, "InvalidInput");
});
