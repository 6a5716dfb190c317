import { TYPE } from "../wire/registries.ts";
import { secondsField, u32Field } from "./number-fields.ts";
import type { RdataType } from "./rdata-type.ts";
import { nameField } from "./text-fields.ts";

/** RFC 1035 §3.3.13; the minimum is the TTL of negative answers (RFC 2308 §4). */
export const soaType: RdataType = {
  type: TYPE.SOA,
  fields: [
    nameField("mname"),
    nameField("rname"),
    u32Field("serial"),
    secondsField("refresh"),
    secondsField("retry"),
    secondsField("expire"),
    secondsField("minimum"),
  ],
};
