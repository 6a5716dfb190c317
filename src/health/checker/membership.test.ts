import assert from "node:assert/strict";
import test from "node:test";
import { Membership } from "./membership.ts";
import type { ControlPlane } from "./membership.ts";
import { VerdictTableWriter } from "./verdict-table.ts";

/** A control plane that does as it is told, and a membership that notes what it sees. */
class World implements ControlPlane {
  wanted = 1;
  failure: Error | undefined;
  listFailure: Error | undefined;
  reportCount = 0;
  listCount = 0;
  nowMs = 0;
  readonly notes: string[] = [];
  readonly membership: Membership;
  readonly #table = new VerdictTableWriter({ run: 1, scriptsAllowed: false });

  constructor() {
    this.membership = new Membership({
      controlPlane: this,
      takeList: (octets) => this.notes.push(`list ${octets[0]}`),
      onJoined: () => this.notes.push("joined"),
      onAway: ({ message }) => this.notes.push(`away ${message}`),
      onListError: ({ message }) => this.notes.push(`no list ${message}`),
      nowMs: () => this.nowMs,
    });
  }

  async report(): Promise<number> {
    this.reportCount++;
    if (this.failure) throw this.failure;
    return this.wanted;
  }

  async list(): Promise<Uint8Array> {
    this.listCount++;
    if (this.listFailure) throw this.listFailure;
    return Uint8Array.of(this.wanted);
  }

  /** Half a second later, a table of a checker that runs the list `running`. */
  async publish(running: number): Promise<void> {
    this.nowMs += 500;
    this.#table.header.listVersion = running;
    await this.membership.report(this.#table.publish());
    await new Promise(setImmediate);
  }
}

test("Membership fetches the list when another version is wanted than the one that runs", async () => {
  const world = new World();
  await world.publish(0);
  await world.publish(1);
  await world.publish(1);
  world.wanted = 2;
  await world.publish(1);
  await world.publish(2);
  assert.deepEqual(world.notes, ["joined", "list 1", "list 2"]);
});

test("Membership fetches nothing where there is no list yet", async () => {
  const world = new World();
  world.wanted = 0;
  await world.publish(0);
  await world.publish(7);
  assert.equal(world.listCount, 0);
});

test("Membership gives a list a second to show in the tables", async () => {
  const world = new World();
  await world.publish(0);
  await world.publish(0);
  assert.equal(world.listCount, 1);
  await world.publish(0);
  assert.equal(world.listCount, 2);
});

test("Membership goes on when a list cannot be had, and asks again", async () => {
  const world = new World();
  world.listFailure = new Error("broken");
  for (let i = 0; i < 3; i++) await world.publish(0);
  world.listFailure = undefined;
  for (let i = 0; i < 2; i++) await world.publish(0);
  assert.deepEqual(world.notes, ["joined", "no list broken", "no list broken", "list 1"]);
});

test("Membership tells once that it is away and why, and that it is back", async () => {
  const world = new World();
  world.failure = new Error("refused");
  await world.publish(1);
  await world.publish(1);
  world.failure = new Error("no key");
  await world.publish(1);
  world.failure = undefined;
  await world.publish(1);
  await world.publish(1);
  world.failure = new Error("refused");
  await world.publish(1);
  assert.deepEqual(world.notes, ["away refused", "away no key", "joined", "away refused"]);
  assert.equal(world.reportCount, 6, "every table is tried");
});

test("Membership has one table under way: the next is let go", async () => {
  const world = new World();
  let answer: (version: number) => void = () => {};
  world.report = () => {
    world.reportCount++;
    return new Promise((resolve) => (answer = resolve));
  };
  const first = world.publish(1);
  await world.publish(1);
  assert.equal(world.reportCount, 1);
  answer(1);
  await first;
  void world.publish(1);
  assert.equal(world.reportCount, 2);
});
