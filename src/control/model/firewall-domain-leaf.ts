import { firewallLeafCountMax } from "../../base/limits.ts";

/**
 * A row of the table `firewallDomains`: names of a list in order, all of them up to `bound`, which
 * is its key, and above the bound of the leaf before. So a change of a few names writes a few
 * hundred, however long the list is.
 */
export type DomainLeaf = { bound: string; names: string[] };

/** Above every name. */
export const lastBound = "~";

/** Names in order, in leaves half full. */
export function leavesOf(names: readonly string[]): DomainLeaf[] {
  const size = firewallLeafCountMax / 2;
  const leaves: DomainLeaf[] = [];
  for (let at = 0; at < names.length; at += size) {
    const some = names.slice(at, at + size);
    const isLast = at + size >= names.length;
    leaves.push({ bound: isLast ? lastBound : (some.at(-1) ?? lastBound), names: some });
  }
  return leaves;
}

/** The leaf with these names too: itself, or several in its place, the last with its bound. */
export function withNames({ bound, names }: DomainLeaf, added: readonly string[]): DomainLeaf[] {
  const merged = [...new Set([...names, ...added])].toSorted(compareText);
  if (merged.length <= firewallLeafCountMax) return [{ bound, names: merged }];
  return leavesOf(merged).map((leaf) => (leaf.bound === lastBound ? { ...leaf, bound } : leaf));
}

/** Rows sort by octets; names are ASCII, so that is by characters. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
