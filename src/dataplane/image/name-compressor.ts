import { TYPE } from "../../dns/wire/registries.ts";
import { type ImageName, lowerOctet } from "./image-name.ts";
import { BLOCK_POINTER_MAX, FIXUP_BLOCK } from "./layout.ts";
import type { ZoneView } from "./zone-image.ts";

/** Types whose sets may point into themselves; they keep their order for it. */
const selfPointingTypes: ReadonlySet<number> = new Set([TYPE.NS, TYPE.MX, TYPE.SOA]);
/** Suffixes remembered of one set, so that a set of thousands of names takes no quadratic time. */
const suffixCountMax = 256;

/**
 * Compresses the names of one set's RDATA (RFC 1035 §4.1.4) against its owner name, whose place in a
 * message the name server knows, and against each other. Pointers are left as holes with a fixup.
 */
export class NameCompressor {
  /** Fixups of the set, as layout.ts has them. */
  readonly fixups: number[] = [];
  /** Whether a name points to another of the set. */
  isFixedOrder = false;

  #apexSize = 0;
  #wireStart = 0;
  /** Labels below the apex of the longest suffix that is surely in the query's name. */
  #depth = 0;
  #owner: ImageName | undefined;
  #isSelfPointing = false;
  /** Offsets of suffixes written so far, and their sizes when not compressed. */
  readonly #suffixAt: number[] = [];
  readonly #suffixes: Uint8Array[] = [];

  /**
   * Begins a set.
   * @param wireStart offset of its first record in the memory given to `write`
   */
  begin(zone: ZoneView, owner: ImageName, type: number, wireStart: number): void {
    this.fixups.length = 0;
    this.isFixedOrder = false;
    this.#suffixAt.length = 0;
    this.#suffixes.length = 0;
    this.#apexSize = zone.apexSize;
    this.#wireStart = wireStart;
    this.#owner = owner;
    this.#isSelfPointing = selfPointingTypes.has(type);
    // The asterisk of a wildcard is not in the names it answers for.
    this.#depth =
      owner.depth > 0 && owner.isWildcardAt(owner.depth) ? owner.depth - 1 : owner.depth;
  }

  /**
   * Writes a name, compressed.
   * @param name holds it, uncompressed and valid, at `offset`
   * @returns the offset in `out` after it
   */
  write(name: Uint8Array, offset: number, out: Uint8Array, at: number): number {
    let read = offset;
    let written = at;
    const end = endOfName(name, offset);
    const suffixesBefore = this.#suffixAt.length;
    for (let size = name[read] as number; size > 0; size = name[read] as number) {
      const target = this.#findTarget(name, read, end, suffixesBefore);
      if (target >= 0) {
        this.fixups.push((written - this.#wireStart) | (target << 16));
        if (target >= FIXUP_BLOCK) this.isFixedOrder = true;
        out[written] = 0xc0;
        out[written + 1] = 0;
        return written + 2;
      }
      if (this.#isSelfPointing && this.#suffixAt.length < suffixCountMax) {
        this.#suffixAt.push(written - this.#wireStart);
        this.#suffixes.push(name.subarray(read, end));
      }
      for (const next = read + size + 1; read < next;) out[written++] = name[read++] as number;
    }
    out[written] = 0;
    return written + 1;
  }

  /** @returns the fixup's pointer target, −1 if the suffix has to be written */
  #findTarget(name: Uint8Array, start: number, end: number, suffixCount: number): number {
    const owner = this.#owner as ImageName;
    const size = end - start;
    if (size < this.#apexSize && !this.#isSelfPointing) return -1;
    for (let depth = this.#depth; depth >= 0; depth--) {
      const suffix = owner.start[depth] as number;
      if (owner.size - suffix === size && equal(name, start, owner.octets, suffix, size)) {
        return depth;
      }
    }
    for (let i = 0; i < suffixCount; i++) {
      const suffix = this.#suffixes[i] as Uint8Array;
      const at = this.#suffixAt[i] as number;
      if (suffix.length === size && at <= BLOCK_POINTER_MAX) {
        if (equal(name, start, suffix, 0, size)) return FIXUP_BLOCK | at;
      }
    }
    return -1;
  }
}

function endOfName(name: Uint8Array, offset: number): number {
  let at = offset;
  for (let size = name[at] as number; size > 0; size = name[at] as number) at += size + 1;
  return at + 1;
}

function equal(
  a: Uint8Array,
  aStart: number,
  b: Uint8Array,
  bStart: number,
  size: number,
): boolean {
  for (let i = 0; i < size; i++) {
    if (lowerOctet(a[aStart + i] as number) !== lowerOctet(b[bStart + i] as number)) return false;
  }
  return true;
}
