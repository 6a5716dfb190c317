import { labelCountMax, labelSizeMax, nameSizeMax } from "../../base/limits.ts";
import { hashLabel } from "./name-hash.ts";
import type { ZoneView } from "./zone-image.ts";

/** A name on its way into an image: lower case, split in labels, hashed. Reused from name to name. */
export class ImageName {
  /** The name in lower case, root label included. */
  readonly octets = new Uint8Array(nameSizeMax + 3);
  readonly data = new DataView(this.octets.buffer);
  size = 0;
  /** Labels below the apex: 0 for the apex itself. */
  depth = 0;
  /** Octets of the labels below the apex. */
  relativeSize = 0;
  /** Offset of the label that begins the suffix with as many labels below the apex as the index. */
  readonly start = new Uint8Array(labelCountMax + 1);
  /** Hash of the same suffix. */
  readonly hash = new Int32Array(labelCountMax + 1);
  readonly #labels = new Uint8Array(labelCountMax + 1);

  /**
   * Takes a name.
   * @param name wire form, uncompressed, at `offset`
   * @returns false where it is no name at or below the zone's apex
   */
  load(zone: ZoneView, name: Uint8Array, offset = 0): boolean {
    const labelCount = this.#copyLabels(name, offset);
    this.depth = labelCount - zone.apexLabelCount;
    this.relativeSize = this.size - zone.apexSize;
    if (labelCount < 0 || this.depth < 0 || !this.#endsInApex(zone)) return false;
    let hash = zone.apexHash;
    this.start[0] = this.relativeSize;
    this.hash[0] = hash;
    for (let depth = 1; depth <= this.depth; depth++) {
      const start = this.#labels[this.depth - depth] as number;
      hash = hashLabel(hash, this.data, start);
      this.start[depth] = start;
      this.hash[depth] = hash;
    }
    return true;
  }

  /** Whether the first label of the suffix of that depth is `*`. */
  isWildcardAt(depth: number): boolean {
    const start = this.start[depth] as number;
    return this.octets[start] === 1 && this.octets[start + 1] === 0x2a;
  }

  /** Whether the name is another. */
  differsFrom(name: Uint8Array): boolean {
    if (name.length !== this.size) return true;
    for (let i = 0; i < name.length; i++) {
      if (lowerOctet(name[i] as number) !== this.octets[i]) return true;
    }
    return false;
  }

  #copyLabels(name: Uint8Array, offset: number): number {
    let count = 0;
    let at = offset;
    for (;;) {
      const labelSize = name[at];
      if (labelSize === undefined || labelSize > labelSizeMax) return -1;
      const next = at + 1 + labelSize;
      if (next - offset > nameSizeMax || next > name.length) return -1;
      this.#labels[count] = at - offset;
      for (; at < next; at++) this.octets[at - offset] = lowerOctet(name[at] as number);
      if (labelSize === 0) {
        this.size = at - offset;
        return count;
      }
      count++;
    }
  }

  #endsInApex(zone: ZoneView): boolean {
    if (this.#labels[this.depth] !== this.relativeSize) return false;
    const apex = zone.apexOffset;
    for (let i = 0; i < zone.apexSize; i++) {
      if (zone.octets[apex + i] !== this.octets[this.relativeSize + i]) return false;
    }
    return true;
  }
}

/** The octet, a capital letter in lower case (RFC 4343 §3). Length octets are never capitals. */
export function lowerOctet(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}
