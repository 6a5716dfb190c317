import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { StoreError } from "../../src/control/log/change-log.ts";
import { openForStore } from "../../src/control/log/open-for-store.ts";
import { openStateReader } from "../../src/control/state/sqlite-state-reader.ts";
import { ZoneDamagedError } from "../../src/control/state/state-reader.ts";
import type { Damage } from "../../src/control/state/state-reader.ts";

const base = mkdtempSync(join(tmpdir(), "signpost-damage-"));
after(() => rmSync(base, { recursive: true, force: true }));
const random = seededRandom(Number(process.env["SEED"] ?? 11));
const rounds = Number(process.env["ROUNDS"] ?? 75);

type Expected = Record<string, string[]>;

/** A data directory as a killed server leaves it, and what it must hold. */
function killedServer(): { dir: string; expected: Expected } {
  const dir = join(base, "killed");
  const script = new URL("./write-and-die.ts", import.meta.url).pathname;
  let printed = "";
  try {
    execFileSync(process.execPath, [script, dir], { stdio: ["ignore", "pipe", "inherit"] });
  } catch (error) {
    printed = String((error as { stdout: Buffer }).stdout);
  }
  return { dir, expected: JSON.parse(printed) as Expected };
}

function below(limit: number): number {
  return random.uint32() % limit;
}

const damages = {
  flipBit(octets: Buffer): Buffer {
    const at = below(octets.length);
    octets[at] = (octets[at] as number) ^ (1 << below(8));
    return octets;
  },
  truncate: (octets: Buffer): Buffer => octets.subarray(0, below(octets.length)),
  zeroPage(octets: Buffer): Buffer {
    const at = below(Math.ceil(octets.length / 4096)) * 4096;
    return octets.fill(0, at, Math.min(at + 4096, octets.length));
  },
};

type Outcome = "whole" | "repaired" | "named" | "refused";

/** Starts on a damaged copy; fails if anything is lost in silence. */
function start(dir: string, expected: Expected): { outcome: Outcome; said: string } {
  let opened;
  try {
    opened = openForStore(dir, { clock: systemClock });
  } catch (error) {
    assert.ok(error instanceof StoreError, String((error as Error).stack));
    assert.match(error.message, /^Cannot start: /);
    return { outcome: "refused", said: error.message };
  }
  const reader = openStateReader(dir);
  try {
    const lost = Object.keys(expected).filter((zoneId) => {
      try {
        const found = Array.from(reader.eachRRset(zoneId), (rrset) =>
          [rrset.name, rrset.type, ...(rrset.resourceRecords ?? [])].join(" "),
        );
        assert.deepEqual(found.sort(), expected[zoneId], `zone ${zoneId} is served wrong`);
        assert.deepEqual(Object.keys(reader.get("hostedZone", [zoneId]) ?? {}).length, 3);
        return false;
      } catch (error) {
        if (!(error instanceof ZoneDamagedError)) throw error;
        return true;
      }
    });
    for (const zoneId of lost) assert.ok(names(opened.damage, zoneId), `${zoneId} is not named`);
    const said = opened.damage.map((damage) => damage.what).join("; ");
    if (lost.length > 0) return { outcome: "named", said };
    return { outcome: opened.damage.length > 0 ? "repaired" : "whole", said };
  } finally {
    reader.close();
    opened.close();
  }
}

function names(damage: readonly Damage[], zoneId: string): boolean {
  return damage.some((one) => one.zoneId === zoneId && one.seq !== undefined && !one.repaired);
}

const { dir: killed, expected } = killedServer();
/** The same after a start and a clean stop: all in the database file, an empty journal. */
const stopped = join(base, "stopped");
cpSync(killed, stopped, { recursive: true });
assert.equal(start(stopped, expected).outcome, "whole");

for (const [name, dir] of [
  ["killed", killed],
  ["stopped", stopped],
] as const) {
  test(`openForStore() after damage loses nothing in silence, server ${name}`, () => {
    const files = readdirSync(dir).filter((file) => /^signpost\.db|^journal-/.test(file));
    const tally: Record<string, number> = {};
    for (let round = 0; round < rounds; round++) {
      const file = files[round % files.length] as string;
      const { kind, outcome } = damageAndStart(dir, file);
      const key = `${kind} ${file.replace(/-\d+/, "")}: ${outcome}`;
      tally[key] = (tally[key] ?? 0) + 1;
      // Of two copies of a change one is enough.
      if (/-wal|journal/.test(file)) assert.ok(outcome === "repaired" || outcome === "whole", key);
    }
    if (process.env["TELL"]) console.log(tally);
  });
}

function damageAndStart(dir: string, file: string): { kind: string; outcome: Outcome } {
  const copy = join(base, "copy");
  const kind = (["flipBit", "flipBit", "truncate", "zeroPage"] as const)[below(4)] as "flipBit";
  rmSync(copy, { recursive: true, force: true });
  cpSync(dir, copy, { recursive: true });
  const path = join(copy, file);
  writeFileSync(path, damages[kind](readFileSync(path)));
  try {
    const { outcome, said } = start(copy, expected);
    if (process.env["TELL"]) console.log(kind, file, outcome, said.slice(0, 300));
    // A zone that is not served stays so after the next start.
    if (outcome === "named") assert.equal(start(copy, expected).outcome, "named");
    return { kind, outcome };
  } catch (error) {
    throw new Error(`${kind} of ${file}, kept in ${copy}`, { cause: error });
  }
}
