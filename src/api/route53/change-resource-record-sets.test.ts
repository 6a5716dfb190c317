import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { addVpcs, openRoute53 } from "../../../test/support/route53-context.ts";
import {
  alias,
  change,
  filled,
  freshZone,
  listSets,
  refusal,
  set,
  values,
} from "../../../test/support/change-steps.ts";
import type { Step } from "../../../test/support/change-steps.ts";

const route53 = await openRoute53();

test("ChangeResourceRecordSets knows no health checks", async () => {
  const step: Step = ["CREATE", set("x.test", { HealthCheckId: "abc" })];
  const { id } = await freshZone(route53);
  const error = await refusal(route53, id, step);
  assert.equal(error.code, "NoSuchHealthCheck");
  assert.match(error.message, /abc/);
});

test("values and routing fields come back as they were given, names normalised", async () => {
  const { id, n } = await freshZone(route53);
  const sets: ResourceRecordSet[] = [
    filled(set(`*.W.${n}`, values("192.0.2.2", "192.0.2.1"))),
    filled(set(`t.${n}`, { Type: "TXT", ...values('"One" "TWO;\\"x\\""', '"\\303\\244"') })),
    filled(set(`c.${n}`, { Type: "CAA", ...values('0 issue "ca.test"') })),
    filled(set(`_S._tcp.${n}`, { Type: "SRV", ...values("1 2 3 Host.Test") })),
    filled(set(`h.${n}`, { Type: "HTTPS", ...values("1 . alpn=h2,h3 port=8443") })),
    filled(set(`x.${n}`, { SetIdentifier: "a b", Weight: 0 })),
    filled(
      set(`g.${n}`, {
        SetIdentifier: "g",
        GeoLocation: { CountryCode: "US", SubdivisionCode: "CA" },
      }),
    ),
    filled(
      set(`p.${n}`, {
        SetIdentifier: "p",
        GeoProximityLocation: {
          Coordinates: { Latitude: "49.22", Longitude: "-74.01" },
          Bias: -10,
        },
      }),
    ),
    filled(set(`al.${n}`, alias(`/hostedzone/${id}`, `X.${n}`))),
    filled(set(`a@b.${n}`)),
  ];
  const Changes = sets.map((given) => ({ Action: "CREATE", ResourceRecordSet: given }));
  await route53.call("ChangeResourceRecordSets", {
    HostedZoneId: id,
    ChangeBatch: { Changes },
  } as never);
  const listed = await listSets(route53, id);
  const names = sets.map(({ Name = "" }) =>
    `${Name.toLowerCase()}.`.replace("*", "\\052").replace("@", "\\100"),
  );
  for (const [i, given] of sets.entries()) {
    const got = listed.find(({ Name }) => Name === names[i]);
    const target = given.AliasTarget && {
      AliasTarget: { ...given.AliasTarget, HostedZoneId: id, DNSName: `x.${n}.` },
    };
    assert.deepEqual(
      JSON.parse(JSON.stringify(got)),
      JSON.parse(JSON.stringify({ ...given, Name: names[i], ...target })),
    );
    const back = { ...given, ResourceRecords: given.ResourceRecords?.toReversed() };
    await route53.call("ChangeResourceRecordSets", {
      HostedZoneId: id,
      ChangeBatch: { Changes: [{ Action: "DELETE", ResourceRecordSet: back }] },
    } as never);
  }
  assert.deepEqual(await listSets(route53, id), []);
});

test("a batch sees its own earlier changes and is judged by what it leaves", async () => {
  const { id, n } = await freshZone(route53);
  await change(route53, id, ["CREATE", set(`a.${n}`, { Type: "CNAME", ...values("b.test") })]);
  // CNAME to A, and an alias to a set of the same batch that comes after it.
  await change(
    route53,
    id,
    ["CREATE", set(`alias.${n}`, alias(id, `a.${n}`))],
    ["DELETE", set(`a.${n}`, { Type: "CNAME", ...values("b.test") })],
    ["CREATE", set(`a.${n}`)],
  );
  // Deleted and made anew.
  await change(route53, id, ["DELETE", set(`a.${n}`)], ["CREATE", set(`a.${n}`, { TTL: 60 })]);
  // A weighted group takes another TTL at once, then another policy.
  const member = (SetIdentifier: string, more: Partial<ResourceRecordSet>): Step[1] =>
    set(`w.${n}`, { SetIdentifier, ...more });
  await change(
    route53,
    id,
    ["CREATE", member("1", { Weight: 1 })],
    ["CREATE", member("2", { Weight: 2 })],
  );
  const one = await refusal(route53, id, ["UPSERT", member("1", { Weight: 1, TTL: 60 })]);
  assert.equal(one.code, "InvalidChangeBatch");
  await change(
    route53,
    id,
    ["UPSERT", member("1", { Weight: 1, TTL: 60 })],
    ["UPSERT", member("2", { Weight: 2, TTL: 60 })],
  );
  await change(
    route53,
    id,
    ["UPSERT", member("1", { Failover: "PRIMARY" })],
    ["UPSERT", member("2", { Failover: "SECONDARY" })],
  );
  assert.deepEqual(
    (await listSets(route53, id)).map(({ Name, SetIdentifier, TTL }) => [Name, SetIdentifier, TTL]),
    [
      [`a.${n}.`, undefined, 60],
      [`alias.${n}.`, undefined, undefined],
      [`w.${n}.`, "1", 300],
      [`w.${n}.`, "2", 300],
    ],
  );
});

