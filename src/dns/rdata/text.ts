import { TYPE } from "../wire/registries.ts";
import { u16Field } from "./number-fields.ts";
import type { RdataType } from "./rdata-type.ts";
import {
  characterStringField,
  characterStringsField,
  longStringField,
  nameField,
} from "./text-fields.ts";

/** RFC 1035 §3.3.14. */
export const txtType: RdataType = { type: TYPE.TXT, fields: [characterStringsField("text")] };

/** RFC 4408 §3.1.1. */
export const spfType: RdataType = { type: TYPE.SPF, fields: [characterStringsField("text")] };

/** RFC 1035 §3.3.2. */
export const hinfoType: RdataType = {
  type: TYPE.HINFO,
  fields: [characterStringField("cpu"), characterStringField("os")],
};

/** RFC 3403 §4. */
export const naptrType: RdataType = {
  type: TYPE.NAPTR,
  fields: [
    u16Field("order"),
    u16Field("preference"),
    characterStringField("flags"),
    characterStringField("service"),
    characterStringField("regexp"),
    nameField("replacement"),
  ],
};

/** RFC 7553 §4.5. */
export const uriType: RdataType = {
  type: TYPE.URI,
  fields: [u16Field("priority"), u16Field("weight"), longStringField("target")],
  check: (rdata) => (rdata.length > 4 ? undefined : "target is empty"),
};
