import { TYPE } from "../wire/registries.ts";
import { ipv4Field, ipv6Field } from "./address-fields.ts";
import type { RdataType } from "./rdata-type.ts";

/** RFC 1035 §3.4.1. */
export const aType: RdataType = { type: TYPE.A, fields: [ipv4Field("address")], singleWord: true };

/** RFC 3596 §2.2. */
export const aaaaType: RdataType = {
  type: TYPE.AAAA,
  fields: [ipv6Field("address")],
  singleWord: true,
};
