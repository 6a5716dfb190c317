import { TYPE } from "../wire/registries.ts";
import type { Field } from "./field.ts";
import { mnemonicField, u16Field, u8Field } from "./number-fields.ts";
import { base64Field, hexField } from "./octet-fields.ts";
import type { RdataType } from "./rdata-type.ts";

/** Types that hold keys and digests. */

/** DNSSEC algorithm numbers by mnemonic (RFC 4034 appendix A.1 and IANA's registry). */
const algorithms = {
  DELETE: 0,
  RSAMD5: 1,
  DH: 2,
  DSA: 3,
  RSASHA1: 5,
  "DSA-NSEC3-SHA1": 6,
  "RSASHA1-NSEC3-SHA1": 7,
  RSASHA256: 8,
  RSASHA512: 10,
  "ECC-GOST": 12,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
};
/** A DNSSEC algorithm, by number or mnemonic. */
export const algorithmField = mnemonicField("algorithm", { bits: 8, values: algorithms });

/** RFC 4398 §2.1. */
const certificateTypes = {
  PKIX: 1,
  SPKI: 2,
  PGP: 3,
  IPKIX: 4,
  ISPKI: 5,
  IPGP: 6,
  ACPKIX: 7,
  IACPKIX: 8,
  URI: 253,
  OID: 254,
};

const dsFields: readonly Field[] = [
  u16Field("key-tag"),
  algorithmField,
  u8Field("digest-type"),
  hexField("digest"),
];

/** Octets of each digest type: SHA-1, SHA-256, GOST R 34.11-94, SHA-384. */
const dsDigestSizes: Readonly<Record<number, number>> = { 1: 20, 2: 32, 3: 32, 4: 48 };

function checkDs(rdata: Uint8Array): string | undefined {
  return checkDigest(dsDigestSizes[rdata[3] as number], rdata.length - 4);
}

function checkDigest(want: number | undefined, size: number): string | undefined {
  if (want === undefined || want === size) return undefined;
  return `digest has the wrong size: ${size} octets, its type has ${want}`;
}

/** RFC 4034 §5. */
export const dsType: RdataType = { type: TYPE.DS, fields: dsFields, check: checkDs };

/** RFC 7344 §3.1; `0 0 0 00` asks for removal (RFC 8078 §4). */
export const cdsType: RdataType = { type: TYPE.CDS, fields: dsFields, check: checkDs };

const dnskeyFields: readonly Field[] = [
  u16Field("flags"),
  u8Field("protocol"),
  algorithmField,
  base64Field("public-key"),
];

/** RFC 4034 §2. */
export const dnskeyType: RdataType = { type: TYPE.DNSKEY, fields: dnskeyFields };

/** RFC 7344 §3.2. */
export const cdnskeyType: RdataType = { type: TYPE.CDNSKEY, fields: dnskeyFields };

const certificateAssociationFields: readonly Field[] = [
  u8Field("usage"),
  u8Field("selector"),
  u8Field("matching-type"),
  hexField("certificate-association-data"),
];

/** RFC 6698 §2. */
export const tlsaType: RdataType = { type: TYPE.TLSA, fields: certificateAssociationFields };

/** RFC 8162 §2. */
export const smimeaType: RdataType = { type: TYPE.SMIMEA, fields: certificateAssociationFields };

/** Octets of each fingerprint type: SHA-1 (RFC 4255), SHA-256 (RFC 6594). */
const sshfpSizes: Readonly<Record<number, number>> = { 1: 20, 2: 32 };

/** RFC 4255 §3. */
export const sshfpType: RdataType = {
  type: TYPE.SSHFP,
  fields: [u8Field("algorithm"), u8Field("fingerprint-type"), hexField("fingerprint")],
  check: (rdata) => checkDigest(sshfpSizes[rdata[1] as number], rdata.length - 2),
};

/** RFC 4398 §2. */
export const certType: RdataType = {
  type: TYPE.CERT,
  fields: [
    mnemonicField("certificate-type", { bits: 16, values: certificateTypes }),
    u16Field("key-tag"),
    algorithmField,
    base64Field("certificate"),
  ],
};

/** RFC 7929 §2. */
export const openpgpkeyType: RdataType = {
  type: TYPE.OPENPGPKEY,
  fields: [base64Field("public-key")],
};
