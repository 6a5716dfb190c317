import assert from "node:assert/strict";
import { test } from "node:test";
import { checkStatuses, lastFailures, observations, summarise } from "./health-answers.ts";
import { WatchWorld, eventsOf } from "./testing/watch-world.ts";

const five = ["frankfurt", "london", "ohio", "sydney", "tokyo"];
const healthy = { web: "healthy" } as const;
const unhealthy = { web: "unhealthy" } as const;

/** Five locations that find one check healthy. */
function fiveLocations(world: WatchWorld): void {
  world.put("web");
  for (const location of five) world.say(location, {});
  for (const location of five) world.say(location, healthy);
}

test("HealthWatch goes by the votes of live locations, and tells who saw what", (t) => {
  const world = new WatchWorld(t);
  fiveLocations(world);
  world.say("london", unhealthy);
  assert.equal(world.isHealthy("web"), true, "London alone");
  for (const location of five.slice(2)) world.say(location, unhealthy);
  assert.equal(world.isHealthy("web"), true, "one of five");
  world.use("web", "Z1", "www.example.com.", "A one");
  world.say("frankfurt", unhealthy);
  assert.equal(world.isHealthy("web"), false, "none");
  const [flip, ...more] = eventsOf(world.events, "health-check.status");
  assert.equal(more.length, 0);
  assert.equal(flip?.why, "0 of 5 locations say healthy (0 %), more than 18 % are needed");
  assert.deepEqual(flip.votes, { healthy: 0, voting: 5, live: 5 });
  assert.deepEqual(
    flip.verdicts?.map(({ location, verdict }) => `${location} ${verdict}`),
    five.map((location) => `${location} unhealthy`),
  );
  const recordSets = [{ zoneId: "Z1", name: "www.example.com.", type: "A", setIdentifier: "one" }];
  assert.deepEqual(flip.affects, { count: 1, recordSets });
  const verdicts = eventsOf(world.events, "health-check.verdict");
  assert.equal(verdicts.filter(({ from, verdict }) => from !== verdict).length, 10);
});

test("HealthWatch lets the votes of a silent location expire, and keeps the last status of all", (t) => {
  const world = new WatchWorld(t);
  fiveLocations(world);
  for (const location of five) if (location !== "tokyo") world.say(location, unhealthy);
  assert.equal(world.isHealthy("web"), true);
  for (let ms = 0; ms < 3_500; ms += 500) {
    world.pass(500);
    for (const location of five) if (location !== "tokyo") world.say(location, unhealthy);
  }
  assert.equal(world.isHealthy("web"), false, "Tokyo's vote has expired");
  assert.deepEqual(
    eventsOf(world.events, "location.silent").map(({ location }) => location),
    ["tokyo"],
  );
  world.pass(10_000);
  assert.equal(world.isHealthy("web"), false);
  const { problems } = summarise(world.watch, { nowMs: world.nowMs, eventsDropped: 0 });
  assert.deepEqual(problems, ["no live checker of 1 health check: last statuses stay"]);
  world.say("tokyo", healthy);
  assert.equal(world.isHealthy("web"), true, "Tokyo alone is live");
});

test("HealthWatch flips nothing when it starts again, whoever is heard of first", (t) => {
  const world = new WatchWorld(t);
  fiveLocations(world);
  world.put("dead");
  const all = { web: "healthy", dead: "unhealthy" } as const;
  for (const location of five) world.say(location, all);
  world.say("london", { web: "unhealthy", dead: "unhealthy" });
  assert.deepEqual([world.isHealthy("web"), world.isHealthy("dead")], [true, false]);
  const { version } = world.watch.lists.mark;
  world.restart();
  assert.deepEqual([world.isHealthy("web"), world.isHealthy("dead")], [true, false]);
  assert.equal(world.watch.lists.mark.version, version, "the same lists keep their version");
  world.events.length = 0;
  world.sayAsBefore("london", { web: "unhealthy", dead: "healthy" });
  assert.deepEqual([world.isHealthy("web"), world.isHealthy("dead")], [true, true]);
  for (const location of five) if (location !== "london") world.sayAsBefore(location, all);
  assert.deepEqual([world.isHealthy("web"), world.isHealthy("dead")], [true, true]);
  assert.equal(eventsOf(world.events, "health-check.status").length, 1);
});

