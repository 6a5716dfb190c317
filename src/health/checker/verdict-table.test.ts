import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { isSuccess, Reason } from "../probes/reason.ts";
import {
  VerdictTable,
  VerdictTableError,
  VerdictTableWriter,
  verdictHeaderSize,
  verdictRecordSize,
} from "./verdict-table.ts";
import type { FoundResult, Verdict } from "./verdict-table.ts";

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.nat(0xffff_ffff);
const found: fc.Arbitrary<FoundResult> = fc.record({
  verdict: fc.constantFrom<Verdict>(0, 1, 2),
  reason: fc.constantFrom(...Object.values(Reason).filter((reason) => reason !== Reason.none)),
  detail: u16,
  connectMs: u16,
  tlsMs: u16,
  firstByteMs: u16,
  atSeconds: fc.integer({ min: 1, max: 0xffff_ffff }),
});

function writer(recordCount: number): VerdictTableWriter {
  const table = new VerdictTableWriter({ run: 7, scriptsAllowed: false });
  table.resize(recordCount);
  return table;
}

test("VerdictTable reads what the writer has written", () => {
  const writes = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), found), { maxLength: 30 });
  fc.assert(
    fc.property(writes, u32, (all, listVersion) => {
      const table = writer(10);
      table.header.listVersion = listVersion;
      for (const [slot, result] of all) table.write(slot, result);
      const read = VerdictTable.read(table.publish());
      assert.equal(read.header.listVersion, listVersion);
      for (let slot = 0; slot < 10; slot++) checkSlot(read, slot, all);
    }),
  );
});

/** States that a slot holds the last of its results, and the last that was a failure. */
function checkSlot(read: VerdictTable, slot: number, all: [number, FoundResult][]): void {
  const results = all.filter(([at]) => at === slot).map(([, result]) => result);
  const last = results.at(-1);
  const record = read.record(slot);
  assert.equal(read.verdict(slot), last?.verdict ?? 0);
  assert.equal(record === undefined, last === undefined);
  if (!record || !last) return;
  const failed = results.findLast(({ reason }) => !isSuccess(reason));
  const { atSeconds, ...rest } = last;
  const { reason = 0, detail } = failed ?? {};
  const failure = failed && { failure: { reason, detail, atSeconds: failed.atSeconds } };
  const wanted = { ...rest, checkedAtSeconds: atSeconds, version: 0, results: results.length };
  assert.deepEqual(record, { ...wanted, ...failure });
}

test("VerdictTable.read() takes octets at any offset of their buffer", () => {
  const table = writer(3);
  table.write(2, result({ reason: Reason.connected, verdict: 2 }));
  const octets = table.publish();
  const moved = new Uint8Array(octets.length + 3);
  moved.set(octets, 3);
  assert.equal(VerdictTable.read(moved.subarray(3)).verdict(2), 2);
});

test("VerdictTable is unknown beyond its end", () => {
  const read = VerdictTable.read(writer(3).publish());
  assert.equal(read.verdict(3), 0);
  assert.equal(read.version(65_535), 0);
  assert.equal(read.record(65_535), undefined);
});

test("VerdictTableWriter.publish() counts, and hands out a copy", () => {
  const table = writer(2);
  const first = table.publish();
  table.write(1, result({ reason: Reason.connected, verdict: 2 }));
  const second = table.publish();
  assert.equal(VerdictTable.read(first).verdict(1), 0);
  assert.equal(VerdictTable.read(second).verdict(1), 2);
  assert.equal(VerdictTable.read(first).header.sequence, 1);
  assert.equal(VerdictTable.read(second).header.sequence, 2);
  assert.equal(first.length, second.length);
});

test("VerdictTableWriter.resize() keeps what stays and empties what comes back", () => {
  const table = writer(3);
  table.write(1, result({ reason: Reason.connected, verdict: 2 }));
  table.write(2, result({ reason: Reason.connected, verdict: 2 }));
  table.resize(2);
  table.resize(3);
  const read = VerdictTable.read(table.publish());
  assert.equal(read.verdict(1), 2);
  assert.equal(read.record(2), undefined);
});

