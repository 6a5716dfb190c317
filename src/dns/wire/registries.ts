/** IANA's registries of DNS parameters, as far as Signpost names them. */

/** RR types and QTYPEs by mnemonic. */
export const TYPE = {
  A: 1,
  NS: 2,
  MD: 3,
  MF: 4,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  NULL: 10,
  WKS: 11,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  X25: 19,
  ISDN: 20,
  RT: 21,
  NSAP: 22,
  "NSAP-PTR": 23,
  SIG: 24,
  KEY: 25,
  PX: 26,
  GPOS: 27,
  AAAA: 28,
  LOC: 29,
  NXT: 30,
  EID: 31,
  NIMLOC: 32,
  SRV: 33,
  ATMA: 34,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  A6: 38,
  DNAME: 39,
  SINK: 40,
  OPT: 41,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  IPSECKEY: 45,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  HIP: 55,
  NINFO: 56,
  RKEY: 57,
  TALINK: 58,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  DSYNC: 66,
  SPF: 99,
  NID: 104,
  L32: 105,
  L64: 106,
  LP: 107,
  EUI48: 108,
  EUI64: 109,
  NXNAME: 128,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  URI: 256,
  CAA: 257,
  AVC: 258,
  DOA: 259,
  AMTRELAY: 260,
  RESINFO: 261,
  WALLET: 262,
  TA: 32768,
  DLV: 32769,
} as const;

export const CLASS = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const;

export const OPCODE = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5, DSO: 6 } as const;

/** Response codes; those above 15 need an OPT record to be expressed (RFC 6891 §6.1.3). */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;

/** EDNS option codes. */
export const EDNS_OPTION = {
  NSID: 3,
  CLIENT_SUBNET: 8,
  EXPIRE: 9,
  COOKIE: 10,
  TCP_KEEPALIVE: 11,
  PADDING: 12,
  EXTENDED_ERROR: 15,
} as const;

const typeTexts = new Map<number, string>(
  Object.entries(TYPE).map(([text, value]) => [value, text] as const),
);
const typeValues = new Map<string, number>(Object.entries(TYPE));

/** The mnemonic of an RR type, or `TYPEnnn` (RFC 3597 §5). */
export function typeToText(type: number): string {
  return typeTexts.get(type) ?? `TYPE${type}`;
}

/** The RR type of a mnemonic or of `TYPEnnn`, in any case; `undefined` if it is neither. */
export function typeFromText(text: string): number | undefined {
  const known = typeValues.get(text);
  if (known !== undefined) return known;
  const upper = text.toUpperCase();
  return typeValues.get(upper) ?? numberAfter(upper, "TYPE");
}

const classTexts = new Map<number, string>(
  Object.entries(CLASS).map(([text, value]) => [value, text] as const),
);
const classValues = new Map<string, number>(Object.entries(CLASS));

/** The mnemonic of a class, or `CLASSnnn` (RFC 3597 §5). */
export function classToText(value: number): string {
  return classTexts.get(value) ?? `CLASS${value}`;
}

/** The class of a mnemonic or of `CLASSnnn`, in any case; `undefined` if it is neither. */
export function classFromText(text: string): number | undefined {
  const upper = text.toUpperCase();
  return classValues.get(upper) ?? numberAfter(upper, "CLASS");
}

const rcodeTexts = new Map<number, string>(
  Object.entries(RCODE).map(([text, value]) => [value, text] as const),
);

/** The mnemonic of a response code, or `RCODEnn`. */
export function rcodeToText(rcode: number): string {
  return rcodeTexts.get(rcode) ?? `RCODE${rcode}`;
}

function numberAfter(text: string, prefix: string): number | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const digits = text.slice(prefix.length);
  if (!/^\d{1,5}$/.test(digits)) return undefined;
  const value = Number(digits);
  return value <= 0xffff ? value : undefined;
}
