import { healthSlotCountMax } from "../../base/limits.ts";
import { isSuccess, Reason } from "../probes/reason.ts";

/**
 * What one location has found of all its checks, as it is published every half second, changed or
 * not. Its size depends on the highest slot alone.
 *
 * ```
 *   header   48 octets
 *     0 u32 "SPV1"         4 u32 list version (0: no list yet)   8 u32 record count
 *    12 u32 sequence       goes up by one with each table of a run
 *    16 u32 run            drawn at start: a checker that starts again begins a new run
 *    20 u32 checks         that it runs
 *    24 u32 probes/s       finished in the last second
 *    28 u32 lag ms         how late the latest of them began, against its schedule
 *    32 u32 under way      probes at this moment
 *    36 u32 flags          1: scripts are allowed; the others are 0
 *    40     8 octets reserved, 0
 *   records  28 octets each, index = slot
 *     0 u8  verdict   0 unknown, 1 unhealthy, 2 healthy (after the thresholds)
 *     1 u8  reason    of the last probe
 *     2 u16 detail
 *     4 u16 version   of the check
 *     6 u16 connectMs, 8 u16 tlsMs, 10 u16 firstByteMs   65535 and up are 65535
 *    12 u32 checkedAt unix seconds, 0 never
 *    16 u8  reason of the last failure, 17 u8 0, 18 u16 its detail, 20 u32 when (unix seconds)
 *    24 u32 results   probes finished since the run began
 * ```
 * Little-endian. The record of a slot without a check is all zeros.
 */
export const verdictHeaderSize = 48;
export const verdictRecordSize = 28;
/** "SPV1" */
const magic = 0x31565053;
const scriptsAllowedFlag = 1;

