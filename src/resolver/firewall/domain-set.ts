import { writeName } from "../../dns/wire/name.ts";
import { everyDomain } from "../../control/model/firewall-domain.ts";
import { SuffixHashes } from "./suffix-hashes.ts";

/** The name alone, or every name below it. */
export const MATCHES = { ITSELF: 0, BELOW: 1 } as const;

let nextNumber = 0;

/**
 * The names of a domain list, in two typed arrays: 16 to 32 octets and the name's own for each.
 *
 * ```
 * slots  hash, place   power of two of pairs, at most half of them in use; open addressing
 *                      place: 0 unused, else 2 × (offset in names + 1) + MATCHES
 * names  wire form, lower case, one after the other
 * ```
 */
export class DomainSet {
  /** Its own among all there are. */
  readonly number = nextNumber++;
  /** Whether the list has `*`: every name matches. */
  readonly matchesAll: boolean;
  readonly #slots: Uint32Array;
  readonly #mask: number;
  readonly #names: Uint8Array;

  /** @param lines as normaliseFirewallDomain() makes them */
  constructor(lines: readonly string[]) {
    let size = 0;
    for (const line of lines) size += line.length + 1;
    const pairs = 2 ** Math.ceil(Math.log2(2 * lines.length + 2));
    this.#mask = pairs - 1;
    this.#slots = new Uint32Array(2 * pairs);
    // writeName() wants room for the longest name.
    this.#names = new Uint8Array(size + 256);
    const suffixes = new SuffixHashes();
    let matchesAll = false;
    let offset = 0;
    for (const line of lines) {
      if (line === everyDomain) matchesAll = true;
      else offset = this.#add(line, offset, suffixes);
    }
    this.matchesAll = matchesAll;
  }

  matches(suffixes: SuffixHashes): boolean {
    if (this.matchesAll) return true;
    if (suffixes.count === 0) return false;
    if (this.#find(suffixes, 0, MATCHES.ITSELF)) return true;
    for (let i = 1; i < suffixes.count; i++) {
      if (this.#find(suffixes, i, MATCHES.BELOW)) return true;
    }
    return false;
  }

  /** Calls `f` with the hash of each line and what it matches. */
  eachHash(f: (hash: number, matches: number) => void): void {
    const slots = this.#slots;
    for (let at = 0; at < slots.length; at += 2) {
      const place = slots[at + 1] as number;
      if (place !== 0) f(slots[at] as number, place & 1);
    }
  }

  /** @returns the offset after the name */
  #add(line: string, offset: number, suffixes: SuffixHashes): number {
    const matches = line.startsWith("*.") ? MATCHES.BELOW : MATCHES.ITSELF;
    const names = this.#names;
    const end = writeName(names, offset, matches === MATCHES.BELOW ? line.slice(2) : line, {});
    suffixes.fillAt(names, offset, end);
    if (this.#find(suffixes, 0, matches)) return offset;
    const hash = suffixes.hashes[0] as number;
    let slot = hash & this.#mask;
    while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[2 * slot] = hash;
    this.#slots[2 * slot + 1] = 2 * (offset + 1) + matches;
    return end;
  }

  #find(suffixes: SuffixHashes, index: number, matches: number): boolean {
    const slots = this.#slots;
    const hash = suffixes.hashes[index] as number;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const place = slots[2 * slot + 1] as number;
      if (place === 0) return false;
      if (slots[2 * slot] !== hash || (place & 1) !== matches) continue;
      if (this.#hasAt((place >>> 1) - 1, suffixes, index)) return true;
    }
  }

  #hasAt(place: number, { octets, start, end, offsets }: SuffixHashes, index: number): boolean {
    const names = this.#names;
    for (let at = start + (offsets[index] as number), i = place; at < end; at++, i++) {
      if (names[i] !== octets[at]) return false;
    }
    return true;
  }
}
