import { assert } from "../../base/assert.ts";
import { healthSlotCountMax, loadSlotCountMax } from "../../base/limits.ts";

/**
 * What is up and how loaded it is, by slot, in shared memory: written by one thread, read by all
 * answering workers as it changes.
 *
 * ```
 *   loads    i32 × loadSlotCountMax      0 or more, in the unit its metric is reported in
 *   health   u8 × healthSlotCountMax     1 healthy, 0 unhealthy; slot 0 is always healthy
 * ```
 *
 * A slot that nobody has written is healthy and without load.
 */
export class StatusTable {
  readonly buffer: SharedArrayBuffer;
  readonly health: Uint8Array;
  readonly loads: Int32Array;

  /** @param buffer another thread's table; none: a new one */
  constructor(buffer?: SharedArrayBuffer) {
    const loadsSize = loadSlotCountMax * 4;
    this.buffer = buffer ?? new SharedArrayBuffer(loadsSize + healthSlotCountMax);
    assert(this.buffer.byteLength === loadsSize + healthSlotCountMax, "a status table's size");
    this.loads = new Int32Array(this.buffer, 0, loadSlotCountMax);
    this.health = new Uint8Array(this.buffer, loadsSize);
    if (!buffer) this.health.fill(1);
  }

  /** @param slot 1 or more */
  setHealthy(slot: number, isHealthy: boolean): void {
    assert(slot > 0 && slot < healthSlotCountMax, "a health slot");
    this.health[slot] = isHealthy ? 1 : 0;
  }

  /** @param load kept as a whole number, 0–2^28−1 */
  setLoad(slot: number, load: number): void {
    assert(slot >= 0 && slot < loadSlotCountMax, "a load slot");
    this.loads[slot] = Math.min(Math.max(Math.round(load), 0), 0xfff_ffff);
  }
}