test("HealthWatch waits for those that were there, but not for ever", (t) => {
  const world = new WatchWorld(t);
  fiveLocations(world);
  world.restart();
  for (let ms = 0; ms < 4_000; ms += 500) {
    world.sayAsBefore("london", unhealthy);
    assert.equal(world.isHealthy("web"), ms <= 2_500, `${ms} ms after the start`);
    world.pass(500);
  }
});

test("HealthWatch does not go by a checker that has only just begun", (t) => {
  const world = new WatchWorld(t);
  fiveLocations(world);
  for (const location of five) if (location !== "tokyo") world.replaceChecker(location);
  for (const location of five) if (location !== "tokyo") world.say(location, {});
  world.say("tokyo", unhealthy);
  assert.equal(world.isHealthy("web"), true, "four of five know nothing yet");
  for (const location of five) if (location !== "tokyo") world.say(location, unhealthy);
  assert.equal(world.isHealthy("web"), false);
});

test("HealthWatch goes by no table of an older list", (t) => {
  const world = new WatchWorld(t);
  world.put("web");
  world.say("tokyo", {});
  world.say("tokyo", healthy);
  world.put("web", { ipAddress: "192.0.2.2" });
  world.sayAsBefore("tokyo", unhealthy);
  assert.equal(world.isHealthy("web"), true, "that was said of another endpoint");
  world.say("tokyo", unhealthy);
  assert.equal(world.isHealthy("web"), false);
});

test("HealthWatch takes time in which it did not listen for nobody's silence", (t) => {
  const world = new WatchWorld(t);
  fiveLocations(world);
  world.nowMs += 60_000;
  world.sayAsBefore("london", unhealthy);
  world.watch.count();
  assert.equal(world.isHealthy("web"), true, "a process that was stopped for a minute");
  world.pass(2_000);
  for (const location of five) if (location !== "london") world.sayAsBefore(location, healthy);
  assert.equal(eventsOf(world.events, "location.silent").length, 0);
});

test("HealthWatch is not turned round by the last location that is lost, nor by the first that is back", (t) => {
  const world = new WatchWorld(t);
  fiveLocations(world);
  for (const location of five) if (location !== "london") world.sayAsBefore(location, healthy);
  world.pass(400);
  world.sayAsBefore("london", unhealthy);
  for (let ms = 0; ms < 5_000; ms += 250) {
    world.pass(250);
    assert.equal(world.isHealthy("web"), true, `${ms} ms after all were lost`);
  }
  world.sayAsBefore("london", unhealthy);
  assert.equal(world.isHealthy("web"), true, "London is back first");
  world.pass(400);
  for (const location of five) if (location !== "london") world.sayAsBefore(location, healthy);
  assert.equal(world.isHealthy("web"), true);
  assert.equal(eventsOf(world.events, "health-check.status").length, 0);
});

test("HealthWatch does not care about the wall clock", (t) => {
  const world = new WatchWorld(t);
  fiveLocations(world);
  const before = world.events.length;
  for (const jumpMs of [86_400_000, -10 * 86_400_000, 3_600_000]) {
    world.atMs += jumpMs;
    world.pass(1_000);
    for (const location of five) world.sayAsBefore(location, healthy);
  }
  assert.equal(world.isHealthy("web"), true);
  assert.equal(world.events.length, before);
});

test("HealthWatch gives each location the checks that are to run there", (t) => {
  const world = new WatchWorld(t);
  world.put("everywhere");
  world.put("named", {}, { locations: ["tokyo", "ohio"] });
  world.put("regions", { regions: ["ap-northeast-1", "eu-west-2", "us-east-2"] });
  world.put("elsewhere", { regions: ["sa-east-1", "us-west-1", "us-west-2"] });
  world.put("disabled", { disabled: true });
  world.put("beat", { type: "CALCULATED" }, { probe: { kind: "heartbeat", everySeconds: 5 } });
  world.say("tokyo", {}, "ap-northeast-1");
  world.say("london", {}, "eu-west-2");
  world.say("garage", {});
  const idsAt = (location: string): string =>
    world
      .listOf(location)
      .checks.map(({ healthCheckId }) => healthCheckId)
      .join(" ");
  assert.equal(idsAt("tokyo"), "everywhere named regions elsewhere");
  assert.equal(idsAt("london"), "everywhere regions elsewhere");
  assert.equal(idsAt("garage"), "everywhere elsewhere");
});

