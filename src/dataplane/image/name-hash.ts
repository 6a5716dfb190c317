/**
 * The hash of names, label by label from the root, so that one pass over a name gives the hash of
 * each of its ancestors. It starts from a seed drawn at start, which whoever may add names does not
 * know; a hit is always confirmed by comparing the names.
 */

/**
 * Goes on from the hash of a name to that of its child, word by word.
 * @param hash of the parent; the seed for the root's children
 * @param data holds the label, length octet first, in lower case; up to 3 octets after it are read
 * @param start offset of the length octet
 * @returns 32 bits, signed
 */
export function hashLabel(hash: number, data: DataView, start: number): number {
  const end = start + 1 + data.getUint8(start);
  let h = hash;
  let at = start;
  for (; at + 4 <= end; at += 4) h = mix(h, data.getInt32(at, true));
  const unused = (4 - (end - at)) << 3;
  return unused === 32 ? h : mix(h, (data.getInt32(at, true) << unused) >>> unused);
}

/** The same of a label that may have capitals. */
export function hashLabelOfAnyCase(hash: number, data: DataView, start: number): number {
  const end = start + 1 + data.getUint8(start);
  let h = hash;
  let at = start;
  for (; at + 4 <= end; at += 4) h = mix(h, lowerWord(data.getInt32(at, true)));
  const unused = (4 - (end - at)) << 3;
  if (unused === 32) return h;
  return mix(h, (lowerWord(data.getInt32(at, true)) << unused) >>> unused);
}

/** Four octets in lower case: length octets are never capitals. */
export function lowerWord(word: number): number {
  // In each octet the top bit tells: A or above, but not above Z, and below 128.
  const low = word & 0x7f7f7f7f;
  const upper = (low + 0x3f3f3f3f) & ~(low + 0x25252525) & ~word & 0x80808080;
  return word | (upper >>> 2);
}

/** Multiplication carries upwards only: the shift brings high bits back to where the rest sees them. */
function mix(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}
