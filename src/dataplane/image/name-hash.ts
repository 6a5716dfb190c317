/**
 * The hash of names, label by label from the root, so that one pass over a name gives the hash of
 * each of its ancestors. It starts from a seed drawn at start, which whoever may add names does not
 * know; a hit is always confirmed by comparing the names.
 */

/**
 * Goes on from the hash of a name to that of its child.
 * @param hash of the parent; the seed for the root's children
 * @param octets holds the label, length octet first, in lower case
 * @param start offset of the length octet
 * @returns 32 bits, signed
 */
export function hashLabel(hash: number, octets: Uint8Array, start: number): number {
  const end = start + 1 + (octets[start] as number);
  let h = hash;
  for (let i = start; i < end; i++) h = Math.imul(h ^ (octets[i] as number), 0x9e3779b1);
  // Multiplication carries upwards only; the next label and the slot's tag need low bits too.
  return h ^ (h >>> 15);
}
