import { TYPE } from "../wire/registries.ts";
import { u16Field } from "./number-fields.ts";
import type { RdataType } from "./rdata-type.ts";
import { nameField } from "./text-fields.ts";

/** Types that hold domain names and little else. */

/** RFC 1035 §3.3.11. */
export const nsType: RdataType = {
  type: TYPE.NS,
  fields: [nameField("name-server")],
  singleWord: true,
};

/** RFC 1035 §3.3.1. */
export const cnameType: RdataType = {
  type: TYPE.CNAME,
  fields: [nameField("target")],
  singleWord: true,
};

/** RFC 1035 §3.3.7. */
export const minfoType: RdataType = {
  type: TYPE.MINFO,
  fields: [nameField("responsible-mailbox"), nameField("error-mailbox")],
};

/** RFC 1183 §3.3. */
export const rtType: RdataType = {
  type: TYPE.RT,
  fields: [u16Field("preference"), nameField("intermediate-host")],
};

/** RFC 1035 §3.3.12. */
export const ptrType: RdataType = {
  type: TYPE.PTR,
  fields: [nameField("target")],
  singleWord: true,
};

/** RFC 6672 §2.1. */
export const dnameType: RdataType = {
  type: TYPE.DNAME,
  fields: [nameField("target")],
  singleWord: true,
};

/** RFC 1035 §3.3.9. */
export const mxType: RdataType = {
  type: TYPE.MX,
  fields: [u16Field("preference"), nameField("exchange")],
};

/** RFC 1183 §1. */
export const afsdbType: RdataType = {
  type: TYPE.AFSDB,
  fields: [u16Field("subtype"), nameField("hostname")],
};

/** RFC 2230 §3.1. */
export const kxType: RdataType = {
  type: TYPE.KX,
  fields: [u16Field("preference"), nameField("exchanger")],
};

/** RFC 1183 §2.2. */
export const rpType: RdataType = {
  type: TYPE.RP,
  fields: [nameField("mailbox"), nameField("text-name")],
};

/** RFC 2782. */
export const srvType: RdataType = {
  type: TYPE.SRV,
  fields: [u16Field("priority"), u16Field("weight"), u16Field("port"), nameField("target")],
};
