import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { HealthEvent } from "../../src/control/model/health-event.ts";
import type { CheckStatus } from "../../src/control/model/health-report.ts";
import { CheckerFleet } from "./checker-fleet.ts";
import { HealthWorld, addressSet, until } from "./health-world.ts";

// Checkers in processes of their own, each with its own view of the endpoint.

const five = ["frankfurt", "london", "ohio", "sydney", "tokyo"];
const six = ["dublin", "lima", "mumbai", "oslo", "paris", "seoul"];
const four = ["cairo", "lagos", "perth", "quito"];
const eleven = [...five, ...six];
const fifteen = [...eleven, ...four];

let world: HealthWorld;
let fleet: CheckerFleet;
before(async () => {
  world = await HealthWorld.start({ args: ["--location", "none"] });
  fleet = new CheckerFleet(() => world.signpost);
  await fleet.start(fifteen);
});
after(async () => {
  await fleet.stop();
  await world.stop();
});

type Votes = { healthy: number; voting: number };

async function statusOf(id: string): Promise<CheckStatus> {
  return (await world.own<{ status: CheckStatus }>("GET", `health-checks/${id}`)).status;
}

/** Waits for these votes, and tells the status that they make and the answer that it makes. */
async function statusAt(id: string, votes: Votes, label: string): Promise<[boolean, string]> {
  let status = await statusOf(id);
  let answer = "";
  // A checker that a busy machine holds up loses its vote for a moment.
  const isAsWanted = async (): Promise<boolean> => {
    status = await statusOf(id);
    answer = (await world.addresses(label)).join();
    const { healthy, voting } = status.votes ?? {};
    const isSettled = answer === (status.healthy ? up[1] : down[1]);
    return healthy === votes.healthy && voting === votes.voting && isSettled;
  };
  await until(
    isAsWanted,
    () => `${votes.healthy} of ${votes.voting}, not ${status.why}, ${answer}`,
  );
  return [status.healthy, answer];
}

const nowhere = { ipAddress: "127.0.0.1", port: 9 };
const up: readonly [boolean, string] = [true, "192.0.2.1"];
const down: readonly [boolean, string] = [false, "192.0.2.2"];

test("votes of five, eleven and fifteen checkers make statuses and answers", async () => {
  const groups = { five, eleven, fifteen, three: five, most: fifteen };
  const rules = { three: { count: 3 }, most: { share: 0.8 } };
  const ids: Record<string, string> = {};
  for (const [label, locations] of Object.entries(groups)) {
    const votes = rules[label as keyof typeof rules];
    const extension = { ...fleet.extension, locations, ...(votes ? { votes } : {}) };
    const id = (ids[label] = await world.createOwnCheck(nowhere, extension));
    await world.createSets([
      addressSet(label, "192.0.2.1", {
        ...{ SetIdentifier: "one", Failover: "PRIMARY", HealthCheckId: id },
      }),
      addressSet(label, "192.0.2.2", { SetIdentifier: "two", Failover: "SECONDARY" }),
    ]);
  }
  const cases: readonly [failing: readonly string[], group: string, healthy: number, typeof up][] =
    [
      [[], "five", 5, up],
      [[], "fifteen", 15, up],
      [["london"], "five", 4, up],
      [["london"], "three", 4, up],
      [["london"], "most", 14, up],
      [["london", "oslo", "perth"], "fifteen", 12, up],
      // Exactly 80 % is not more than 80 %.
      [["london", "oslo", "perth"], "most", 12, down],
      [["london", "ohio", "tokyo"], "five", 2, up],
      [["london", "ohio", "tokyo"], "three", 2, down],
      [[...five.slice(1), ...six.slice(1)], "eleven", 2, up],
      [[...five.slice(1), ...six], "eleven", 1, down],
      [fifteen.slice(3), "fifteen", 3, up],
      [fifteen.slice(2), "fifteen", 2, down],
      [fifteen, "five", 0, down],
      [[], "five", 5, up],
    ];
  for (const [failing, label, healthy, expected] of cases) {
    fleet.failAt(failing);
    const voting = groups[label as keyof typeof groups].length;
    const found = await statusAt(ids[label] ?? "", { healthy, voting }, label);
    assert.deepEqual(found, expected, `${healthy} of ${voting} (${label})`);
  }
  const { events } = await world.own<{ events: HealthEvent[] }>(
    "GET",
    `health-events?check=${ids["five"]}`,
  );
  const flips = events.filter(({ type }) => type === "health-check.status");
  assert.equal(flips.length, 2, "London alone flipped nothing");
});
