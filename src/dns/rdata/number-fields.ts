import { parseTtl } from "../wire/ttl.ts";
import type { Field, RdataParser, RdataReader } from "./field.ts";

/**
 * Reads decimal digits.
 * @throws RdataError NotANumber or OutOfRange
 */
export function parseDecimal(from: RdataParser, text: string, max: number): number {
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) throw from.error("NotANumber", "not a number", text);
    value = value * 10 + digit;
    if (value > max) throw from.error("OutOfRange", `number out of range: limit ${max}`, text);
  }
  if (text === "") throw from.error("NotANumber", "not a number", text);
  return value;
}

/** An 8-bit number. */
export function u8Field(name: string): Field {
  return {
    name,
    parse: (from) => from.u8(parseDecimal(from, from.take(), 0xff)),
    format: (from) => String(from.u8()),
  };
}

/** A 16-bit number. */
export function u16Field(name: string): Field {
  return {
    name,
    parse: (from) => from.u16(parseDecimal(from, from.take(), 0xffff)),
    format: (from) => String(from.u16()),
  };
}

/** A 32-bit number. */
export function u32Field(name: string): Field {
  return {
    name,
    parse: (from) => from.u32(parseDecimal(from, from.take(), 0xffffffff)),
    format: (from) => String(from.u32()),
  };
}

/** A 32-bit number of seconds, read with units too (`1h30m`), written without. */
export function secondsField(name: string): Field {
  return { name, parse: parseSeconds, format: (from) => String(from.u32()) };
}

function parseSeconds(from: RdataParser): void {
  const text = from.take();
  const seconds = parseTtl(text);
  from.u32(seconds ?? parseDecimal(from, text, 0xffffffff));
}

/** A number of 8 or 16 bits, read by name too; written as a number. */
export function mnemonicField(
  name: string,
  options: { bits: 8 | 16; values: Readonly<Record<string, number>> },
): Field {
  const values = new Map(Object.entries(options.values));
  const max = options.bits === 8 ? 0xff : 0xffff;
  return {
    name,
    parse(from) {
      const text = from.take();
      const value = values.get(text.toUpperCase()) ?? parseDecimal(from, text, max);
      if (options.bits === 8) from.u8(value);
      else from.u16(value);
    },
    format: (from: RdataReader) => String(options.bits === 8 ? from.u8() : from.u16()),
  };
}
