/** 32 bits of a text (FNV-1a over its UTF-8), signed. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5 | 0;
  for (const octet of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ octet, 0x01000193);
  }
  return hash;
}
