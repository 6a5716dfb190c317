import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, test } from "node:test";
import { manualClock } from "../base/clock.ts";
import { present } from "../base/assert.ts";
import { locationAgeMaxMs } from "../base/limits.ts";
import { formatMetrics } from "../telemetry/metrics-text.ts";
import { ADDRESS_FAMILY, locate } from "../dataplane/geo/locate.ts";
import { LocationView } from "../dataplane/geo/location-view.ts";
import { describeLocation } from "./describe-table.ts";
import { openLocationSource } from "./location-source.ts";
import type { LocationSource, LocationSourceOptions } from "./location-source.ts";
import { MmdbError } from "./mmdb/mmdb-error.ts";
import { writeMmdb } from "./testing/mmdb-writer.ts";

const folder = mkdtempSync(join(tmpdir(), "signpost-geo-"));
const madeAtSeconds = 1_790_000_000;
const opened: LocationSource[] = [];
let fileCount = 0;

afterEach(async () => {
  for (const source of opened.splice(0)) await source.stop();
});
after(() => rmSync(folder, { recursive: true, force: true }));

function cityFile(city: string): Uint8Array {
  const data = { country_code: "KR", city };
  return writeMmdb([{ cidr: "121.134.0.0/16", data }], {
    databaseType: "Test-City",
    madeAtSeconds,
  });
}

function newPath(): string {
  return join(folder, `file${fileCount++}`);
}

/** Puts a file in place as updaters do, with a time of change of its own. */
function replace(path: string, octets: Uint8Array | string): void {
  const next = `${path}.next`;
  writeFileSync(next, octets);
  const changedAt = madeAtSeconds + fileCount++;
  utimesSync(next, changedAt, changedAt);
  renameSync(next, path);
}

async function open(options: Partial<LocationSourceOptions>) {
  const tables: SharedArrayBuffer[] = [];
  const problems: string[] = [];
  const source = await openLocationSource({
    files: [],
    // Looks are taken by the tests.
    pollIntervalMs: 3_600_000,
    onTable: (table) => void tables.push(table),
    onProblem: (problem) => void problems.push(problem),
    ...options,
  });
  opened.push(source);
  return { source, tables, problems };
}

function cityIn(source: LocationSource): string | undefined {
  const view = new LocationView(source.table);
  const id = locate(view, Uint8Array.of(121, 134, 1, 1), 0, 4, ADDRESS_FAMILY.IPV4);
  return describeLocation(view, id)?.city;
}

/** Two looks see the same state, so that a changed file is taken. */
async function look(source: LocationSource): Promise<void> {
  await source.check();
  await source.check();
}

test("openLocationSource() without files loads the shipped table when it is asked for", async () => {
  const { source, tables } = await open({});
  assert.equal(tables.length, 0);
  const metrics = formatMetrics(source.metrics());
  assert.match(metrics, /^signpost_location_table_bytes 0$/m);
  assert.doesNotMatch(metrics, /data_age/);
  await Promise.all([source.load(), source.load()]);
  await source.load();
  assert.equal(tables.length, 1);
  assert.match(formatMetrics(source.metrics()), /^signpost_location_data_age_seconds \d/m);
  const { source: name, files, attribution, isOld } = source.status();
  assert.deepEqual([name, files, isOld], ["DB-IP City Lite", [], false]);
  assert.equal(attribution?.url, "https://db-ip.com");
});

test("openLocationSource() answers from the shipped table while it compiles a file", async () => {
  const path = newPath();
  replace(path, cityFile("Seoul"));
  const { source, tables } = await open({ files: [path] });
  assert.equal(source.status().source, "DB-IP City Lite");
  await look(source);
  assert.equal(cityIn(source), "Seoul");
  assert.equal(tables.length, 2);
});

test("check() takes a file that was replaced, once it has stopped changing", async () => {
  const path = newPath();
  replace(path, cityFile("Seoul"));
  const { source } = await open({ files: [path] });
  await look(source);
  replace(path, cityFile("Busan"));
  await source.check();
  assert.equal(cityIn(source), "Seoul", "seen once");
  replace(path, cityFile("Daegu"));
  await source.check();
  assert.equal(cityIn(source), "Seoul", "seen once in its newest state");
  await source.check();
  assert.equal(cityIn(source), "Daegu");
});

