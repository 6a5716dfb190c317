import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeyedUpdate } from "../control/compiler/compiler.ts";
import type { ZoneUpdate } from "../dataplane/server/worker-setup.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { Publisher } from "./publisher.ts";
import type { QueryLogs } from "./query-logs.ts";

/** A publisher whose receivers the test looks into, and lets go on. */
function publish() {
  const named: ZoneUpdate[] = [];
  const resolved: KeyedUpdate[] = [];
  let applied = 0;
  let onResolved: () => void = () => {};
  const publisher = new Publisher({
    nameServer: {
      publish: async (updates) => void named.push(...updates),
      onQueryLog: () => {},
    },
    resolver: {
      async take(updates) {
        resolved.push(...updates);
        await new Promise<void>((resolve) => (onResolved = resolve));
      },
    },
    applied: { set: (seq: number) => void (applied = seq) } as never,
    health: { written: async () => {} },
    queryLogs: {} as QueryLogs,
    logger: silentLogger,
  });
  return { publisher, named, resolved, applied: () => applied, goOn: () => onResolved() };
}

const zone = (zoneKey: number, isPrivate: boolean): KeyedUpdate => ({
  ...{ zoneKey, zoneId: `Z${zoneKey}`, zoneName: "a.test.", isPrivate, flags: 0 },
  image: new SharedArrayBuffer(8),
});

test("Publisher gives private zones to the resolver alone, public ones to both", async () => {
  const { publisher, named, resolved, goOn } = publish();
  const counts = { compiled: 2, patched: 0, failed: 0 };
  publisher.take({ seq: 1, updates: [zone(1, false), zone(2, true)], notes: [], counts });
  const gone = { ...zone(2, true), image: null };
  publisher.take({ seq: 2, updates: [gone], notes: [], counts });
  await Promise.resolve();
  assert.deepEqual(
    named.map(({ zoneKey }) => zoneKey),
    [1],
  );
  assert.deepEqual(
    resolved.map(({ zoneKey }) => zoneKey),
    [1, 2, 2],
  );
  goOn();
});

test("Publisher reports nothing as served before the resolver serves it", async () => {
  const { publisher, applied, goOn } = publish();
  const counts = { compiled: 1, patched: 0, failed: 0 };
  publisher.take({ seq: 7, updates: [zone(1, true)], notes: [], counts });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(applied(), 0);
  goOn();
  await publisher.idle();
  assert.equal(applied(), 7);
});