test("ListResourceRecordSets pages by name, type and identifier", async () => {
  const { id, n } = await freshZone(route53);
  await change(
    route53,
    id,
    ["CREATE", set(`b.${n}`)],
    ["CREATE", set(`b.${n}`, { Type: "TXT", ...values('"x"') })],
    ["CREATE", set(`a.b.${n}`)],
    ["CREATE", set(`c.${n}`, { SetIdentifier: "2", Weight: 1 })],
    ["CREATE", set(`c.${n}`, { SetIdentifier: "1", Weight: 1 })],
  );
  const rows: unknown[] = [];
  let start: Record<string, string | undefined> = {};
  for (;;) {
    const page = await route53.call("ListResourceRecordSets", {
      HostedZoneId: id,
      MaxItems: 1,
      ...start,
    } as never);
    assert.equal(page.MaxItems, 1);
    const [row] = page.ResourceRecordSets ?? [];
    rows.push([row?.Name, row?.Type, row?.SetIdentifier]);
    if (!page.IsTruncated) break;
    start = {
      StartRecordName: page.NextRecordName,
      StartRecordType: page.NextRecordType,
      StartRecordIdentifier: page.NextRecordIdentifier,
    };
  }
  assert.deepEqual(rows, [
    [`${n}.`, "NS", undefined],
    [`${n}.`, "SOA", undefined],
    [`b.${n}.`, "A", undefined],
    [`b.${n}.`, "TXT", undefined],
    [`a.b.${n}.`, "A", undefined],
    [`c.${n}.`, "A", "1"],
    [`c.${n}.`, "A", "2"],
  ]);
  const from = async (StartRecordName: string, StartRecordType?: "A" | "TXT" | "MX") => {
    const page = await route53.call("ListResourceRecordSets", {
      HostedZoneId: id,
      StartRecordName,
      StartRecordType,
      MaxItems: 1,
    });
    return `${page.ResourceRecordSets?.[0]?.Name} ${page.ResourceRecordSets?.[0]?.Type}`;
  };
  assert.equal(await from(`B.${n}`), `b.${n}. A`);
  assert.equal(await from(`b.${n}`, "MX"), `b.${n}. TXT`);
  assert.equal(await from(`aa.${n}`), `b.${n}. A`);
  const refusals: [object, string][] = [
    [{ StartRecordType: "A" }, "InvalidInput"],
    [{ StartRecordName: `a.${n}`, StartRecordIdentifier: "1" }, "InvalidInput"],
    [{ StartRecordName: "a..b" }, "InvalidInput"],
    [{ MaxItems: 0 }, "InvalidInput"],
  ];
  for (const [more, code] of refusals) {
    const error = await route53.refusal("ListResourceRecordSets", {
      HostedZoneId: id,
      ...more,
    } as never);
    assert.equal(error.code, code);
  }
  const large = await route53.call("ListResourceRecordSets", { HostedZoneId: id, MaxItems: 9999 });
  assert.equal(large.MaxItems, 300);
});

test("GetChange is PENDING until the answering workers serve the change", async () => {
  const { id, n } = await freshZone(route53);
  const { ChangeInfo } = await change(route53, id, ["CREATE", set(`a.${n}`)]);
  const status = async () => {
    const got = await route53.call("GetChange", { Id: ChangeInfo?.Id ?? "" });
    assert.deepEqual(got.ChangeInfo?.SubmittedAt, ChangeInfo?.SubmittedAt);
    return got.ChangeInfo?.Status;
  };
  assert.equal(await status(), "PENDING");
  route53.log.applied.set(route53.state.head(`zone/${id}`));
  assert.equal(await status(), "INSYNC");
  const bare = (ChangeInfo?.Id ?? "").replace("/change/", "");
  assert.equal((await route53.call("GetChange", { Id: bare })).ChangeInfo?.Id, `/change/${bare}`);
  const unknown = await route53.refusal("GetChange", { Id: "/change/C0" });
  assert.equal(unknown.code, "NoSuchChange");
  assert.equal(unknown.message, "Could not find resource with ID: C0");
});

test("changes at once on one zone all take effect", async () => {
  const { id, n } = await freshZone(route53);
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => change(route53, id, ["CREATE", set(`n${i}.${n}`)])),
  );
  assert.equal((await listSets(route53, id)).length, 20);
});

test("a private zone takes no geoproximity and no CIDR routing", async () => {
  await addVpcs(route53, { "vpc-44444444": { region: "us-east-1" } });
  const { HostedZone } = await route53.call("CreateHostedZone", {
    Name: "p.test",
    CallerReference: "p.test",
    VPC: { VPCId: "vpc-44444444", VPCRegion: "us-east-1" },
  });
  const error = await refusal(route53, HostedZone?.Id ?? "", [
    "CREATE",
    set("a.p.test", { SetIdentifier: "1", GeoProximityLocation: { AWSRegion: "us-east-1" } }),
  ]);
  assert.match(error.message, /with geoproximity routing in private zone p\.test\.\]$/);
});