test("HealthWatch turns results round, and takes what is disabled as healthy", (t) => {
  const world = new WatchWorld(t);
  world.put("web", { inverted: true });
  assert.equal(world.isHealthy("web"), false, "nothing known yet");
  world.say("tokyo", {});
  world.say("tokyo", unhealthy);
  assert.equal(world.isHealthy("web"), true);
  world.put("web", { inverted: true, disabled: true });
  assert.equal(world.isHealthy("web"), false);
  world.put("web", { disabled: true });
  assert.equal(world.isHealthy("web"), true);
  world.put("web");
  assert.equal(world.isHealthy("web"), true, "enabled again: nothing is known");
  world.say("tokyo", unhealthy);
  assert.equal(world.isHealthy("web"), false);
});

test("HealthWatch takes the slot of a check that is gone as healthy", (t) => {
  const world = new WatchWorld(t);
  world.put("web");
  world.say("tokyo", {});
  world.say("tokyo", unhealthy);
  assert.equal(world.isHealthy("web"), false);
  world.remove("web");
  assert.equal(world.isHealthy("web"), true);
  world.put("web");
  assert.equal(world.isHealthy("web"), true, "and forgets what it was");
});

test("HealthWatch counts the children of calculated checks, also of those in others", (t) => {
  const world = new WatchWorld(t);
  for (const id of ["a", "b", "c"]) world.put(id);
  const sum = (healthThreshold: number, childHealthChecks = ["a", "b", "c"]) =>
    ({ type: "CALCULATED", healthThreshold, childHealthChecks }) as const;
  world.put("outer", sum(1, []), { children: ["two", "never"] });
  world.put("two", sum(2));
  world.put("always", sum(0));
  world.put("never", sum(4));
  world.say("tokyo", {});
  const at = (says: Record<string, "healthy" | "unhealthy">): string => {
    world.say("tokyo", says);
    const ids = ["two", "always", "never", "outer"];
    return ids.filter((id) => world.isHealthy(id)).join(" ");
  };
  assert.equal(at({ a: "healthy", b: "healthy", c: "unhealthy" }), "two always outer");
  assert.equal(at({ a: "healthy", b: "unhealthy", c: "unhealthy" }), "always");
  world.put("b", { disabled: true });
  assert.equal(world.isHealthy("outer"), true, "a disabled child counts as healthy");
  const [status] = checkStatuses(world.watch, ["outer"]);
  assert.equal(status?.why, "1 of 2 checks are healthy, 1 are needed");
});

test("HealthWatch leaves checks that are made of themselves as they were", (t) => {
  const world = new WatchWorld(t);
  const sum = { type: "CALCULATED", healthThreshold: 1 } as const;
  world.put("b");
  world.put("a", sum, { children: ["b"] });
  world.put("b", sum, { children: ["a"] });
  world.pass(500);
  assert.deepEqual([world.isHealthy("a"), world.isHealthy("b")], [true, true]);
});

test("HealthWatch evaluates expressions, and windows by the clock", (t) => {
  const world = new WatchWorld(t);
  for (const id of ["1", "2", "3"]) world.put(id);
  const checks = { api: "1", db: "2", cache: "3" };
  const expression = 'api AND (all(db, cache) OR NOT DURING "Mon-Fri 09:00-17:00 Europe/Berlin")';
  world.put("site", { type: "CALCULATED", healthThreshold: 1 }, { expression, checks });
  world.say("tokyo", {});
  world.say("tokyo", { 1: "healthy", 2: "healthy", 3: "unhealthy" });
  assert.equal(world.isHealthy("site"), false, "11:00 in Berlin, the cache is down");
  world.atMs = Date.UTC(2026, 10, 19, 15, 59, 59, 900);
  world.pass(50);
  assert.equal(world.isHealthy("site"), false, "a moment before 17:00");
  world.pass(250);
  assert.equal(world.isHealthy("site"), true, "after hours");
});

test("HealthWatch goes by the states of alarms", (t) => {
  const world = new WatchWorld(t);
  const alarm = { type: "CLOUDWATCH_METRIC", alarmIdentifier: { region: "", name: "x" } } as const;
  world.put("last", { ...alarm, insufficientDataHealthStatus: "LastKnownStatus" });
  world.put("up", { ...alarm, insufficientDataHealthStatus: "Healthy" });
  world.put("down", { ...alarm, insufficientDataHealthStatus: "Unhealthy" });
  const at = (state: "OK" | "ALARM" | "INSUFFICIENT_DATA"): string => {
    const ids = ["last", "up", "down"];
    world.watch.setAlarmStates(new Map(ids.map((id) => [id, state])));
    world.watch.count();
    return ids.filter((id) => world.isHealthy(id)).join(" ");
  };
  assert.equal(world.isHealthy("down"), true, "nothing is known of it");
  assert.equal(at("INSUFFICIENT_DATA"), "last up");
  assert.equal(at("ALARM"), "");
  assert.equal(at("INSUFFICIENT_DATA"), "up");
  assert.equal(at("OK"), "last up down");
  assert.equal(at("INSUFFICIENT_DATA"), "last up");
});

