import assert from "node:assert/strict";
import { test } from "node:test";
import { Suppression } from "./suppression.ts";

const settings = { waitMs: 60_000, extensionMs: 120_000 };

test("Suppression waits for the suppressor, then lets actions through", () => {
  const suppression = new Suppression(settings, false);
  assert.equal(suppression.heldBy(0), undefined);
  suppression.alarmChanged("ALARM", 1_000);
  assert.equal(suppression.heldBy(1_000), "WaitPeriod");
  assert.equal(suppression.heldBy(60_999), "WaitPeriod");
  assert.equal(suppression.heldBy(61_000), undefined);
});

test("Suppression holds while the suppressor is in ALARM, and for the extension after that", () => {
  const suppression = new Suppression(settings, false);
  suppression.alarmChanged("ALARM", 0);
  suppression.suppressorIs("ALARM", 30_000);
  assert.equal(suppression.heldBy(30_000), "Alarm");
  assert.equal(suppression.heldBy(500_000), "Alarm");
  suppression.suppressorIs("OK", 500_000);
  assert.equal(suppression.heldBy(500_000), "ExtensionPeriod");
  suppression.suppressorIs("OK", 600_000);
  assert.equal(suppression.heldBy(619_999), "ExtensionPeriod");
  assert.equal(suppression.heldBy(620_000), undefined);
});

test("Suppression begins with a suppressor in ALARM, or gone", () => {
  const suppression = new Suppression(settings, true);
  assert.equal(suppression.heldBy(0), "Alarm");
  suppression.suppressorIs(undefined, 1_000);
  assert.equal(suppression.heldBy(1_000), "ExtensionPeriod");
});

test("Suppression: the suppressor comes back during the extension", () => {
  const suppression = new Suppression(settings, true);
  suppression.suppressorIs("OK", 0);
  suppression.suppressorIs("ALARM", 60_000);
  assert.equal(suppression.heldBy(60_000), "Alarm");
  suppression.suppressorIs("INSUFFICIENT_DATA", 90_000);
  assert.equal(suppression.heldBy(130_000), "ExtensionPeriod");
  assert.equal(suppression.heldBy(210_000), undefined);
});

test("Suppression does not wait for changes to other states", () => {
  const suppression = new Suppression(settings, false);
  suppression.alarmChanged("OK", 0);
  assert.equal(suppression.heldBy(0), undefined);
});
