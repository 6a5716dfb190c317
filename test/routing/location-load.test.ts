import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as sdk from "@aws-sdk/client-route-53";
import type { LocationSummary } from "../../src/api/signpost/location-data.ts";
import { readJson, send } from "../../src/cli/connection.ts";
import { DnsClient } from "../support/dns-client.ts";
import { eventually } from "../support/eventually.ts";
import { route53Client } from "../support/route53-client.ts";
import { startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";
import { askAs } from "./ask-as.ts";

const dataDir = mkdtempSync(join(tmpdir(), "signpost-places-"));
after(() => rmSync(dataDir, { recursive: true, force: true }));

const zone = "places.example";
const california = "171.64.0.0/16";

/** A Signpost over the one data directory, stopped when the test is over. */
async function start(t: { after(f: () => unknown): void }): Promise<SignpostProcess> {
  const signpost = await startSignpost({ dataDir, args: ["--workers", "2"] });
  t.after(() => signpost.stop());
  return signpost;
}

async function tableSize({ api }: SignpostProcess): Promise<number> {
  const text = await (await fetch(`${api}/metrics`)).text();
  return Number(/^signpost_location_table_bytes (\d+)$/m.exec(text)?.[1]);
}

/** What a client in California is answered, by UDP and by TCP. */
async function answersOf(signpost: SignpostProcess, name: string): Promise<string[][]> {
  const dns = await DnsClient.open(signpost.dns);
  try {
    const asking = { name, client: california };
    const both = await Promise.all([askAs(dns, asking), askAs(dns, { ...asking, tcp: true })]);
    return both.map(({ values }) => values);
  } finally {
    dns.close();
  }
}

/** Puts two sets at one name, and waits until they are served. */
async function put(
  route53: sdk.Route53Client,
  { id, name, ways }: { id: string; name: string; ways: Partial<sdk.ResourceRecordSet>[] },
): Promise<void> {
  const Changes = ways.map((way, i) => ({
    Action: "CREATE" as const,
    ResourceRecordSet: {
      ...{ Name: name, Type: "A" as const, TTL: 60, SetIdentifier: `${i}` },
      ResourceRecords: [{ Value: `192.0.2.${i + 1}` }],
      ...way,
    },
  }));
  const { ChangeInfo } = await route53.send(
    new sdk.ChangeResourceRecordSetsCommand({ HostedZoneId: id, ChangeBatch: { Changes } }),
  );
  await eventually("the sets are served", async () => {
    const change = await route53.send(new sdk.GetChangeCommand({ Id: ChangeInfo?.Id }));
    return change.ChangeInfo?.Status === "INSYNC";
  });
}

test("the location table is loaded with the first set that asks for places", async (t) => {
  const signpost = await start(t);
  const route53 = route53Client(signpost);
  const { HostedZone } = await route53.send(
    new sdk.CreateHostedZoneCommand({ Name: zone, CallerReference: zone }),
  );
  const id = HostedZone?.Id ?? "";
  await put(route53, { id, name: `weight.${zone}`, ways: [{ Weight: 1 }, { Weight: 0 }] });
  assert.equal(await tableSize(signpost), 0);
  const places = [{ SubdivisionCode: "CA", CountryCode: "US" }, { CountryCode: "*" }];
  const ways = places.map((GeoLocation) => ({ GeoLocation }));
  await put(route53, { id, name: `where.${zone}`, ways });
  assert.deepEqual(await answersOf(signpost, `where.${zone}`), [["192.0.2.1"], ["192.0.2.1"]]);
  assert.ok((await tableSize(signpost)) > 20_000_000);
  route53.destroy();
});

test("a start with such a set is ready when it has the table", async (t) => {
  const signpost = await start(t);
  assert.deepEqual(await answersOf(signpost, `where.${zone}`), [["192.0.2.1"], ["192.0.2.1"]]);
  assert.ok((await tableSize(signpost)) > 20_000_000);
});

test("to be asked about location data loads the table", async (t) => {
  const signpost = await startSignpost();
  t.after(() => signpost.stop());
  assert.equal(await tableSize(signpost), 0);
  const connection = { endpoint: new URL(signpost.api), key: signpost };
  const response = await send(connection, { method: "GET", path: "geo" });
  const { source, files, ipv4Ranges } = await readJson<LocationSummary>(response);
  assert.deepEqual([source, files], ["DB-IP City Lite", []]);
  assert.ok(ipv4Ranges > 2_000_000);
  assert.ok((await tableSize(signpost)) > 20_000_000);
});
