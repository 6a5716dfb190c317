import assert from "node:assert/strict";
import { test } from "node:test";
import { documentOf, one, ours, two } from "../../../test/support/policy-documents.ts";
import { openRoute53 } from "../../../test/support/route53-context.ts";
import type { Route53 } from "../../../test/support/route53-context.ts";

const route53 = await openRoute53();
const Document = documentOf({ RuleType: "weighted", Items: [{ ...one, Weight: 1 }] });
const other = documentOf({ RuleType: "weighted", Items: [{ ...two, Weight: 1 }] });

let names = 0;

async function create(on: Route53 = route53, document = Document) {
  const { TrafficPolicy } = await on.call("CreateTrafficPolicy", {
    Name: `policy ${names++}`,
    Document: document,
  });
  assert.ok(TrafficPolicy?.Id);
  return { Id: TrafficPolicy.Id, Name: TrafficPolicy.Name };
}

test("a traffic policy has versions, which keep their documents", async () => {
  const made = await route53.call("CreateTrafficPolicy", {
    Name: "front",
    Document,
    Comment: "first",
  });
  const Id = made.TrafficPolicy?.Id ?? "";
  const first = { Id, Version: 1, Name: "front", Type: "A", Document, Comment: "first" };
  assert.deepEqual(made, {
    TrafficPolicy: first,
    Location: `https://route53.amazonaws.com/2013-04-01/trafficpolicy/${Id}/1`,
  });
  const second = await route53.call("CreateTrafficPolicyVersion", { Id, Document: other });
  assert.equal(second.Location, `https://route53.amazonaws.com/2013-04-01/trafficpolicy/${Id}/2`);
  assert.deepEqual(second.TrafficPolicy, {
    Id,
    Version: 2,
    Name: "front",
    Type: "A",
    Document: other,
  });
  assert.deepEqual(
    (await route53.call("GetTrafficPolicy", { Id, Version: 1 })).TrafficPolicy,
    first,
  );

  const commented = { Id, Version: 2, Comment: "second" };
  const updated = await route53.call("UpdateTrafficPolicyComment", commented);
  assert.equal(updated.TrafficPolicy?.Comment, "second");
  const got = await route53.call("GetTrafficPolicy", { Id, Version: 2 });
  assert.deepEqual(got.TrafficPolicy, updated.TrafficPolicy);

  // A number does not come again, not even that of the newest version.
  await route53.call("DeleteTrafficPolicy", { Id, Version: 2 });
  const third = await route53.call("CreateTrafficPolicyVersion", { Id, Document });
  assert.equal(third.TrafficPolicy?.Version, 3);
  const { TrafficPolicySummaries } = await route53.call("ListTrafficPolicies", {});
  const summary = { Id, Name: "front", Type: "A", LatestVersion: 3, TrafficPolicyCount: 2 };
  assert.deepEqual(TrafficPolicySummaries, [summary]);
  for (const Version of [1, 3]) await route53.call("DeleteTrafficPolicy", { Id, Version });
  assert.deepEqual((await route53.call("ListTrafficPolicies", {})).TrafficPolicySummaries, []);
  const again = await route53.call("CreateTrafficPolicy", { Name: "front", Document });
  await route53.call("DeleteTrafficPolicy", { Id: again.TrafficPolicy?.Id ?? "", Version: 1 });
});

