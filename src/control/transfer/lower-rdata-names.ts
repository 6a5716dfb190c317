import { nameLayout } from "../../dns/wire/rdata-names.ts";

/**
 * RDATA with the names in it in lower case, for comparison (RFC 2181 §5, RFC 4034 §6.2). Types
 * whose RDATA has no names are returned as they are.
 * @param rdata valid RDATA of the type, uncompressed
 */
export function lowerRdataNames(type: number, rdata: Uint8Array): Uint8Array {
  const layout = nameLayout(type);
  if (!layout) return rdata;
  const lowered = Uint8Array.from(rdata);
  let at = layout.fixedSize;
  for (let i = 0; i < layout.stringCount; i++) at += (lowered[at] as number) + 1;
  for (let i = 0; i < layout.nameCount; i++) at = lowerNameAt(lowered, at);
  return lowered;
}

/** @returns the offset after the name */
function lowerNameAt(octets: Uint8Array, start: number): number {
  let at = start;
  for (let size = octets[at++] as number; size !== 0; size = octets[at++] as number) {
    for (const end = at + size; at < end; at++) {
      const octet = octets[at] as number;
      if (octet >= 0x41 && octet <= 0x5a) octets[at] = octet | 0x20;
    }
  }
  return at;
}
