import { TYPE } from "../wire/registries.ts";
import type { Field, RdataParser, RdataReader } from "./field.ts";
import { malformed } from "./field.ts";
import { parseDecimal } from "./number-fields.ts";
import type { RdataType } from "./rdata-type.ts";

/** Thousandths of a second of arc; the wire holds them from the equator or prime meridian. */
const degree = 3_600_000;
const origin = 2 ** 31;
/** The wire's altitude is in centimetres above this one, below the reference spheroid. */
const altitudeBase = 10_000_000;

/** What RFC 1876 §3 assumes: a size of 1 m and precisions of 10 km and 10 m. */
const defaultSizes = [0x12, 0x16, 0x13] as const;

/** A location (RFC 1876): `D [M [S]] N D [M [S]] E ALTm [SIZEm [HORIZONTALm [VERTICALm]]]`. */
const locationField: Field = {
  name: "location",
  parse(from) {
    const latitude = parseAngle(from, { degreesMax: 90, positive: "N", negative: "S" });
    const longitude = parseAngle(from, { degreesMax: 180, positive: "E", negative: "W" });
    const altitude = parseMetres(from, from.take()) + altitudeBase;
    if (altitude < 0 || altitude > 0xffffffff) throw from.error("OutOfRange", "altitude", "");
    from.u8(0);
    for (const size of defaultSizes) from.u8(from.hasMore() ? parseSize(from) : size);
    from.u32(latitude);
    from.u32(longitude);
    from.u32(altitude);
  },
  format(from) {
    const version = from.u8();
    if (version !== 0) throw malformed(`unknown version ${version}`);
    const sizes = [formatSize(from), formatSize(from), formatSize(from)];
    const latitude = formatAngle(from, { degreesMax: 90, positive: "N", negative: "S" });
    const longitude = formatAngle(from, { degreesMax: 180, positive: "E", negative: "W" });
    const altitude = formatMetres(from.u32() - altitudeBase);
    return [latitude, longitude, altitude, ...sizes].join(" ");
  },
};

type Axis = { degreesMax: number; positive: string; negative: string };

function parseAngle(from: RdataParser, axis: Axis): number {
  let angle = parseDecimal(from, from.take(), axis.degreesMax) * degree;
  let text = from.take();
  if (/^\d/.test(text)) {
    angle += parseDecimal(from, text, 59) * 60_000;
    text = from.take();
  }
  if (/^\d/.test(text)) {
    angle += parseSeconds(from, text);
    text = from.take();
  }
  const direction = text.toUpperCase();
  if (direction !== axis.positive && direction !== axis.negative) {
    throw from.error("BadValue", `${axis.positive} or ${axis.negative} expected`, text);
  }
  if (angle > axis.degreesMax * degree) throw from.error("OutOfRange", "angle", text);
  return direction === axis.positive ? origin + angle : origin - angle;
}

function parseSeconds(from: RdataParser, text: string): number {
  const [, whole, fraction = ""] = /^(\d{1,2})(?:\.(\d{1,3}))?$/.exec(text) ?? [];
  if (whole === undefined || Number(whole) > 59) throw from.error("NotANumber", "seconds", text);
  return Number(whole) * 1_000 + Number(fraction.padEnd(3, "0"));
}

function formatAngle(from: RdataReader, axis: Axis): string {
  const value = from.u32() - origin;
  const angle = Math.abs(value);
  if (angle > axis.degreesMax * degree) throw malformed("angle out of range");
  const seconds = ((angle % 60_000) / 1_000).toFixed(3);
  const minutes = Math.floor(angle / 60_000) % 60;
  const direction = value < 0 ? axis.negative : axis.positive;
  return `${Math.floor(angle / degree)} ${minutes} ${seconds} ${direction}`;
}

/** Metres with at most two decimals and perhaps an `m`, as centimetres. */
function parseMetres(from: RdataParser, text: string): number {
  const [, sign, whole, fraction = ""] = /^(-?)(\d{1,8})(?:\.(\d{1,2}))?m?$/.exec(text) ?? [];
  if (whole === undefined) throw from.error("NotANumber", "not a number of metres", text);
  const centimetres = Number(whole) * 100 + Number(fraction.padEnd(2, "0"));
  return sign === "-" ? -centimetres : centimetres;
}

function formatMetres(centimetres: number): string {
  return `${(centimetres / 100).toFixed(2)}m`;
}

/** Centimetres as one digit times a power of ten, four bits each; what lies between is cut. */
function parseSize(from: RdataParser): number {
  const text = from.take();
  let mantissa = parseMetres(from, text);
  let exponent = 0;
  for (; mantissa > 9; exponent++) mantissa = Math.floor(mantissa / 10);
  if (mantissa < 0 || exponent > 9) throw from.error("OutOfRange", "size", text);
  return (mantissa << 4) | exponent;
}

function formatSize(from: RdataReader): string {
  const octet = from.u8();
  const [mantissa, exponent] = [octet >> 4, octet & 15];
  if (mantissa > 9 || exponent > 9) throw malformed("size is not decimal");
  return formatMetres(mantissa * 10 ** exponent);
}

export const locType: RdataType = { type: TYPE.LOC, fields: [locationField] };
