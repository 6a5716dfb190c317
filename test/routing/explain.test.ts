import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../src/base/random.ts";
import { decodeTrace } from "../../src/dataplane/policy/decode-trace.ts";
import type { TracedGroup, TracedStep } from "../../src/dataplane/policy/decode-trace.ts";
import { TraceBuffer } from "../../src/dataplane/policy/trace-buffer.ts";
import { readRecords } from "../../src/roles/read-records.ts";
import { randomWorld, treeOptions } from "./compare.ts";
import type { WorldState } from "./compare.ts";
import { Dice, kinds, randomCase } from "./random-tree.ts";
import type { World } from "./reference-evaluator.ts";
import { RoutingServer } from "./routing-server.ts";
import type { RoutingAnswer } from "./routing-server.ts";

const caseCount = 10_000;
const worldsPerTree = 5;

test("explain and the wire agree on random trees, clients, health and times", () => {
  const random = seededRandom(31);
  const own = ["timeOfDay", "leastLoaded", "sticky", "nearby"] as const;
  const tree = { ...treeOptions, kinds: [...kinds, ...own] };
  for (let cases = 0; cases < caseCount;) {
    const seed = random.uint32() | 1;
    const dice = new Dice(seed);
    const routingCase = randomCase(dice, tree);
    const onWire = new RoutingServer(routingCase, seed);
    const traced = new RoutingServer(routingCase, seed);
    const trace = new TraceBuffer();
    traced.server.context.trace = trace;
    for (let i = 0; i < worldsPerTree; i++, cases++) {
      const world = randomWorld(dice, routingCase);
      trace.size = 0;
      const answer = onWire.ask(world);
      assert.deepEqual(traced.ask(world), answer, `seed ${seed}: a trace changes no answer`);
      const zone = traced.server.zones.get(1);
      assert.ok(zone && trace.lostCount === 0);
      const steps = decodeTrace(zone, trace);
      try {
        checkSteps(steps, { world, answer, valuesOf: (block) => readRecords(zone, block) });
      } catch (error) {
        throw new Error(`seed ${seed}: ${JSON.stringify(steps)}`, { cause: error });
      }
    }
  }
});

type Told = {
  world: World & WorldState;
  answer: RoutingAnswer;
  valuesOf(block: number): string[];
};

/** A trace names the records of the answer, leads to them, and tells the health that there was. */
function checkSteps(steps: readonly TracedStep[], { world, answer, valuesOf }: Told): void {
  const blocks = steps.flatMap((step) => (step.kind === "records" ? [step.block] : []));
  const wasAsked = steps.some(({ kind }) => kind === "set");
  if (wasAsked) assert.deepEqual(blocks.flatMap(valuesOf).toSorted(), answer.labels.toSorted());
  for (const [index, step] of steps.entries()) {
    if (step.kind !== "group") continue;
    checkGroup(step, world);
    const taken = step.candidates.filter(({ isTaken }) => isTaken);
    if (step.policy === "multivalue") {
      assert.equal(taken.length, blocks.length);
      continue;
    }
    assert.ok(taken.length <= 1);
    const target = taken[0]?.target;
    const next = steps[index + 1];
    assert.equal(next?.kind, target?.kind);
    if (target?.kind === "records" && next?.kind === "records") {
      assert.equal(target.block, next.block);
    }
    if (target?.kind === "alias" && next?.kind === "alias") {
      assert.deepEqual(target.owner, next.owner);
    }
  }
}

function checkGroup({ candidates, isFailOpen }: TracedGroup, world: World): void {
  for (const { healthSlot, isCheckUp } of candidates) {
    assert.equal(isCheckUp, healthSlot === 0 || world.isUp(healthSlot));
  }
  const isHealthy = candidates.map((one) => one.isCheckUp && one.isTargetHealthy);
  const takenHealth = isHealthy.filter((_, index) => candidates[index]?.isTaken);
  assert.ok(takenHealth.every((healthy) => healthy !== isFailOpen));
  assert.ok(candidates.every(({ isTaken, isEligible }) => isEligible || !isTaken));
  checkLoads(candidates, isFailOpen);
}

/** Who is taken for its load has the least of those that come into question, shed or not. */
function checkLoads(candidates: TracedGroup["candidates"], isFailOpen: boolean): void {
  const inQuestion = candidates.flatMap(({ criterion, isTaken, ...health }) => {
    const isHealthy = health.isCheckUp && health.isTargetHealthy;
    if (criterion.kind !== "load" || (!isHealthy && !isFailOpen)) return [];
    return [{ isTaken, rank: criterion.load + (criterion.isShed ? 1_000_000 : 0) }];
  });
  const taken = inQuestion.find(({ isTaken }) => isTaken);
  if (taken) assert.equal(taken.rank, Math.min(...inQuestion.map(({ rank }) => rank)));
}
