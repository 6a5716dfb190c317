import { closeSync, openSync, readdirSync, readFileSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { FileLayer } from "./file-layer.ts";
import { decodeRecord, encodeRecord } from "./log-record.ts";
import type { LogRecord } from "./log-record.ts";

/*
 * The journal: every entry appended since the last full checkpoint of the database, each on
 * stable storage before it is acknowledged. File `journal-<base>`, base being the sequence
 * number up to which the database file alone is complete.
 *
 *   header   "SPJOURN1" (8) │ base, decimal ASCII, zero-padded (16) │ CRC32 of the 24 (4)
 *   record   magic 89 53 50 52 (4) │ size (u32) │ CRC32 of payload (u32) │ payload (size)
 *
 * Numbers are little-endian; the payload is `encodeRecord`. A checkpoint starts a new file and
 * then removes the old one, so that no file is ever cut to mean something else.
 */
const fileMagic = "SPJOURN1";
const baseDigits = 16;
const headerSize = fileMagic.length + baseDigits + 4;
const recordMagic = Buffer.from([0x89, 0x53, 0x50, 0x52]);
const recordHeadSize = 12;
const fileNamePattern = /^journal-(\d{16})$/;

/** The journal that is being written; there is no file before the first `restart`. */
export class Journal {
  readonly #files: FileLayer;
  readonly #dataDir: string;
  #fd = -1;
  #path = "";
  #size = 0;
  #lastAppendSize = 0;
  #trusted = false;

  constructor(files: FileLayer, dataDir: string) {
    this.#files = files;
    this.#dataDir = dataDir;
  }

  get size(): number {
    return this.#size;
  }

  /** False before the first `restart` and after a failed sync or cut: nothing can be written. */
  get trusted(): boolean {
    return this.#trusted;
  }

  /**
   * Writes the records and waits until they are on stable storage. On an error none of them is
   * part of the journal any more, and the error is thrown on.
   */
  append(records: readonly LogRecord[]): void {
    const octets = Buffer.concat(records.flatMap(frame));
    try {
      this.#files.write(this.#fd, octets, this.#size);
    } catch (error) {
      this.#cutBack();
      throw error;
    }
    try {
      this.#files.sync(this.#fd);
    } catch (error) {
      // After a failed sync nobody knows which pages the kernel gave up (fsyncgate, 2018).
      this.#trusted = false;
      this.#cutBack();
      throw error;
    }
    this.#size += octets.length;
    this.#lastAppendSize = octets.length;
  }

  /** Takes back the last append, whose database commit failed. */
  undoAppend(): void {
    this.#size -= this.#lastAppendSize;
    this.#lastAppendSize = 0;
    this.#cutBack();
  }

  /** Removes whatever stands behind the last good record. */
  #cutBack(): void {
    try {
      this.#files.truncate(this.#fd, this.#size);
      this.#files.sync(this.#fd);
    } catch {
      this.#trusted = false;
    }
  }

  /** Goes on with a new file, now that the database is complete up to `base` without this one. */
  restart(base: number): void {
    const path = journalPath(this.#dataDir, base);
    if (path === this.#path && this.#trusted) return;
    // One of the same base can only hold what was never acknowledged.
    rmSync(path, { force: true });
    const fd = createFile(this.#files, this.#dataDir, base);
    this.close();
    this.#fd = fd;
    this.#path = path;
    this.#size = headerSize;
    this.#lastAppendSize = 0;
    this.#trusted = true;
    this.#removeOthers();
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  #removeOthers(): void {
    for (const path of journalPaths(this.#dataDir)) if (path !== this.#path) unlinkSync(path);
    this.#files.syncDirectory(this.#dataDir);
  }
}

export type JournalFinding = { what: string; harmless: boolean };

export type JournalContent = {
  /** Records that count, by sequence number, ascending. */
  records: LogRecord[];
  /** The database file is complete up to here; -1 where there is no journal. */
  base: number;
  findings: JournalFinding[];
};

/** Reads every journal in the directory; of two, the newer one decides. */
export function readJournals(dataDir: string): JournalContent {
  const records = new Map<number, LogRecord>();
  const findings: JournalFinding[] = [];
  let newerBase = Infinity;
  let base = -1;
  for (const path of journalPaths(dataDir).reverse()) {
    const fileBase = baseOfPath(path);
    base = Math.max(base, fileBase);
    const file = scan(readFileSync(path), fileBase);
    findings.push(...file.findings);
    for (const record of file.records) {
      if (record.seq > fileBase && record.seq <= newerBase) records.set(record.seq, record);
    }
    newerBase = fileBase;
  }
  const ascending = [...records.values()].sort((a, b) => a.seq - b.seq);
  return { records: ascending, base, findings };
}

/** Paths of all journals, oldest first. */
export function journalPaths(dataDir: string): string[] {
  const names = readdirSync(dataDir).filter((name) => fileNamePattern.test(name));
  return names.sort().map((name) => join(dataDir, name));
}

function baseOfPath(path: string): number {
  return Number(path.slice(-baseDigits));
}

function journalPath(dataDir: string, base: number): string {
  return join(dataDir, `journal-${String(base).padStart(baseDigits, "0")}`);
}

function createFile(files: FileLayer, dataDir: string, base: number): number {
  const path = journalPath(dataDir, base);
  const fd = openSync(path, "w", 0o600);
  try {
    files.write(fd, header(base), 0);
    files.sync(fd);
    files.syncDirectory(dataDir);
  } catch (error) {
    closeSync(fd);
    // Left behind it would claim that the older journal is no longer needed.
    rmSync(path, { force: true });
    throw error;
  }
  return fd;
}

function header(base: number): Buffer {
  const octets = Buffer.alloc(headerSize);
  octets.write(fileMagic + String(base).padStart(baseDigits, "0"), "latin1");
  octets.writeUInt32LE(crc32(octets.subarray(0, headerSize - 4)), headerSize - 4);
  return octets;
}

function frame(record: LogRecord): Buffer[] {
  const payload = encodeRecord(record);
  const head = Buffer.alloc(recordHeadSize);
  recordMagic.copy(head);
  head.writeUInt32LE(payload.length, 4);
  head.writeUInt32LE(crc32(payload), 8);
  return [head, payload];
}

function scan(octets: Buffer, base: number): Omit<JournalContent, "base"> {
  const records: LogRecord[] = [];
  const findings: JournalFinding[] = [];
  const name = `journal-${base}`;
  if (!octets.subarray(0, headerSize).equals(header(base))) {
    findings.push({ what: `The header of ${name} is damaged`, harmless: true });
  }
  let offset = headerSize;
  while (offset < octets.length) {
    const end = recordEnd(octets, offset);
    if (end > 0) {
      records.push(decodeRecord(octets.subarray(offset + recordHeadSize, end)));
      offset = end;
      continue;
    }
    const next = nextRecord(octets, offset + 1);
    findings.push(scanFinding(name, offset, next < 0));
    if (next < 0) break;
    offset = next;
  }
  return { records, findings };
}

function scanFinding(name: string, offset: number, isTail: boolean): JournalFinding {
  return isTail
    ? { what: `${name} ends in an incomplete record at offset ${offset}`, harmless: true }
    : { what: `${name} is damaged at offset ${offset}`, harmless: false };
}

/** Where the record at `offset` ends; 0 where there is no intact record. */
function recordEnd(octets: Buffer, offset: number): number {
  if (offset + recordHeadSize > octets.length) return 0;
  if (octets.compare(recordMagic, 0, 4, offset, offset + 4) !== 0) return 0;
  const end = offset + recordHeadSize + octets.readUInt32LE(offset + 4);
  if (end > octets.length) return 0;
  const payload = octets.subarray(offset + recordHeadSize, end);
  return crc32(payload) === octets.readUInt32LE(offset + 8) ? end : 0;
}

/** The next intact record behind damage, -1 where none follows. */
function nextRecord(octets: Buffer, from: number): number {
  let offset = octets.indexOf(recordMagic, from);
  while (offset >= 0 && recordEnd(octets, offset) === 0) {
    offset = octets.indexOf(recordMagic, offset + 1);
  }
  return offset;
}
