import { aType, aaaaType } from "./address.ts";
import { caaType } from "./caa.ts";
import * as dnssec from "./dnssec.ts";
import * as keys from "./keys.ts";
import { locType } from "./loc.ts";
import * as names from "./names.ts";
import type { RdataType } from "./rdata-type.ts";
import { soaType } from "./soa.ts";
import { httpsType, svcbType } from "./svcb.ts";
import * as text from "./text.ts";

const all: readonly RdataType[] = [
  aType,
  aaaaType,
  caaType,
  dnssec.csyncType,
  dnssec.nsec3Type,
  dnssec.nsec3paramType,
  dnssec.nsecType,
  dnssec.rrsigType,
  dnssec.zonemdType,
  httpsType,
  keys.cdnskeyType,
  keys.cdsType,
  keys.certType,
  keys.dnskeyType,
  keys.dsType,
  keys.openpgpkeyType,
  keys.smimeaType,
  keys.sshfpType,
  keys.tlsaType,
  locType,
  names.afsdbType,
  names.cnameType,
  names.dnameType,
  names.kxType,
  names.minfoType,
  names.mxType,
  names.nsType,
  names.ptrType,
  names.rpType,
  names.rtType,
  names.srvType,
  soaType,
  svcbType,
  text.hinfoType,
  text.naptrType,
  text.spfType,
  text.txtType,
  text.uriType,
];

/** Every type that has a text form of its own, by its number. */
export const rdataTypes: ReadonlyMap<number, RdataType> = new Map(
  all.map((one) => [one.type, one] as const),
);
