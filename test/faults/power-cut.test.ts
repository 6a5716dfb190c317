import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { openForStore } from "../../src/control/log/open-for-store.ts";
import { openStateReader } from "../../src/control/state/sqlite-state-reader.ts";
import { testWith } from "../support/peers.ts";
import { parseTrace, tracedCalls } from "./disk-trace.ts";
import { SimulatedDisk } from "./simulated-disk.ts";

const random = seededRandom(Number(process.env["SEED"] ?? 5));
const cutCount = Number(process.env["ROUNDS"] ?? 100);

testWith(["/usr/bin/strace"], "a power cut at any moment loses no acknowledged change", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "signpost-power-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const directory = join(folder, "data");
  const acks = join(folder, "acks");
  const trace = join(folder, "trace");
  const script = new URL("./acknowledge.ts", import.meta.url).pathname;
  const options = ["-f", "-y", "-xx", "-s", "1000000", "-e", tracedCalls, "-o", trace];
  execFileSync("strace", [...options, process.execPath, script, directory, acks]);
  const events = parseTrace(readFileSync(trace, "utf8"), { directory, acks });
  const ackCount = events.filter(({ call }) => call === "ack").length;
  assert.equal(ackCount, 102, "the trace shows every acknowledgement");

  const cuts = new Map<number, number>();
  for (let i = 0; i < cutCount; i++) {
    const at = random.uint32() % (events.length + 1);
    cuts.set(at, (cuts.get(at) ?? 0) + 1);
  }
  const disk = new SimulatedDisk();
  const acknowledged = new Map<string, number>();
  const redone: number[] = [];
  for (let at = 0; at <= events.length; at++) {
    for (let times = cuts.get(at) ?? 0; times > 0; times--) {
      const copy = join(folder, "copy");
      restore(copy, disk.afterPowerCut(random));
      redone.push(checkAfterCut(copy, acknowledged));
    }
    const event = events[at];
    if (event?.call === "ack") {
      const [zoneId, number] = event.text.trim().split(" ") as [string, string];
      acknowledged.set(zoneId, Number(number));
    } else if (event) disk.apply(event);
  }
  const withRedo = redone.filter((count) => count > 0).length;
  assert.ok(withRedo > 0, "some cuts lose commits that the journal gives back");
  t.diagnostic(`${redone.length} cuts in ${events.length} calls, ${withRedo} needed the journal`);
});

function restore(directory: string, files: ReadonlyMap<string, Buffer>): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  for (const [path, content] of files) writeFileSync(join(directory, basename(path)), content);
}

/** @returns whether entries had to be taken from the journal */
function checkAfterCut(directory: string, acknowledged: ReadonlyMap<string, number>): number {
  const store = openForStore(directory, { clock: systemClock });
  const reader = openStateReader(directory);
  try {
    for (const [zoneId, number] of acknowledged) {
      const values = Array.from(reader.eachRRset(zoneId), (set) => set.resourceRecords?.[0]);
      assert.equal(new Set(values).size, 1, `zone ${zoneId} shows half a change`);
      const value = Number(values[0]?.replaceAll('"', ""));
      assert.ok(value >= number, `zone ${zoneId}: ${number} was acknowledged, ${value} is there`);
      assert.equal(values.length, zoneId === "Z5" ? 1_500 : 4);
    }
    const damage = store.damage.filter(({ repaired }) => !repaired);
    assert.deepEqual(damage, [], "a power cut is no damage");
    return store.damage.filter(({ what }) => what.includes("redone")).length;
  } finally {
    reader.close();
    store.close();
  }
}