test("VerdictTableWriter.write() keeps measures within their 16 bits", () => {
  const table = writer(2);
  const wild = { connectMs: 70_000, tlsMs: -1, firstByteMs: NaN, detail: 1.4 };
  table.write(1, { ...result({ reason: Reason.connected, verdict: 2 }), ...wild });
  const { connectMs, tlsMs, firstByteMs, detail } =
    VerdictTable.read(table.publish()).record(1) ?? {};
  assert.deepEqual([connectMs, tlsMs, firstByteMs, detail], [65_535, 0, 0, 1]);
});

function result(members: Pick<FoundResult, "reason" | "verdict">): FoundResult {
  return { detail: 0, connectMs: 1, tlsMs: 2, firstByteMs: 3, atSeconds: 1_000, ...members };
}

/** A valid table of 4 records, one of them with a result and a failure. */
function validTable(): Uint8Array {
  const table = writer(4);
  table.write(1, result({ reason: Reason.connectTimeout, verdict: 1 }));
  table.write(1, result({ reason: Reason.connected, verdict: 1 }));
  return table.publish();
}

const record1 = verdictHeaderSize + verdictRecordSize;
const refused: [name: string, offset: number, octets: number[], message: RegExp][] = [
  ["another magic", 0, [0x53, 0x50, 0x56, 0x32], /does not begin with SPV1/],
  ["more records than octets", 8, [5, 0, 0, 0], /160 octets, 5 records need 188/],
  ["fewer records than octets", 8, [3, 0, 0, 0], /160 octets, 3 records need 132/],
  ["too many records", 8, [1, 0, 1, 0], /65537 records, limit 65536/],
  ["more checks than records", 20, [5, 0, 0, 0], /more checks than records/],
  ["an unknown flag", 36, [2, 0, 0, 0], /reserved octets/],
  ["reserved octets in use", 47, [1], /reserved octets/],
  ["an unknown verdict", record1, [3], /slot 1 has verdict 3/],
  ["an unknown reason", record1 + 1, [31], /slot 1 has reason 31/],
  ["no reason for a result", record1 + 1, [0], /slot 1 has reason 0 and no such result/],
  ["a result without its time", record1 + 12, [0, 0, 0, 0], /a result without its time/],
  ["a success as failure", record1 + 16, [1], /slot 1 has failure 1/],
  ["a failure without its time", record1 + 20, [0, 0, 0, 0], /a failure without its time/],
  ["a reserved octet in a record", record1 + 17, [1], /reserved octet/],
  ["a verdict without a result", record1 + verdictRecordSize, [2], /a verdict and no result/],
];

for (const [name, offset, octets, message] of refused) {
  test(`VerdictTable.read() refuses ${name}`, () => {
    const table = validTable();
    table.set(octets, offset);
    assert.throws(() => VerdictTable.read(table), { name: "VerdictTableError", message });
  });
}

test("VerdictTable.read() refuses every part of a table, and more than one", () => {
  const whole = validTable();
  for (let size = 0; size < whole.length; size++) {
    assert.throws(() => VerdictTable.read(whole.subarray(0, size)), VerdictTableError);
  }
  const longer = new Uint8Array(whole.length + 1);
  longer.set(whole);
  assert.throws(() => VerdictTable.read(longer), VerdictTableError);
});

test("VerdictTable.read() refuses damage or reads a table that can be asked anything", () => {
  const changes = fc.array(fc.tuple(fc.nat(159), fc.nat(255)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(changes, (all) => {
      const octets = validTable();
      for (const [at, octet] of all) octets[at] = octet;
      let read: VerdictTable;
      try {
        read = VerdictTable.read(octets);
      } catch (error) {
        assert.ok(error instanceof VerdictTableError, String(error));
        return;
      }
      for (let slot = 0; slot < 6; slot++) {
        assert.ok(read.verdict(slot) <= 2);
        const record = read.record(slot);
        assert.ok(!record || Object.values(Reason).includes(record.reason));
      }
    }),
    { numRuns: 1_000 },
  );
});
