import assert from "node:assert/strict";
import test from "node:test";
import { formatCidr } from "../../base/ip.ts";
import type { ProbeSpec } from "../probes/probe-spec.ts";
import { Reason } from "../probes/reason.ts";
import { Checker } from "./checker.ts";
import type { CheckSpec } from "./check-spec.ts";
import { checkSpec, FakeProbes, settle } from "./testing/fake-probes.ts";
import { Verdict, VerdictTable } from "./verdict-table.ts";

/** A checker whose clocks move when they are told to. */
class Run {
  readonly probes = new FakeProbes();
  readonly allowed: string[] = [];
  readonly checker: Checker;
  nowMs = 0;
  wallMs = 1_700_000_000_000;

  constructor(scriptsAllowed = false) {
    this.probes.nowMs = () => this.nowMs;
    this.checker = new Checker({
      ...{ location: "test", run: 42, scriptsAllowed },
      probe: (check, allow) => {
        this.allowed.push(...allow.map(formatCidr));
        return this.probes.probe(check);
      },
      nowMs: () => this.nowMs,
      wallMs: () => this.wallMs,
      onThrow: () => {},
    });
  }

  setChecks(version: number, ...checks: CheckSpec[]): void {
    this.checker.setList({ version, checks, allow: ["10.0.0.0/8"] });
  }

  async pass(ms: number): Promise<void> {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += 10;
      this.checker.turn();
      this.probes.tick();
      await settle();
    }
  }

  table(): VerdictTable {
    return VerdictTable.read(this.checker.publish());
  }
}

const everySecond = { intervalMs: 1_000, upThreshold: 2, downThreshold: 3 };

test("Checker publishes verdicts as the thresholds make them", async () => {
  const run = new Run();
  run.setChecks(5, checkSpec({ slot: 3, ...everySecond, version: 7 }));
  assert.equal(run.table().record(3), undefined);
  await run.pass(1_000);
  assert.equal(run.table().verdict(3), Verdict.unknown);
  await run.pass(1_000);
  const table = run.table();
  assert.equal(table.verdict(3), Verdict.healthy);
  assert.equal(table.version(3), 7);
  assert.equal(table.header.listVersion, 5);
  assert.equal(table.header.checkCount, 1);
  assert.equal(table.record(3)?.checkedAtSeconds, 1_700_000_000);
  assert.equal(run.allowed[0], "10.0.0.0/8");
  run.probes.reasonOf = () => Reason.connectTimeout;
  await run.pass(2_000);
  assert.equal(run.table().verdict(3), Verdict.healthy);
  assert.equal(run.table().record(3)?.reason, Reason.connectTimeout);
  await run.pass(1_000);
  assert.equal(run.table().verdict(3), Verdict.unhealthy);
});

test("Checker begins anew with a check that has changed, and leaves the others as they are", async () => {
  const run = new Run();
  const [first, second] = [
    checkSpec({ slot: 1, ...everySecond }),
    checkSpec({ slot: 2, ...everySecond }),
  ];
  run.setChecks(1, first, second);
  await run.pass(2_000);
  run.setChecks(2, first, { ...second, version: 2 });
  const table = run.table();
  assert.equal(table.verdict(1), Verdict.healthy);
  assert.equal(table.verdict(2), Verdict.unknown);
  assert.equal(table.version(2), 2);
  assert.equal(table.record(2), undefined);
  await run.pass(2_000);
  assert.equal(run.table().verdict(2), Verdict.healthy);
});

test("Checker's table has the size of its highest slot, whatever is found", async () => {
  const run = new Run();
  run.setChecks(
    1,
    ...Array.from({ length: 100 }, (_, i) => checkSpec({ slot: i + 1, ...everySecond })),
  );
  const empty = run.checker.publish().length;
  await run.pass(3_000);
  run.probes.reasonOf = () => Reason.connectionRefused;
  await run.pass(4_000);
  assert.equal(run.checker.publish().length, empty);
  assert.ok([...Array(100).keys()].every((i) => run.table().verdict(i + 1) === Verdict.unhealthy));
  run.setChecks(2, checkSpec({ slot: 1, ...everySecond }));
  assert.equal(run.table().recordCount, 2);
  run.setChecks(3);
  assert.equal(run.table().recordCount, 0);
});

test("Checker empties a slot whose check is gone", async () => {
  const run = new Run();
  const [first, second] = [
    checkSpec({ slot: 1, ...everySecond }),
    checkSpec({ slot: 2, ...everySecond }),
  ];
  run.setChecks(1, first, second);
  await run.pass(2_000);
  run.setChecks(2, second);
  assert.equal(run.table().record(1), undefined);
  assert.equal(run.table().verdict(2), Verdict.healthy);
});

test("Checker's header tells of its work in the time since the last table", async () => {
  const run = new Run();
  run.probes.durationMs = () => 500;
  run.setChecks(
    1,
    ...Array.from({ length: 30 }, (_, i) => checkSpec({ slot: i + 1, ...everySecond })),
  );
  await run.pass(6_000);
  run.checker.publish();
  await run.pass(3_300);
  const { probesPerSecond, lagMs, underWay } = run.table().header;
  assert.ok(probesPerSecond >= 18 && probesPerSecond <= 22, `${probesPerSecond}`);
  assert.ok(lagMs <= 10, `${lagMs}`);
  assert.ok(underWay > 0);
  assert.equal(underWay, run.probes.underWay);
});

test("Checker runs a script only where that is allowed, and has no verdict of it otherwise", async () => {
  const probe: ProbeSpec = { kind: "script", command: "true", args: [], timeoutMs: 1_000 };
  for (const allowed of [false, true]) {
    const run = new Run(allowed);
    run.probes.reasonOf = () => Reason.scriptSucceeded;
    run.setChecks(1, checkSpec({ slot: 1, ...everySecond, probe }));
    await run.pass(5_000);
    const table = run.table();
    assert.equal(run.probes.starts.length > 0, allowed);
    const wanted = allowed ? Reason.scriptSucceeded : Reason.scriptNotStarted;
    assert.equal(table.record(1)?.reason, wanted);
    assert.equal(table.verdict(1), allowed ? Verdict.healthy : Verdict.unknown);
    assert.equal(table.header.scriptsAllowed, allowed);
  }
});

test("Checker flips nothing when the wall clock jumps", async () => {
  const run = new Run();
  run.setChecks(1, checkSpec({ slot: 1, ...everySecond }));
  await run.pass(3_000);
  const { results = 0 } = run.table().record(1) ?? {};
  for (const wallMs of [0, 4_000_000_000_000, -5_000]) {
    run.wallMs = wallMs;
    await run.pass(1_000);
    assert.equal(run.table().verdict(1), Verdict.healthy);
  }
  assert.equal(run.table().record(1)?.results, results + 3, "one probe a second as before");
});

test("Checker learns nothing of a probe that was stopped", async () => {
  const run = new Run();
  run.probes.reasonOf = () => Reason.none;
  run.setChecks(1, checkSpec({ slot: 1, ...everySecond }));
  await run.pass(3_000);
  assert.ok(run.probes.starts.length > 1);
  assert.equal(run.table().record(1), undefined);
});
