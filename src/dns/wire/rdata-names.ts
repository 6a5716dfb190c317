import { skipName } from "./name.ts";
import { TYPE } from "./registries.ts";

/**
 * Where domain names lie in the RDATA of a type, for the sake of compression: octets to skip
 * before each run of names, character strings to skip after them, and the number of names.
 */
export type NameLayout = {
  readonly fixedSize: number;
  readonly stringCount: number;
  readonly nameCount: number;
  /** Whether a sender may compress them: only in types of RFC 1035 (RFC 3597 §4). */
  readonly compressible: boolean;
};

function layout(fixedSize: number, nameCount: number, stringCount = 0): NameLayout {
  return { fixedSize, nameCount, stringCount, compressible: false };
}

function compressible(fixedSize: number, nameCount: number): NameLayout {
  return { fixedSize, nameCount, stringCount: 0, compressible: true };
}

/** The types whose names a receiver must decompress (RFC 3597 §4), senders' sins included. */
const layouts = new Map<number, NameLayout>([
  [TYPE.NS, compressible(0, 1)],
  [TYPE.MD, compressible(0, 1)],
  [TYPE.MF, compressible(0, 1)],
  [TYPE.CNAME, compressible(0, 1)],
  [TYPE.SOA, compressible(0, 2)],
  [TYPE.MB, compressible(0, 1)],
  [TYPE.MG, compressible(0, 1)],
  [TYPE.MR, compressible(0, 1)],
  [TYPE.PTR, compressible(0, 1)],
  [TYPE.MINFO, compressible(0, 2)],
  [TYPE.MX, compressible(2, 1)],
  [TYPE.RP, layout(0, 2)],
  [TYPE.AFSDB, layout(2, 1)],
  [TYPE.RT, layout(2, 1)],
  [TYPE.SIG, layout(18, 1)],
  [TYPE.PX, layout(2, 2)],
  [TYPE.NXT, layout(0, 1)],
  [TYPE.NAPTR, layout(4, 1, 3)],
  [TYPE.SRV, layout(6, 1)],
  [TYPE.DNAME, layout(0, 1)],
]);

/** The layout of a type whose names may arrive compressed; `undefined` for all others. */
export function nameLayout(type: number): NameLayout | undefined {
  return layouts.get(type);
}

/**
 * Offsets of the names in RDATA that a sender may compress (RFC 3597 §4): those of NS, CNAME, PTR,
 * MX, SOA and the other types of RFC 1035; none for any other type.
 * @param rdata valid RDATA of the type, uncompressed
 */
export function rdataNames(type: number, rdata: Uint8Array): number[] {
  const found = layouts.get(type);
  if (!found?.compressible) return [];
  const offsets: number[] = [];
  let offset = found.fixedSize;
  for (let i = 0; i < found.nameCount; i++) {
    offsets.push(offset);
    offset = skipName(rdata, offset);
  }
  return offsets;
}
