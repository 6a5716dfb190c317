import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Explanation } from "../../src/api/signpost/explanation.ts";
import type { LocationSummary } from "../../src/api/signpost/location-data.ts";
import { CommandFailure } from "../../src/cli/command.ts";
import { readJson, send } from "../../src/cli/connection.ts";
import { writeMmdb } from "../../src/geo/testing/mmdb-writer.ts";
import { DnsClient } from "../support/dns-client.ts";
import { askAs } from "./ask-as.ts";
import { clients, ip } from "./policy-cases.ts";
import { createSets, dns, freshName, signpost } from "./routed-zone.ts";

const folder = mkdtempSync(join(tmpdir(), "signpost-places-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const connection = { endpoint: new URL(signpost.api), key: signpost };

/** Takes files as `geo update` does; none: the shipped table. */
async function update(...names: string[]): Promise<LocationSummary> {
  const files = JSON.stringify(names.map((name) => join(folder, name)));
  const request = { method: "POST", path: "geo", query: { files } } as const;
  return readJson<LocationSummary>(await send(connection, request));
}

async function summary(): Promise<LocationSummary> {
  return readJson<LocationSummary>(await send(connection, { method: "GET", path: "geo" }));
}

const name = freshName();
await createSets(name, [
  { id: "KR", ip: ip(1), GeoLocation: { CountryCode: "KR" } },
  { id: "CA", ip: ip(2), GeoLocation: { CountryCode: "US", SubdivisionCode: "CA" } },
  { id: "NY", ip: ip(3), GeoLocation: { CountryCode: "US", SubdivisionCode: "NY" } },
  { id: "rest", ip: ip(4), GeoLocation: { CountryCode: "*" } },
]);

/** Three networks, and who answers them by each of the tables. */
const networks = ["121.134.0.0/24", "171.64.0.0/16", "98.113.0.0/16"] as const;
const tables = {
  shipped: [ip(1), ip(2), ip(3)],
  "maxmind.mmdb": [ip(2), ip(3), ip(1)],
  "dbip.mmdb": [ip(3), ip(1), ip(4)],
} as const;

const us = { iso_code: "US", names: { en: "United States" } };
writeFileSync(
  join(folder, "maxmind.mmdb"),
  writeMmdb(
    [
      {
        cidr: "121.134.0.0/16",
        data: { country: us, subdivisions: [{ iso_code: "CA", names: { en: "California" } }] },
      },
      {
        cidr: "171.64.0.0/16",
        data: { country: us, subdivisions: [{ iso_code: "NY", names: { en: "New York" } }] },
      },
      { cidr: "98.113.0.0/16", data: { country: { iso_code: "KR" }, continent: { code: "AS" } } },
    ],
    { databaseType: "GeoLite2-City" },
  ),
);
writeFileSync(
  join(folder, "dbip.mmdb"),
  writeMmdb(
    [
      { cidr: "121.134.0.0/16", data: { country_code: "US", state1: "New York" } },
      { cidr: "171.64.0.0/16", data: { country_code: "KR", state1: "Seoul" } },
      { cidr: "98.113.0.0/16", data: { country_code: "FR", state1: "" } },
    ],
    { databaseType: "DBIP-City-Lite" },
  ),
);
writeFileSync(join(folder, "bad.mmdb"), "no database");

test("the shipped table knows Korea, California and New York, in answers and in explanations", async () => {
  const places = [
    ["AS", "KR", ""],
    ["NA", "US", "CA"],
    ["NA", "US", "NY"],
  ];
  for (const [i, client] of networks.entries()) {
    const { values, scope = 99 } = await askAs(dns, { name, client });
    assert.deepEqual(values, [tables.shipped[i]], client);
    assert.ok(scope <= 24);
    const query = { name, type: "A", client };
    const response = await send(connection, { method: "GET", path: "explain", query });
    const { place, answer } = await readJson<Explanation>(response);
    const { continent, country, subdivision } = place ?? {};
    assert.deepEqual([continent, country, subdivision], places[i], client);
    assert.equal(answer.scope, scope);
  }
});

test("an operator's files of both shapes answer, and a bad one is refused", async () => {
  for (const file of ["maxmind.mmdb", "dbip.mmdb"] as const) {
    assert.deepEqual((await update(file)).files, [join(folder, file)]);
    for (const [i, client] of networks.entries()) {
      assert.deepEqual((await askAs(dns, { name, client })).values, [tables[file][i]], client);
    }
    await assert.rejects(update("bad.mmdb"), (error) => {
      assert.ok(error instanceof CommandFailure);
      assert.match(error.message, /Cannot use location file .*bad\.mmdb: no metadata/);
      return true;
    });
    assert.deepEqual((await summary()).files, [join(folder, file)]);
    assert.deepEqual((await askAs(dns, { name, client: networks[0] })).values, [tables[file][0]]);
  }
  assert.deepEqual((await update()).files, []);
});

test("Americans of no known state are the country's, and territories are countries", async () => {
  const file = "america.mmdb";
  writeFileSync(
    join(folder, file),
    writeMmdb([
      { cidr: "98.113.0.0/16", data: { country: us } },
      { cidr: "24.41.0.0/16", data: { country: { iso_code: "PR" }, continent: { code: "NA" } } },
    ]),
  );
  const state = { CountryCode: "US", SubdivisionCode: "NY" };
  const rest = { id: "rest", ip: ip(4), GeoLocation: { CountryCode: "*" } };
  const [withCountry, without] = [freshName(), freshName()];
  await createSets(withCountry, [
    { id: "state", ip: ip(1), GeoLocation: state },
    { id: "US", ip: ip(2), GeoLocation: { CountryCode: "US" } },
    { id: "PR", ip: ip(3), GeoLocation: { CountryCode: "PR" } },
    rest,
  ]);
  await createSets(without, [{ id: "state", ip: ip(1), GeoLocation: state }, rest]);
  await update(file);
  const rows = [
    [withCountry, "98.113.1.0/24", ip(2)],
    [withCountry, "24.41.1.0/24", ip(3)],
    [without, "98.113.1.0/24", ip(4)],
    [without, "24.41.1.0/24", ip(4)],
  ] as const;
  for (const [at, client, answer] of rows) {
    assert.deepEqual((await askAs(dns, { name: at, client })).values, [answer], `${at} ${client}`);
  }
  await update();
});

/** Resident memory of the server, in MiB. */
function residentMib(): number {
  const status = readFileSync(`/proc/${signpost.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

type Load = { asked: number; lost: number; wrong: string[]; seen: Set<string> };

/** Asks all the time, so many at a time, until told to stop; every query is accounted for. */
async function askUntil(signal: AbortSignal, atOnce: number): Promise<Load> {
  // One try each: a query that is not answered is lost.
  const client = await DnsClient.open({ ...signpost.dns, tries: 1, timeoutMs: 10_000 });
  const load: Load = { asked: 0, lost: 0, wrong: [], seen: new Set() };
  const asker = async (first: number): Promise<void> => {
    for (let i = first; !signal.aborted; i++) {
      const which = i % networks.length;
      load.asked++;
      const answered = await askAs(client, { name, client: networks[which] }).catch(() => {});
      if (!answered) {
        load.lost++;
        continue;
      }
      const [value = "", ...more] = answered.values;
      const isOne = more.length === 0 && Object.values(tables).some((of) => of[which] === value);
      if (isOne) load.seen.add(`${which} ${value}`);
      else load.wrong.push(`${networks[which]} ${answered.values}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, i) => asker(i)));
  client.close();
  return load;
}