test("HealthWatch goes by routing controls", (t) => {
  const world = new WatchWorld(t);
  world.putControl("cell", "Off");
  world.put("cell-1", { type: "RECOVERY_CONTROL", routingControlArn: "cell" });
  assert.equal(world.isHealthy("cell-1"), false);
  world.putControl("cell", "On");
  assert.equal(world.isHealthy("cell-1"), true);
  assert.equal(checkStatuses(world.watch, ["cell-1"])[0]?.why, "The routing control cell is On");
});

test("HealthWatch misses heartbeats after their time, and not before", (t) => {
  const world = new WatchWorld(t);
  world.put("job", { type: "CALCULATED" }, { probe: { kind: "heartbeat", everySeconds: 60 } });
  world.pass(60_000);
  assert.equal(world.isHealthy("job"), true, "it has the whole time from the start");
  world.pass(250);
  assert.equal(world.isHealthy("job"), false);
  world.watch.heartbeat("job");
  world.watch.count();
  assert.equal(world.isHealthy("job"), true);
  world.pass(59_000);
  world.restart();
  world.pass(59_000);
  assert.equal(world.isHealthy("job"), true, "a start of ours costs it nothing");
  world.pass(2_000);
  assert.equal(world.isHealthy("job"), false);
});

test("observations() are what each location has found last, lastFailures() what it found amiss", (t) => {
  const world = new WatchWorld(t);
  world.put("web");
  world.say("tokyo", {}, "ap-northeast-1");
  world.say("london", {});
  world.say("tokyo", unhealthy, "ap-northeast-1");
  world.say("tokyo", healthy, "ap-northeast-1");
  world.say("london", unhealthy);
  const shown = (all: typeof observations): string[] =>
    all(world.watch, "web").map(
      ({ location, region = "", status }) => `${location} ${region} ${status}`,
    );
  const [london = "", tokyo = ""] = shown(observations);
  assert.match(london, /^london {2}Failure/);
  assert.match(tokyo, /^tokyo ap-northeast-1 Success/);
  assert.deepEqual(
    shown(lastFailures).map((text) => /Failure/.test(text)),
    [true, true],
  );
  assert.deepEqual(observations(world.watch, "none"), []);
});

test("HealthMeasurements has what Route 53 tells CloudWatch, each probe once", (t) => {
  const world = new WatchWorld(t);
  world.put("web", { measureLatency: true });
  world.put("sum", { type: "CALCULATED", healthThreshold: 1, childHealthChecks: ["web"] });
  world.say("tokyo", {}, "ap-northeast-1");
  const data = (): string[] => {
    const { measurements, statuses } = world.watch;
    return [...measurements.data(statuses.entries, world.atMs)].map((datum) => {
      const { sampleCount, sum, minimum } = datum.statistics;
      const values = datum.dimensions.map(({ value }) => value).join(" ");
      return `${datum.metricName} ${values}: ${sampleCount} ${sum} ${minimum}`;
    });
  };
  data();
  world.say("tokyo", healthy, "ap-northeast-1");
  world.say("tokyo", unhealthy, "ap-northeast-1");
  assert.deepEqual(data(), [
    "HealthCheckStatus web: 2 1 0",
    "HealthCheckPercentageHealthy web: 1 0 0",
    "ConnectionTime web ap-northeast-1: 2 6 3",
    "TimeToFirstByte web ap-northeast-1: 2 10 5",
    "HealthCheckStatus sum: 2 1 0",
    "ChildHealthCheckHealthyCount sum: 1 0 0",
  ]);
  assert.deepEqual(data(), [
    "HealthCheckStatus web: 1 0 0",
    "HealthCheckPercentageHealthy web: 1 0 0",
    "HealthCheckStatus sum: 1 0 0",
    "ChildHealthCheckHealthyCount sum: 1 0 0",
  ]);
});