test("traffic policies are refused with AWS's codes", async () => {
  const { Id, Name } = await create();
  const code = async (
    name: "CreateTrafficPolicy" | "CreateTrafficPolicyVersion" | "GetTrafficPolicy",
    input: object,
  ) => (await route53.refusal(name, input as never)).code;
  assert.equal(await code("CreateTrafficPolicy", { Name, Document }), "TrafficPolicyAlreadyExists");
  assert.equal(await code("CreateTrafficPolicy", { Name: "", Document }), "InvalidInput");
  const bad = { Name: "bad", Document: "{}" };
  assert.equal(await code("CreateTrafficPolicy", bad), "InvalidTrafficPolicyDocument");
  const version = { Id: "none", Document };
  assert.equal(await code("CreateTrafficPolicyVersion", version), "NoSuchTrafficPolicy");
  const badVersion = { Id, Document: "[]" };
  assert.equal(
    await code("CreateTrafficPolicyVersion", badVersion),
    "InvalidTrafficPolicyDocument",
  );
  assert.equal(await code("GetTrafficPolicy", { Id, Version: 2 }), "NoSuchTrafficPolicy");
  const comment = await route53.refusal("UpdateTrafficPolicyComment", {
    Id,
    Version: 9,
    Comment: "",
  });
  assert.equal(comment.code, "NoSuchTrafficPolicy");
  const gone = await route53.refusal("DeleteTrafficPolicy", { Id: "none", Version: 1 });
  assert.equal(gone.code, "NoSuchTrafficPolicy");
  await route53.call("DeleteTrafficPolicy", { Id, Version: 1 });

  const limited = await openRoute53({ MAX_TRAFFIC_POLICIES_BY_OWNER: 1 });
  await create(limited);
  const second = await limited.refusal("CreateTrafficPolicy", { Name: "second", Document });
  assert.equal(second.code, "TooManyTrafficPolicies");
});

test("policies and versions are listed in the order they were made in, by markers", async () => {
  const some = await openRoute53();
  const made: string[] = [];
  for (let i = 0; i < 5; i++) {
    made.push((await create(some)).Id);
    some.clock.advanceMs(1_000);
  }
  const ids: string[] = [];
  let marker: string | undefined;
  for (;;) {
    const page = await some.call("ListTrafficPolicies", {
      MaxItems: 2,
      ...(marker === undefined ? {} : { TrafficPolicyIdMarker: marker }),
    });
    ids.push(...(page.TrafficPolicySummaries ?? []).map(({ Id }) => Id ?? ""));
    marker = page.TrafficPolicyIdMarker;
    if (!page.IsTruncated) break;
  }
  assert.deepEqual(ids, made);
  assert.equal(marker, "");

  const Id = made[0] ?? "";
  for (let i = 0; i < 10; i++) await some.call("CreateTrafficPolicyVersion", { Id, Document });
  const first = await some.call("ListTrafficPolicyVersions", { Id, MaxItems: 9 });
  assert.deepEqual([first.IsTruncated, first.TrafficPolicyVersionMarker], [true, "10"]);
  const rest = await some.call("ListTrafficPolicyVersions", {
    Id,
    TrafficPolicyVersionMarker: "10",
  });
  assert.deepEqual(
    rest.TrafficPolicies?.map(({ Version }) => Version),
    [10, 11],
  );
  const wrong = { Id, TrafficPolicyVersionMarker: "x" };
  assert.equal((await some.refusal("ListTrafficPolicyVersions", wrong)).code, "InvalidInput");
  const none = await some.refusal("ListTrafficPolicyVersions", { Id: "none" });
  assert.equal(none.code, "NoSuchTrafficPolicy");
});

test("load metrics have slots as long as a version names them", async () => {
  const loadOf = (...pools: string[]) =>
    documentOf(
      {
        RuleType: "load",
        Items: pools.map((Pool) => ({
          ...one,
          Metric: { Namespace: "App", MetricName: "Load", Dimensions: { Pool } },
          LowWatermark: 1,
          HighWatermark: 2,
        })),
      },
      ours,
    );
  const { Id } = await create(route53, loadOf("a", "b"));
  await route53.call("CreateTrafficPolicyVersion", { Id, Document: loadOf("b", "c") });
  const slots = () =>
    route53.state.list<number>("loadSlot").map(({ key, value }) => [key[0]?.at(-3), value]);
  assert.deepEqual(slots(), [
    ["a", 1],
    ["b", 2],
    ["c", 3],
  ]);
  await route53.call("DeleteTrafficPolicy", { Id, Version: 1 });
  assert.deepEqual(slots(), [
    ["b", 2],
    ["c", 3],
  ]);
  await route53.call("DeleteTrafficPolicy", { Id, Version: 2 });
  assert.deepEqual(slots(), []);
});