const swapCount = 20;
/** Half of the swaps bring a table of some 50 MiB: kept, they would be more than this together. */
const growthMaxMib = 400;

test("tables are swapped under load: no query is lost or answered wrongly, memory returns", async (t) => {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const loading = askUntil(stop.signal, 48);
  const order = ["maxmind.mmdb", "shipped", "dbip.mmdb", "shipped"] as const;
  const before = residentMib();
  const sizes: number[] = [];
  for (let i = 0; i < swapCount; i++) {
    const next = order[i % order.length] ?? "shipped";
    await update(...(next === "shipped" ? [] : [next]));
    // From here on every worker has it.
    for (const [which, client] of networks.entries()) {
      const { values } = await askAs(dns, { name, client });
      assert.deepEqual(values, [tables[next][which]], `swap ${i} to ${next}`);
    }
    sizes.push(residentMib());
    await sleep(20);
  }
  stop.abort();
  const { asked, lost, wrong, seen } = await loading;
  const growth = Math.min(...sizes.slice(-5)) - before;
  t.diagnostic(`${asked} queries, ${swapCount} swaps, ${Math.round(growth)} MiB more`);
  assert.deepEqual([lost, wrong], [0, []]);
  assert.ok(asked > 1_000, `${asked} queries`);
  const each = networks.flatMap((_, i) => Object.values(tables).map((of) => `${i} ${of[i]}`));
  assert.deepEqual([...seen].toSorted(), [...new Set(each)].toSorted(), "of every table");
  assert.ok(growth < growthMaxMib, `MiB after each swap: ${sizes.map(Math.round).join(" ")}`);
  assert.equal((await summary()).files.length, 0);
});