test("check() keeps the table while the new file is bad, and says so once", async () => {
  const path = newPath();
  replace(path, cityFile("Seoul"));
  const { source, tables, problems } = await open({ files: [path] });
  await look(source);
  replace(path, cityFile("Busan").subarray(0, 300));
  await look(source);
  await look(source);
  assert.equal(cityIn(source), "Seoul");
  assert.equal(problems.length, 1);
  const reason = `Cannot use location file ${path}: no metadata at its end`;
  assert.ok(problems[0]?.startsWith(reason), problems[0]);
  assert.equal(source.status().problem, problems[0]);
  assert.match(formatMetrics(source.metrics()), /compilations_total\{outcome="refused"\} 1/);
  replace(path, cityFile("Busan"));
  await look(source);
  assert.equal(cityIn(source), "Busan");
  assert.equal(source.status().problem, undefined);
  assert.equal(tables.length, 3);
});

test("check() keeps the table while the file is gone", async () => {
  const path = newPath();
  const octets = cityFile("Seoul");
  replace(path, octets);
  const { source, problems } = await open({ files: [path] });
  await look(source);
  renameSync(path, `${path}.away`);
  await look(source);
  assert.equal(cityIn(source), "Seoul");
  assert.match(problems.join(), /^Cannot use location file: ENOENT/);
  renameSync(`${path}.away`, path);
  await look(source);
  assert.equal(source.status().problem, undefined);
});

test("update() follows other files, and changes nothing when they are refused", async () => {
  const [first, second] = [newPath(), newPath()];
  replace(first, cityFile("Seoul"));
  const { source } = await open({});
  assert.equal((await source.update([first])).cityCount, 1);
  assert.equal(cityIn(source), "Seoul");
  replace(second, "not a database");
  await assert.rejects(source.update([second]), (error: Error) => {
    return error instanceof MmdbError && error.message.includes(`location file ${second}: no meta`);
  });
  await assert.rejects(source.update([newPath()]), /Cannot use location file .*ENOENT/);
  await assert.rejects(source.update([folder]), /Cannot use location file .*(not a file|EISDIR)/);
  await assert.rejects(source.update([first, first, first]), /3, limit 2/);
  assert.deepEqual(source.status().files, [first]);
  replace(first, cityFile("Busan"));
  await look(source);
  assert.equal(cityIn(source), "Busan");
  await source.update([]);
  assert.equal(source.status().source, "DB-IP City Lite");
});

test("openLocationSource() begins with the table it had, and compiles only what is new", async () => {
  const [path, cacheFile] = [newPath(), newPath()];
  replace(path, cityFile("Seoul"));
  const before = await open({ files: [path], cacheFile });
  await look(before.source);
  await before.source.check();
  await before.source.stop();

  const same = await open({ files: [path], cacheFile });
  assert.equal(cityIn(same.source), "Seoul", "at once");
  await look(same.source);
  assert.equal(same.tables.length, 1);
  assert.match(formatMetrics(same.source.metrics()), /compilations_total\{outcome="compiled"\} 0/);
  await same.source.stop();

  replace(path, cityFile("Busan"));
  const changed = await open({ files: [path], cacheFile });
  assert.equal(cityIn(changed.source), "Seoul", "until the new one is compiled");
  await look(changed.source);
  assert.equal(cityIn(changed.source), "Busan");
  await changed.source.stop();

  const octets = readFileSync(cacheFile);
  octets[octets.length >> 1] = present(octets[octets.length >> 1], "an octet") ^ 0xff;
  writeFileSync(cacheFile, octets);
  const damaged = await open({ files: [path], cacheFile });
  assert.equal(damaged.source.status().source, "DB-IP City Lite");
  await look(damaged.source);
  assert.equal(cityIn(damaged.source), "Busan");
});

test("openLocationSource() says when a table cannot be kept, and uses it", async () => {
  const path = newPath();
  replace(path, cityFile("Seoul"));
  const { source, problems } = await open({ files: [path], cacheFile: join(folder, "no", "dir") });
  await look(source);
  await source.check();
  assert.equal(cityIn(source), "Seoul");
  assert.match(problems.join(), /^Cannot keep location table in .*ENOENT/);
});

test("status() and metrics() tell the age of the data", async () => {
  const path = newPath();
  replace(path, cityFile("Seoul"));
  const clock = manualClock(madeAtSeconds * 1000 + 5_000);
  const { source } = await open({ clock });
  await source.update([path]);
  assert.equal(source.status().ageMs, 5_000);
  assert.match(formatMetrics(source.metrics()), /^signpost_location_data_age_seconds 5$/m);
  assert.equal(source.status().isOld, false);
  clock.advanceMs(locationAgeMaxMs);
  assert.equal(source.status().isOld, true);
});

test("stop() ends a compilation under way", async () => {
  const path = newPath();
  replace(path, cityFile("Seoul"));
  const { source, problems } = await open({});
  const update = assert.rejects(source.update([path]), /stopped/);
  await source.stop();
  await update;
  assert.deepEqual(problems, []);
});
