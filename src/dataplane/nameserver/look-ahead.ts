import { labelCountMax, labelSizeMax, nameSizeMax, udpBatchCountMax } from "../../base/limits.ts";
import { firstSlot } from "../image/find-node.ts";
import { hashLabelOfAnyCase } from "../image/name-hash.ts";
import type { ZoneView } from "../image/zone-image.ts";
import type { QueryContext } from "./query-context.ts";

const messageHeaderSize = 12;
/** A node with an address reaches into the next line of 16 words more often than not. */
const nextLine = 8;
/** Batches without it after one in which it was of no use. */
const restBatchCount = 63;

/**
 * Reads what the queries of a batch will be answered from before the first is answered, so that the
 * processor fetches it for all of them at the same time. Else each answer waits for its name's slot,
 * then for its node: in a zone too large for the nearest caches that is a third of all work on a
 * query (measured: bench/cpu-per-query.ts, 5 % of a query by sockets, 8 % by XDP).
 *
 * It is a guess: that names are in the zone that answered last. A wrong one costs its time alone, and
 * where most are wrong, as with thousands of zones asked in turn, it rests for a while.
 */
export class LookAhead {
  /** By query announced: its first slot, then the node that leads to. */
  readonly found = new Int32Array(udpBatchCountMax);
  /** What was read; kept so that reading is not left out as useless. */
  sum = 0;
  readonly #labels = new Int32Array(labelCountMax + 1);
  #announced = 0;
  #isFetched = false;
  #zone: ZoneView | undefined = undefined;
  #right = 0;
  #restLeft = 0;

  /** Takes note of a query of the next batch, `queryOffset` octets into the packet memory. */
  announce(context: QueryContext, queryOffset: number): void {
    if (this.#isFetched) this.#begin(context);
    const zone = this.#zone;
    if (zone === undefined || this.#restLeft > 0 || this.#announced === udpBatchCountMax) return;
    this.found[this.#announced++] = this.#slotOf(context, zone, queryOffset + messageHeaderSize);
  }

  /** Reads for all that was announced; to be called before each query is answered. */
  fetch(): void {
    if (this.#isFetched) return;
    this.#isFetched = true;
    const zone = this.#zone;
    if (zone === undefined) return;
    const { words, offsetMask } = zone;
    const { found } = this;
    const count = this.#announced;
    const end = words.length - nextLine;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      found[i] = (words[found[i] as number] as number) & offsetMask;
    }
    for (let i = 0; i < count; i++) {
      const node = found[i] as number;
      sum ^= words[node] as number;
      if (node < end) sum ^= words[node + nextLine] as number;
    }
    this.sum = sum;
  }

  /** Learns which zone a query was answered from. */
  learn(context: QueryContext): void {
    if (context.zone === this.#zone) this.#right++;
  }

  #begin(context: QueryContext): void {
    if (this.#restLeft > 0) this.#restLeft--;
    else if (this.#right * 2 < this.#announced) this.#restLeft = restBatchCount;
    this.#announced = 0;
    this.#right = 0;
    this.#isFetched = false;
    this.#zone = context.zone;
  }

  /** The slot where the search for a name begins; of what is no name, any. */
  #slotOf(context: QueryContext, zone: ZoneView, start: number): number {
    const { packet, view } = context;
    const labels = this.#labels;
    const last = start + nameSizeMax;
    let count = 0;
    let at = start;
    for (let size = packet[at] as number; size !== 0 && at < last; size = packet[at] as number) {
      if (size > labelSizeMax || count === labelCountMax) break;
      labels[count++] = at;
      at += size + 1;
    }
    const apex = at + 1 - zone.apexSize;
    while (count > 0 && (labels[count - 1] as number) >= apex) count--;
    let hash = zone.apexHash;
    while (count > 0) hash = hashLabelOfAnyCase(hash, view, labels[--count] as number);
    return firstSlot(zone, hash);
  }
}