export const Verdict = { unknown: 0, unhealthy: 1, healthy: 2 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** One record, read. */
export type VerdictRecord = {
  verdict: Verdict;
  reason: Reason;
  detail: number;
  version: number;
  connectMs: number;
  tlsMs: number;
  firstByteMs: number;
  checkedAtSeconds: number;
  failure?: { reason: Reason; detail: number; atSeconds: number };
  results: number;
};

export type VerdictHeader = {
  listVersion: number;
  sequence: number;
  run: number;
  checkCount: number;
  probesPerSecond: number;
  lagMs: number;
  underWay: number;
  scriptsAllowed: boolean;
};

/** Octets that are no verdict table; the message says why. */
export class VerdictTableError extends Error {
  override name = "VerdictTableError";
}

/** Octets of the largest table there can be. */
export const verdictTableSizeMax = verdictHeaderSize + healthSlotCountMax * verdictRecordSize;

const knownReasons = new Uint8Array(256);
for (const reason of Object.values(Reason)) knownReasons[reason] = 1;

/** A verdict table to be read. It keeps the octets that it was given. */
export class VerdictTable {
  readonly header: VerdictHeader;
  /** Slots from 0 to here have a record; others are unknown. */
  readonly recordCount: number;
  readonly #view: DataView;

  private constructor(view: DataView) {
    this.#view = view;
    this.header = readHeader(view);
    this.recordCount = view.getUint32(8, true);
  }

  /**
   * Reads octets that may be anything: after this every look-up is safe and in range.
   * @throws VerdictTableError
   */
  static read(octets: Uint8Array): VerdictTable {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    checkHeader(view);
    const recordCount = view.getUint32(8, true);
    for (let slot = 0; slot < recordCount; slot++) checkRecord(view, slot);
    return new VerdictTable(view);
  }

  /** The list version of a table that is known to be one. */
  static listVersionOf(table: Uint8Array): number {
    return new DataView(table.buffer, table.byteOffset, verdictHeaderSize).getUint32(4, true);
  }

  /** Unknown for a slot beyond the table's end. */
  verdict(slot: number): Verdict {
    return slot < this.recordCount ? (this.#view.getUint8(offsetOf(slot)) as Verdict) : 0;
  }

  /** The version of the check that the slot's verdict is about. */
  version(slot: number): number {
    return slot < this.recordCount ? this.#view.getUint16(offsetOf(slot) + 4, true) : 0;
  }

  /** Undefined for a slot beyond the table's end, and for one that has no result yet. */
  record(slot: number): VerdictRecord | undefined {
    if (slot >= this.recordCount) return undefined;
    const view = this.#view;
    const at = offsetOf(slot);
    const results = view.getUint32(at + 24, true);
    if (results === 0) return undefined;
    const failedAtSeconds = view.getUint32(at + 20, true);
    const failure = {
      reason: view.getUint8(at + 16) as Reason,
      detail: view.getUint16(at + 18, true),
      atSeconds: failedAtSeconds,
    };
    return {
      verdict: view.getUint8(at) as Verdict,
      reason: view.getUint8(at + 1) as Reason,
      detail: view.getUint16(at + 2, true),
      version: view.getUint16(at + 4, true),
      connectMs: view.getUint16(at + 6, true),
      tlsMs: view.getUint16(at + 8, true),
      firstByteMs: view.getUint16(at + 10, true),
      checkedAtSeconds: view.getUint32(at + 12, true),
      ...(failedAtSeconds === 0 ? {} : { failure }),
      results,
    };
  }
}

/** A verdict table to be written: one piece of memory that is updated in place. */
export class VerdictTableWriter {
  readonly header: VerdictHeader;
  #octets = new Uint8Array(verdictHeaderSize);
  #view = new DataView(this.#octets.buffer);

  constructor(start: { run: number; scriptsAllowed: boolean }) {
    const counts = { listVersion: 0, sequence: 0, checkCount: 0 };
    this.header = { ...counts, probesPerSecond: 0, lagMs: 0, underWay: 0, ...start };
  }

  /** Gives room for slots below `recordCount`; records that stay keep what they hold. */
  resize(recordCount: number): void {
    const size = verdictHeaderSize + recordCount * verdictRecordSize;
    const octets = new Uint8Array(size);
    octets.set(this.#octets.subarray(0, size));
    this.#octets = octets;
    this.#view = new DataView(octets.buffer);
  }

  /** Empties a record: another check, or another version of it, begins. */
  clear(slot: number, version: number): void {
    const at = offsetOf(slot);
    this.#octets.fill(0, at, at + verdictRecordSize);
    this.#view.setUint16(at + 4, version, true);
  }

  verdict(slot: number): Verdict {
    return this.#view.getUint8(offsetOf(slot)) as Verdict;
  }

  /** Writes what the last probe found, and the verdict that it leads to. */
  write(slot: number, found: FoundResult): void {
    const view = this.#view;
    const at = offsetOf(slot);
    const detail = clamp16(found.detail);
    view.setUint8(at, found.verdict);
    view.setUint8(at + 1, found.reason);
    view.setUint16(at + 2, detail, true);
    view.setUint16(at + 6, clamp16(found.connectMs), true);
    view.setUint16(at + 8, clamp16(found.tlsMs), true);
    view.setUint16(at + 10, clamp16(found.firstByteMs), true);
    view.setUint32(at + 12, found.atSeconds, true);
    if (!isSuccess(found.reason)) {
      view.setUint8(at + 16, found.reason);
      view.setUint16(at + 18, detail, true);
      view.setUint32(at + 20, found.atSeconds, true);
    }
    view.setUint32(at + 24, Math.min(view.getUint32(at + 24, true) + 1, 0xffff_ffff), true);
  }

  /** A copy to be sent, the next of its run. */
  publish(): Uint8Array<ArrayBuffer> {
    this.header.sequence = (this.header.sequence + 1) >>> 0;
    writeHeader(this.#view, this.header);
    return this.#octets.slice();
  }
}

export type FoundResult = {
  verdict: Verdict;
  reason: Reason;
  detail: number;
  connectMs: number;
  tlsMs: number;
  firstByteMs: number;
  atSeconds: number;
};

function offsetOf(slot: number): number {
  return verdictHeaderSize + slot * verdictRecordSize;
}

/** Whole and within 16 bits, whatever a probe has measured. */
function clamp16(value: number): number {
  return value > 0 ? Math.min(Math.round(value), 0xffff) : 0;
}

function readHeader(view: DataView): VerdictHeader {
  return {
    listVersion: view.getUint32(4, true),
    sequence: view.getUint32(12, true),
    run: view.getUint32(16, true),
    checkCount: view.getUint32(20, true),
    probesPerSecond: view.getUint32(24, true),
    lagMs: view.getUint32(28, true),
    underWay: view.getUint32(32, true),
    scriptsAllowed: (view.getUint32(36, true) & scriptsAllowedFlag) !== 0,
  };
}

function writeHeader(view: DataView, header: VerdictHeader): void {
  view.setUint32(0, magic, true);
  view.setUint32(4, header.listVersion, true);
  view.setUint32(8, (view.byteLength - verdictHeaderSize) / verdictRecordSize, true);
  view.setUint32(12, header.sequence, true);
  view.setUint32(16, header.run, true);
  view.setUint32(20, header.checkCount, true);
  view.setUint32(24, header.probesPerSecond, true);
  view.setUint32(28, header.lagMs, true);
  view.setUint32(32, header.underWay, true);
  view.setUint32(36, header.scriptsAllowed ? scriptsAllowedFlag : 0, true);
}

function checkHeader(view: DataView): void {
  const size = view.byteLength;
  if (size < verdictHeaderSize) throw refusal(`${size} octets, header ${verdictHeaderSize}`);
  if (view.getUint32(0, true) !== magic) {
    throw refusal("it does not begin with SPV1, the only form known here");
  }
  const recordCount = view.getUint32(8, true);
  if (recordCount > healthSlotCountMax) {
    throw refusal(`${recordCount} records, limit ${healthSlotCountMax}`);
  }
  const wanted = verdictHeaderSize + recordCount * verdictRecordSize;
  if (size !== wanted) throw refusal(`${size} octets, ${recordCount} records need ${wanted}`);
  if (view.getUint32(20, true) > recordCount) throw refusal("more checks than records");
  const reserved = (view.getUint32(36, true) & ~scriptsAllowedFlag) | view.getUint32(40, true);
  if ((reserved | view.getUint32(44, true)) !== 0) throw refusal("its reserved octets are in use");
}

function checkRecord(view: DataView, slot: number): void {
  const at = offsetOf(slot);
  const refuse = (what: string): never => {
    throw refusal(`slot ${slot} has ${what}`);
  };
  const verdict = view.getUint8(at);
  const reason = view.getUint8(at + 1);
  const failure = view.getUint8(at + 16);
  if (verdict > Verdict.healthy) refuse(`verdict ${verdict}`);
  if (knownReasons[reason] === 0) refuse(`reason ${reason}`);
  if (knownReasons[failure] === 0 || isSuccess(failure as Reason)) refuse(`failure ${failure}`);
  if (view.getUint8(at + 17) !== 0) refuse("its reserved octet in use");
  const hasResult = view.getUint32(at + 24, true) !== 0;
  if (hasResult !== (reason !== Reason.none)) refuse(`reason ${reason} and no such result`);
  if (hasResult !== (view.getUint32(at + 12, true) !== 0)) refuse("a result without its time");
  if (!hasResult && verdict !== Verdict.unknown) refuse("a verdict and no result");
  const hasFailure = view.getUint32(at + 20, true) !== 0;
  if (hasFailure !== (failure !== Reason.none)) refuse("a failure without its time");
}

function refusal(state: string): VerdictTableError {
  return new VerdictTableError(`Cannot read verdict table: ${state}`);
}
