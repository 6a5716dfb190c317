import { RCODE, TYPE } from "../../dns/wire/registries.ts";

/** The registries' numbers that the packet path compares with, as constants of their own. */
export const NOERROR = RCODE.NOERROR;
export const FORMERR = RCODE.FORMERR;
export const NXDOMAIN = RCODE.NXDOMAIN;
export const NOTIMP = RCODE.NOTIMP;
export const REFUSED = RCODE.REFUSED;
export const YXDOMAIN = RCODE.YXDOMAIN;
export const BADVERS = RCODE.BADVERS;

/** Result of an answering step that is no response code: go on with `context.nextPosition`. */
export const FOLLOW = -1;

export const A = TYPE.A;
export const NS = TYPE.NS;
export const CNAME = TYPE.CNAME;
export const AAAA = TYPE.AAAA;
export const DNAME = TYPE.DNAME;
export const OPT = TYPE.OPT;
export const DS = TYPE.DS;
export const IXFR = TYPE.IXFR;
export const AXFR = TYPE.AXFR;
export const MAILB = TYPE.MAILB;
export const MAILA = TYPE.MAILA;
export const ANY = TYPE.ANY;

/** Bits of the third octet of a header (RFC 1035 §4.1.1). */
export const QR = 0x80;
export const AA = 0x04;
export const TC = 0x02;
export const RD = 0x01;
/** Of the fourth (RFC 1035 §4.1.1, RFC 4035 §3.1.6). */
export const RA = 0x80;
export const AD = 0x20;
export const CD = 0x10;
