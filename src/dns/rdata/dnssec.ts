import { TYPE, typeFromText, typeToText } from "../wire/registries.ts";
import type { Field, RdataParser } from "./field.ts";
import { malformed } from "./field.ts";
import { algorithmField } from "./keys.ts";
import { parseDecimal, u16Field, u32Field, u8Field } from "./number-fields.ts";
import { base64Field, formatHex, hexField, writeHex } from "./octet-fields.ts";
import type { RdataType } from "./rdata-type.ts";
import { nameField } from "./text-fields.ts";

/** Types that signers add to a zone; signed zones are read, if only to say what is in them. */

const typeCoveredField: Field = {
  name: "type-covered",
  parse: (from) => from.u16(parseType(from)),
  format: (from) => typeToText(from.u16()),
};

function parseType(from: RdataParser): number {
  const text = from.take();
  const type = typeFromText(text);
  if (type === undefined) throw from.error("BadValue", "unknown type", text);
  return type;
}

/** Seconds since 1970 modulo 2^32, or YYYYMMDDHHmmSS (RFC 4034 §3.2); written as the latter. */
function timeField(name: string): Field {
  return {
    name,
    parse(from) {
      const text = from.take();
      const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
      if (!parts) return from.u32(parseDecimal(from, text, 0xffffffff));
      const [year, month, day, hour, minute, second] = parts.slice(1);
      const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
      if (Number.isNaN(ms)) throw from.error("BadValue", "no such time", text);
      from.u32((ms / 1_000) % 2 ** 32);
    },
    format: (from) => new Date(from.u32() * 1_000).toISOString().replace(/[-:T]|\..*/g, ""),
  };
}

/** RFC 4034 §3. */
export const rrsigType: RdataType = {
  type: TYPE.RRSIG,
  fields: [
    typeCoveredField,
    algorithmField,
    u8Field("labels"),
    u32Field("original-ttl"),
    timeField("expiration"),
    timeField("inception"),
    u16Field("key-tag"),
    nameField("signer"),
    base64Field("signature"),
  ],
};

/** A type bitmap (RFC 4034 §4.1.2): blocks of number, size and 1–32 octets of bits. */
const typesField: Field = {
  name: "types",
  parse(from) {
    const blocks = new Map<number, Uint8Array>();
    while (from.hasMore()) {
      const type = parseType(from);
      const bits = blocks.get(type >> 8) ?? new Uint8Array(32);
      const index = (type & 255) >> 3;
      bits[index] = (bits[index] as number) | (0x80 >> (type & 7));
      blocks.set(type >> 8, bits);
    }
    for (const [number, bits] of [...blocks].sort(([a], [b]) => a - b)) {
      const size = bits.findLastIndex((octet) => octet !== 0) + 1;
      from.u8(number);
      from.u8(size);
      from.append(bits.subarray(0, size));
    }
  },
  format(from) {
    const texts: string[] = [];
    for (let previous = -1; from.remaining() > 0;) {
      const number = from.u8();
      const size = from.u8();
      if (number <= previous || size < 1 || size > 32) throw malformed("types: bad block");
      previous = number;
      for (const [i, octet] of from.take(size).entries()) {
        for (let bit = 0; bit < 8; bit++) {
          if (octet & (0x80 >> bit)) texts.push(typeToText(number * 256 + i * 8 + bit));
        }
      }
    }
    return texts.join(" ");
  },
};

/** RFC 4034 §4. */
export const nsecType: RdataType = {
  type: TYPE.NSEC,
  fields: [nameField("next-name"), typesField],
};

/** RFC 7477 §2.1. */
export const csyncType: RdataType = {
  type: TYPE.CSYNC,
  fields: [u32Field("serial"), u16Field("flags"), typesField],
};

/** A size octet and 0–255 octets in hexadecimal; `-` if there are none (RFC 5155 §3.3). */
const saltField: Field = {
  name: "salt",
  parse(from) {
    const text = from.take();
    if (text === "-") return from.u8(0);
    if (text.length > 2 * 255) throw from.error("OutOfRange", "salt is too long", text);
    from.u8(text.length / 2);
    writeHex(from, text);
  },
  format: (from) => formatHex(from.take(from.u8())) || "-",
};

const base32Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

/** A size octet and 1–255 octets in base32hex without padding (RFC 4648 §7). */
const nextHashedField: Field = {
  name: "next-hashed",
  parse(from) {
    const text = from.take().toUpperCase();
    const size = Math.floor((text.length * 5) / 8);
    if (size < 1 || size > 255) throw from.error("BadValue", "not base32hex", text);
    from.u8(size);
    let bits = 0;
    let held = 0;
    for (const character of text) {
      const digit = base32Digits.indexOf(character);
      if (digit < 0) throw from.error("BadValue", "not base32hex", text);
      held = ((held << 5) | digit) & 0xfff;
      bits += 5;
      if (bits >= 8) from.u8((held >> (bits -= 8)) & 255);
    }
  },
  format(from) {
    const hash = from.take(from.u8());
    if (hash.length === 0) throw malformed("next-hashed is empty");
    return formatBase32(hash);
  },
};

function formatBase32(octets: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const octet of octets) {
    held = ((held << 8) | octet) & 0xfff;
    bits += 8;
    while (bits >= 5) text += base32Digits.charAt((held >> (bits -= 5)) & 31);
  }
  return bits > 0 ? text + base32Digits.charAt((held << (5 - bits)) & 31) : text;
}

const hashFields: readonly Field[] = [
  u8Field("hash-algorithm"),
  u8Field("flags"),
  u16Field("iterations"),
  saltField,
];

/** RFC 5155 §3. */
export const nsec3Type: RdataType = {
  type: TYPE.NSEC3,
  fields: [...hashFields, nextHashedField, typesField],
};

/** RFC 5155 §4. */
export const nsec3paramType: RdataType = { type: TYPE.NSEC3PARAM, fields: hashFields };

/** RFC 8976 §2. */
export const zonemdType: RdataType = {
  type: TYPE.ZONEMD,
  fields: [u32Field("serial"), u8Field("scheme"), u8Field("hash-algorithm"), hexField("digest")],
};
