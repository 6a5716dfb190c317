import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { FileLayer } from "./file-layer.ts";
import { systemFiles } from "./file-layer.ts";
import { Journal, journalPaths, readJournals } from "./journal.ts";
import { makeRecord, noHead } from "./log-record.ts";
import type { LogRecord } from "./log-record.ts";

const root = mkdtempSync(join(tmpdir(), "signpost-journal-"));
after(() => rmSync(root, { recursive: true, force: true }));

function newDir(): string {
  return mkdtempSync(join(root, "d-"));
}

function record(seq: number, json = `[{"n":${seq}}]`): LogRecord {
  const at = "2026-01-01T00:00:00.000Z";
  return makeRecord({ seq, subject: "account", action: "Test", at, json }, noHead);
}

function seqs(dir: string): number[] {
  return readJournals(dir).records.map((one) => one.seq);
}

test("readJournals() gives back what append() wrote", () => {
  const dir = newDir();
  const journal = new Journal(systemFiles, dir);
  assert.equal(journal.trusted, false);
  journal.restart(4);
  const records = [record(5), record(6, `["${"x".repeat(10_000)}"]`), record(7)];
  journal.append(records.slice(0, 2));
  journal.append(records.slice(2));
  const content = readJournals(dir);
  assert.equal(content.base, 4);
  assert.deepEqual(content.findings, []);
  assert.deepEqual(
    content.records.map((one) => one.seq),
    [5, 6, 7],
  );
  for (const [i, one] of content.records.entries()) {
    const want = records[i] as LogRecord;
    assert.deepEqual({ ...one, bytes: null, chain: null }, { ...want, bytes: null, chain: null });
    assert.ok(
      Buffer.from(one.bytes).equals(want.bytes) && Buffer.from(one.chain).equals(want.chain),
    );
  }
  journal.close();
});

test("restart() leaves only the new, empty journal", () => {
  const dir = newDir();
  const journal = new Journal(systemFiles, dir);
  journal.restart(0);
  journal.append([record(1)]);
  journal.restart(1);
  assert.equal(journalPaths(dir).length, 1);
  assert.deepEqual(seqs(dir), []);
  journal.append([record(2)]);
  assert.deepEqual(seqs(dir), [2]);
  assert.equal(readJournals(dir).base, 1);
  journal.close();
});

test("readJournals() takes a record from the journal it belongs to", () => {
  const dir = newDir();
  const older = new Journal(systemFiles, dir);
  older.restart(0);
  older.append([record(1), record(2, `["never acknowledged"]`)]);
  older.close();
  const [olderPath] = journalPaths(dir) as [string];
  const kept = readFileSync(olderPath);
  const newer = new Journal(systemFiles, dir);
  newer.restart(1);
  newer.append([record(2, `["acknowledged"]`)]);
  newer.close();
  writeFileSync(olderPath, kept);
  const { records, base } = readJournals(dir);
  assert.equal(base, 1);
  assert.deepEqual(
    records.map((one) => String(one.bytes)),
    [`[{"n":1}]`, `["acknowledged"]`],
  );
});

test("readJournals() reads on behind damage and says where it was", () => {
  const dir = newDir();
  const journal = new Journal(systemFiles, dir);
  journal.restart(0);
  journal.append([record(1)]);
  const firstEnd = journal.size;
  journal.append([record(2), record(3)]);
  journal.close();
  const [path] = journalPaths(dir) as [string];
  const octets = readFileSync(path);
  octets[firstEnd + 20] = (octets[firstEnd + 20] as number) ^ 1;
  writeFileSync(path, octets);
  assert.deepEqual(seqs(dir), [1, 3]);
  assert.equal(readJournals(dir).findings[0]?.what, `journal-0 is damaged at offset ${firstEnd}`);
  truncateSync(path, octets.length - 1);
  assert.deepEqual(seqs(dir), [1]);
});

/** Fails the named operation `times` times. */
function faulty(operation: keyof FileLayer, code: string): FileLayer & { times: number } {
  const files = { ...systemFiles, times: 0 };
  const real = systemFiles[operation] as (...args: unknown[]) => void;
  files[operation] = ((...args: unknown[]) => {
    if (files.times-- > 0) throw Object.assign(new Error(`${code}: simulated`), { code });
    real(...args);
  }) as never;
  return files;
}

test("append() that cannot write leaves the journal as it was", () => {
  const dir = newDir();
  const files = faulty("write", "ENOSPC");
  const journal = new Journal(files, dir);
  journal.restart(0);
  journal.append([record(1)]);
  files.times = 1;
  assert.throws(() => journal.append([record(2)]), /ENOSPC/);
  assert.equal(journal.trusted, true);
  assert.deepEqual(seqs(dir), [1]);
  journal.append([record(2)]);
  assert.deepEqual(seqs(dir), [1, 2]);
  journal.close();
});

test("append() that cannot sync makes the journal untrusted until restart()", () => {
  const dir = newDir();
  const files = faulty("sync", "EIO");
  const journal = new Journal(files, dir);
  journal.restart(0);
  journal.append([record(1)]);
  files.times = 2;
  assert.throws(() => journal.append([record(2)]), /EIO/);
  assert.equal(journal.trusted, false);
  journal.restart(1);
  assert.equal(journal.trusted, true);
  journal.append([record(2)]);
  assert.deepEqual(seqs(dir), [2]);
  journal.close();
});

test("undoAppend() takes back the last append", () => {
  const dir = newDir();
  const journal = new Journal(systemFiles, dir);
  journal.restart(0);
  journal.append([record(1)]);
  journal.append([record(2)]);
  journal.undoAppend();
  assert.deepEqual(seqs(dir), [1]);
  journal.close();
});

test("restart() that fails keeps the older journal", () => {
  const dir = newDir();
  const files = faulty("write", "ENOSPC");
  const journal = new Journal(files, dir);
  journal.restart(0);
  journal.append([record(1)]);
  files.times = 1;
  assert.throws(() => journal.restart(1), /ENOSPC/);
  assert.deepEqual(seqs(dir), [1]);
  journal.append([record(2)]);
  assert.deepEqual(seqs(dir), [1, 2]);
  journal.close();
});
