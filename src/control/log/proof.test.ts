import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { databaseFileName } from "../state/schema.ts";
import { openForStore } from "./open-for-store.ts";
import type { OpenedStore } from "./open-for-store.ts";
import { isProven } from "./proof.ts";

let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "signpost-proof-"));
  path = join(dir, databaseFileName);
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

function open(): OpenedStore {
  return openForStore(dir, { clock: systemClock });
}

function change({ writer }: OpenedStore, key: string): void {
  const json = JSON.stringify([{ put: "tag", key: ["hostedzone", key], value: {} }]);
  const request = {
    subject: "account",
    expectedHead: writer.head("account").seq,
    action: "T",
    json,
  };
  const [outcome] = writer.commitGroup([request]).outcomes;
  assert.ok(outcome && "seq" in (outcome as object));
}

test("isProven() after a clean stop, until anything is written", () => {
  const first = open();
  change(first, "A");
  assert.ok(!isProven(path));
  first.close();
  assert.ok(isProven(path));
  const second = open();
  assert.ok(isProven(path), "what was not changed stays proven");
  change(second, "B");
  assert.ok(!isProven(path));
  second.close();
  assert.ok(isProven(path));
});

test("isProven() no more after one bit, a cut or a lost proof; the start then finds the damage", () => {
  const store = open();
  for (let i = 0; i < 50; i++) change(store, `K${i}`);
  store.close();
  const good = readFileSync(path);
  for (let at = 100; at < good.length; at += 997) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] as number) ^ 4;
    writeFileSync(path, bad);
    assert.ok(!isProven(path), `octet ${at}`);
  }
  writeFileSync(path, good.subarray(0, -4096));
  assert.ok(!isProven(path));
  const bad = Buffer.from(good);
  for (let at = good.indexOf("tag"); at >= 0; at = good.indexOf("tag", at + 1)) bad[at] = 0x54;
  writeFileSync(path, bad);
  const repaired = open();
  assert.ok(repaired.damage.length > 0);
  repaired.close();
  assert.ok(isProven(path));
  rmSync(`${path}-proof`);
  assert.ok(!isProven(path));
});
