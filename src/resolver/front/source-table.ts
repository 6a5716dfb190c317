import { assert } from "../../base/assert.ts";
import { formatCidr, networkOf, parseCidr } from "../../base/ip.ts";
import { cidrRanges } from "../../dataplane/policy/cidr-table.ts";
import type { OwnedBlock } from "../../dataplane/policy/cidr-table.ts";

/** Nobody's address. */
export const NO_OWNER = -1;

const ipv6Words = 4;

/**
 * Whose an address is: that of the longest block around it. Ranges by where they begin, in words
 * with the top bit turned over, so that signed comparison orders them.
 */
export class SourceTable {
  readonly #ipv4Starts: Int32Array;
  readonly #ipv4Owners: Int32Array;
  /** Four words a range. */
  readonly #ipv6Starts: Int32Array;
  readonly #ipv6Owners: Int32Array;

  /** @param blocks by owner; what two owners have alike is nobody's */
  constructor(blocks: readonly (readonly string[])[]) {
    const { ipv4, ipv6 } = ownedBlocks(blocks);
    const v4 = cidrRanges(ipv4, 32);
    const v6 = cidrRanges(ipv6, 128);
    this.#ipv4Starts = Int32Array.from(v4, ({ start }) => ordered(start));
    this.#ipv4Owners = Int32Array.from(v4, ({ branch }) => branch ?? NO_OWNER);
    this.#ipv6Starts = Int32Array.from(
      v6.flatMap(({ start }) => [96n, 64n, 32n, 0n].map((shift) => ordered(start >> shift))),
    );
    this.#ipv6Owners = Int32Array.from(v6, ({ branch }) => branch ?? NO_OWNER);
  }

  /** @param at offset of the address in the packet memory */
  ownerOfIpv4(packet: DataView, at: number): number {
    const starts = this.#ipv4Starts;
    const address = packet.getInt32(at) ^ topBit;
    let low = 0;
    // The first range begins at 0, so the last that does not begin after the address is there.
    for (let high = starts.length; high - low > 1;) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) <= address) low = middle;
      else high = middle;
    }
    return this.#ipv4Owners[low] as number;
  }

  ownerOfIpv6(packet: DataView, at: number): number {
    let low = 0;
    for (let high = this.#ipv6Owners.length; high - low > 1;) {
      const middle = (low + high) >>> 1;
      if (this.#beginsAfter(middle, packet, at)) high = middle;
      else low = middle;
    }
    return this.#ipv6Owners[low] as number;
  }

  #beginsAfter(range: number, packet: DataView, at: number): boolean {
    for (let i = 0; i < ipv6Words; i++) {
      const start = this.#ipv6Starts[range * ipv6Words + i] as number;
      const word = packet.getInt32(at + i * 4) ^ topBit;
      if (start !== word) return start > word;
    }
    return false;
  }
}

const topBit = 1 << 31;

function ordered(word: bigint): number {
  return Number(BigInt.asIntN(32, word)) ^ topBit;
}

function ownedBlocks(blocks: readonly (readonly string[])[]) {
  const owners = new Map<string, OwnedBlock>();
  for (const [owner, texts] of blocks.entries()) {
    for (const text of texts) {
      const parsed = parseCidr(text);
      assert(parsed, "the blocks of a view are CIDR blocks");
      const cidr = networkOf(parsed);
      const key = formatCidr(cidr);
      const before = owners.get(key);
      const branch = before && before.branch !== owner ? NO_OWNER : owner;
      owners.set(key, { cidr, branch });
    }
  }
  const all = [...owners.values()];
  return {
    ipv4: all.filter(({ cidr }) => cidr.address.length === 4),
    ipv6: all.filter(({ cidr }) => cidr.address.length === 16),
  };
}
