import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../base/random.ts";
import { liesInZone } from "./hosted-zone.ts";
import { drawNameServers, hostmasterName, reservedNameServers } from "./name-servers.ts";
import { queryLogDirectoryName, isLogGroupArn } from "./query-logging.ts";
import { drawChangeId, drawResourceId, drawUuid } from "./resource-id.ts";

test("liesInZone() goes by labels", () => {
  assert.ok(liesInZone("example.com.", "example.com."));
  assert.ok(liesInZone("a.example.com.", "example.com."));
  assert.ok(!liesInZone("notexample.com.", "example.com."));
  assert.ok(!liesInZone("a\\056example.com.", "example.com."));
  assert.ok(!liesInZone("com.", "example.com."));
});

test("drawNameServers() takes one name of each stripe, or the operator's names", () => {
  const random = seededRandom(1);
  for (let i = 0; i < 100; i++) {
    const names = drawNameServers({ suffix: "dns.test" }, random);
    const numbers = names.map((name) =>
      Number(/^ns-(\d+)\.signpost-\d\d\.dns\.test$/.exec(name)?.[1]),
    );
    assert.deepEqual(
      numbers.map((number) => Math.floor(number / 512)),
      [0, 1, 2, 3],
    );
  }
  const fixed = ["ns1.a.test", "ns2.a.test", "ns3.b.test", "ns4.b.test"];
  assert.deepEqual(drawNameServers({ suffix: "x", fixed }, random), fixed);
  assert.equal(hostmasterName({ suffix: "dns.test" }), "hostmaster.dns.test.");
  assert.equal(hostmasterName({ suffix: "x", fixed }), "hostmaster.a.test.");
  assert.deepEqual(
    reservedNameServers({ suffix: "internal" }),
    [0, 512, 1024, 1536].map((number) => `ns-${number}.signpost-00.internal`),
  );
});

test("ids have AWS's forms, and those of changes sort by age", () => {
  const random = seededRandom(1);
  assert.match(drawResourceId("Z", random), /^Z[0-9A-Z]{20}$/);
  assert.match(
    drawUuid(random),
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const ids = [0, 35, 36, 1e12, 1e13].map((ms) => drawChangeId(ms, random));
  for (const id of ids) assert.match(id, /^C[0-9A-Z]{20}$/);
  assert.deepEqual(ids.toSorted(), ids);
});

test("queryLogDirectoryName() gives each log group one name that is no path", () => {
  const arn = (group: string): string => `arn:aws:logs:us-east-1:000000000000:log-group:${group}`;
  const names = ["/a/b", "a/b", "a_b", "..", ".", "../..", "a#b", "%2F"].filter((group) =>
    isLogGroupArn(arn(group)),
  );
  assert.equal(names.includes("%2F"), false);
  const directories = names.map((group) => queryLogDirectoryName(arn(group)));
  assert.equal(new Set(directories).size, names.length);
  for (const directory of directories) {
    assert.doesNotMatch(directory, /^\.|\//);
  }
  assert.equal(queryLogDirectoryName(arn("/aws/x:*")), "%2Faws%2Fx");
  for (const bad of [
    "",
    "arn:aws:logs:us-east-1:1:log-group:a",
    arn(""),
    arn("a b"),
    "arn:aws:s3:::b",
  ]) {
    assert.equal(isLogGroupArn(bad), false, bad);
  }
});
