import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { OwnProbe } from "../../src/control/model/health-check-extension.ts";
import type { HealthEvent } from "../../src/control/model/health-event.ts";
import { buildZoneImage } from "../../src/dataplane/image/zone-image-builder.ts";
import { routedSet } from "../../src/dataplane/policy/encode-program.ts";
import { StatusTable } from "../../src/dataplane/policy/status-table.ts";
import { startNameServer } from "../../src/dataplane/server/name-server.ts";
import { parseName } from "../../src/dns/wire/name.ts";
import { TYPE } from "../../src/dns/wire/registries.ts";
import { ask } from "../support/ask.ts";
import { branch } from "../support/routed-zone.ts";
import { apexRecords, rrsetsOf } from "../support/zone-under-test.ts";
import { CheckerFleet } from "./checker-fleet.ts";
import { HealthWorld, addressSet, until } from "./health-world.ts";

// What dies is killed without a warning; what is looked at is that no status changes by it.

const nowhere = { ipAddress: "127.0.0.1", port: 9 };
const places = ["london", "ohio", "tokyo"];

type Scene = {
  world: HealthWorld;
  fleet: CheckerFleet;
  /** The check of `www`, healthy but for London. */
  web: string;
  /** The check of `old`, unhealthy everywhere. */
  old: string;
};

/** Three checkers; London finds everything dead, and one endpoint is. */
async function setScene(t: TestContext): Promise<Scene> {
  const world = await HealthWorld.start({ args: ["--location", "none"] });
  t.after(() => world.stop());
  const fleet = new CheckerFleet(() => world.signpost);
  t.after(() => fleet.stop());
  await fleet.start(places);
  fleet.failAt(["london"]);
  const web = await world.createOwnCheck(nowhere, fleet.extension);
  const dead: OwnProbe = { kind: "script", command: "/bin/false", args: [], timeoutMs: 1_000 };
  const old = await world.createOwnCheck(nowhere, { ...fleet.extension, probe: dead });
  for (const [label, id] of Object.entries({ www: web, old })) {
    await world.createSets([
      addressSet(label, "192.0.2.1", {
        ...{ SetIdentifier: "one", Failover: "PRIMARY", HealthCheckId: id },
      }),
      addressSet(label, "192.0.2.2", { SetIdentifier: "two", Failover: "SECONDARY" }),
    ]);
  }
  await world.untilAddresses("old", ["192.0.2.2"]);
  await untilVotes({ world, web }, "2 of 3");
  return { world, fleet, web, old };
}

async function untilVotes({ world, web }: Pick<Scene, "world" | "web">, wanted: string) {
  type Shown = { status: { votes: { healthy: number; voting: number } } };
  let votes = "";
  const isAsWanted = async (): Promise<boolean> => {
    const { status } = await world.own<Shown>("GET", `health-checks/${web}`);
    votes = `${status.votes.healthy} of ${status.votes.voting}`;
    return votes === wanted;
  };
  await until(isAsWanted, () => `${wanted}, not ${votes}`);
}

async function flipCount({ world }: Scene): Promise<number> {
  const { events } = await world.own<{ events: HealthEvent[] }>("GET", "health-events");
  return events.filter(({ type }) => type === "health-check.status").length;
}

async function answers({ world }: Scene): Promise<string> {
  return [...(await world.addresses("www")), ...(await world.addresses("old"))].join(" ");
}

const asTheyWere = "192.0.2.1 192.0.2.2";

test("checkers that are killed change no status, the last one leaves an alarm, and a new one ends it", async (t) => {
  const scene = await setScene(t);
  const { world, fleet } = scene;
  await fleet.kill("tokyo");
  await untilVotes(scene, "1 of 2");
  assert.equal(await answers(scene), asTheyWere);
  // London's table may be the last to expire: it must not be left to decide alone.
  await Promise.all([fleet.kill("london"), fleet.kill("ohio")]);
  const health = async (): Promise<string> => (await fetch(`${world.signpost.api}/healthz`)).text();
  await until(async () => (await health()).includes("no live checker of 2"), health.toString());
  assert.equal(await answers(scene), asTheyWere);
  assert.equal(await flipCount(scene), 1, "only that of the dead endpoint, at the beginning");
  fleet.failAt([]);
  await fleet.start(["ohio"]);
  await untilVotes(scene, "1 of 1");
  await until(async () => (await health()) === "ok\n", "healthy again");
  assert.equal(await answers(scene), asTheyWere);
});

test("a control process that is killed answers as before from its first answer on, and goes on", async (t) => {
  const scene = await setScene(t);
  const { world, fleet } = scene;
  for (let kill = 0; kill < 3; kill++) {
    await world.signpost.kill("SIGKILL");
    await world.startAgain();
    assert.equal(await answers(scene), asTheyWere, "before any checker is heard of");
    await untilVotes(scene, "2 of 3");
    assert.equal(await answers(scene), asTheyWere);
  }
  assert.equal(await flipCount(scene), 1);
  fleet.failAt(places);
  await world.untilAddresses("www", ["192.0.2.2"]);
  fleet.failAt([]);
  await world.untilAddresses("www", ["192.0.2.1"]);
});

test("an endpoint that dies while nobody counts is found dead after the start", async (t) => {
  const scene = await setScene(t);
  const { world, fleet } = scene;
  await world.signpost.kill("SIGKILL");
  fleet.failAt(places);
  await world.startAgain();
  await world.untilAddresses("www", ["192.0.2.2"]);
});

test("an answering worker that dies and its successor go by the same statuses", async (t) => {
  const status = new StatusTable();
  const node = { kind: "failover", branches: [branch(1, {}, 1), branch(2, {}, 2)] } as const;
  const server = await startNameServer({
    ...{ listen: [{ address: "127.0.0.1", port: 0 }], io: "mmsg", workers: 1, status },
  });
  t.after(() => server.stop());
  const image = buildZoneImage(parseName("z.test."), [
    ...rrsetsOf("z.test.", apexRecords),
    routedSet(parseName("www.z.test."), TYPE.A, node),
  ]);
  await server.publish([{ zoneKey: 1, image: image.buffer as SharedArrayBuffer, queryLog: false }]);
  const [address] = server.addresses;
  assert.ok(address);
  const answer = async (): Promise<number | undefined> =>
    (await ask(address, "www.z.test.", "A")).answer[0]?.rdata[3];
  status.setHealthy(1, false);
  assert.equal(await answer(), 2);
  await server.killWorker(0);
  assert.equal(await answer(), 2);
  status.setHealthy(1, true);
  assert.equal(await answer(), 1);
});
