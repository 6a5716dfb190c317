import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import type { CheckerLocation } from "../../src/health/checker/checker-desk.ts";
import { startChecker } from "../support/checker-process.ts";
import type { CheckerProcess } from "../support/checker-process.ts";
import { repositoryPath } from "../support/signpost-process.ts";
import { Endpoint, HealthWorld, until } from "./health-world.ts";

// A whole Signpost with a location of its own, and checkers that join it.

const run = promisify(execFile);
let world: HealthWorld;
before(async () => {
  world = await HealthWorld.start({ args: ["--location", "london=eu-west-1"] });
});
after(() => world.stop());

function join(t: TestContext, location: string, ...args: string[]): CheckerProcess {
  const { api, dataDir } = world.signpost;
  const place = ["--location", location, "--join", api, "--data", dataDir];
  const checker = startChecker([...place, ...args]);
  t.after(() => checker.kill("SIGKILL"));
  return checker;
}

/** What `bin/signpost checkers` says of a location. */
async function locationNow(name: string): Promise<CheckerLocation | undefined> {
  const { checkers } = await world.own<{ checkers: CheckerLocation[] }>("GET", "checkers");
  return checkers.find(({ location }) => location === name);
}

test("the locations of the process and those that join are listed, and one that is gone forgotten", async (t) => {
  const checker = join(t, "tokyo", "--region", "ap-northeast-1");
  await checker.ready;
  const words = ["checkers", "--data", world.signpost.dataDir];
  const bin = repositoryPath("bin/signpost");
  const list = async (): Promise<CheckerLocation[]> =>
    JSON.parse((await run(bin, [...words, "--json"])).stdout) as CheckerLocation[];
  const places = (await list()).map(({ location, region, address, live }) => {
    return { location, region, address, live };
  });
  assert.deepEqual(places, [
    { location: "london", region: "eu-west-1", address: null, live: true },
    { location: "tokyo", region: "ap-northeast-1", address: "127.0.0.1", live: true },
  ]);
  const { stdout } = await run(bin, words);
  assert.match(stdout, /^LOCATION +REGION +FROM +STATE +CHECKS/);
  assert.match(stdout, /^tokyo +ap-northeast-1 +127\.0\.0\.1 +live/m);
  const forget = ["checkers", "forget", "tokyo", ...words.slice(1)];
  await assert.rejects(run(bin, forget), /tokyo still reports; stop its checker first/);
  await checker.kill("SIGTERM");
  await until(async () => (await locationNow("tokyo"))?.live === false, "silence of 3 s");
  await run(bin, forget);
  assert.equal(await locationNow("tokyo"), undefined);
  await assert.rejects(run(bin, forget), /there is none named tokyo/);
});

test("a new check is run by a checker that has joined within about a second", async (t) => {
  const endpoint = await Endpoint.start();
  t.after(() => endpoint.die());
  const checker = join(t, "paris");
  await checker.ready;
  const before = (await locationNow("paris"))?.checkCount ?? 0;
  const config = { Type: "HTTP", IPAddress: "127.0.0.1", Port: endpoint.port } as const;
  const id = await world.createCheck(config);
  const createdAtMs = performance.now();
  await until(async () => (await locationNow("paris"))?.checkCount === before + 1, "the check");
  // At most half a second to the next table, and another until one shows that the list is there.
  assert.ok(performance.now() - createdAtMs < 3_000);
  await world.own("PUT", `health-checks/${id}/extension`, { intervalSeconds: 1, upThreshold: 1 });
  await until(async () => {
    const { locations } = await world.own<{
      locations: { location: string; verdict: string }[];
    }>("GET", `health-checks/${id}`);
    return locations.some(({ location, verdict }) => {
      return location === "paris" && verdict === "healthy";
    });
  }, "paris finds it healthy");
});

test("a checker joins again when the control plane was killed and is back", async (t) => {
  const checker = join(t, "oslo");
  await checker.ready;
  await world.signpost.kill("SIGKILL");
  await until(() => checker.log().includes("no table is taken"), "it notices");
  await world.startAgain();
  await until(() => checker.log().includes("joined again"), "it is back", 3_000);
  assert.equal((await locationNow("oslo"))?.live, true);
});

test("nobody joins as a location that the process runs itself, or with a wrong key", async (t) => {
  const london = join(t, "london");
  assert.equal((await london.ended).code, 1);
  assert.match(london.log(), /Cannot join as london: the server runs a location of that name/);
  const wrong = { ...process.env, AWS_ACCESS_KEY_ID: "AK", AWS_SECRET_ACCESS_KEY: "s" };
  const place = ["--location", "rome", "--join", world.signpost.api];
  const stranger = startChecker(place, wrong);
  assert.equal((await stranger.ended).code, 1);
  assert.match(stranger.log(), /InvalidClientTokenId/);
});
