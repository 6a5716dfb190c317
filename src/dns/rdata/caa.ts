import { TYPE } from "../wire/registries.ts";
import type { Field, RdataParser, RdataReader } from "./field.ts";
import { malformed } from "./field.ts";
import { u8Field } from "./number-fields.ts";
import type { RdataType } from "./rdata-type.ts";
import { longStringField } from "./text-fields.ts";

const TAG = /^[A-Za-z0-9]{1,255}$/;

/** A property tag: a length octet and 1–255 letters and digits (RFC 8659 §4.1). */
const tagField: Field = {
  name: "tag",
  parse(from: RdataParser) {
    const tag = from.take();
    if (!TAG.test(tag)) throw from.error("BadValue", "not letters and digits", tag);
    from.u8(tag.length);
    for (let i = 0; i < tag.length; i++) from.u8(tag.charCodeAt(i));
  },
  format(from: RdataReader) {
    const tag = String.fromCharCode(...from.take(from.u8()));
    if (!TAG.test(tag)) throw malformed("tag: not letters and digits");
    return tag;
  },
};

/** RFC 8659 §4.1. */
export const caaType: RdataType = {
  type: TYPE.CAA,
  fields: [u8Field("flags"), tagField, longStringField("value")],
};
