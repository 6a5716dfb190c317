import type { Name } from "../wire/name.ts";
import { skipName } from "../wire/name.ts";
import { TYPE, typeToText } from "../wire/registries.ts";
import { RdataParser, RdataReader, malformed } from "./field.ts";
import type { Field, RdataForm } from "./field.ts";
import { parseDecimal } from "./number-fields.ts";
import { formatHex, writeHex } from "./octet-fields.ts";
import { RdataError } from "./rdata-error.ts";
import { rdataTypes } from "./rdata-types.ts";
import { TOKEN, TokenList } from "./token-list.ts";

const valueParser = new RdataParser(new TokenList());

/** Whether the type has a text form of its own; others are written as RFC 3597 §5 says. */
export function hasTextForm(type: number): boolean {
  return rdataTypes.has(type);
}

/**
 * Reads one RDATA's text: the type's own form, or `\# length hex` of RFC 3597 §5.
 * @param form origin of relative names, or all of the form
 * @returns octets of their own, names in them uncompressed
 * @throws RdataError
 */
export function parseRdata(type: number, text: string, form?: Name | RdataForm): Uint8Array {
  valueParser.form = form instanceof Uint8Array ? { origin: form } : (form ?? {});
  valueParser.tokens.readValue(text);
  if (valueParser.tokens.problem !== "") {
    valueParser.field = "";
    throw valueParser.error("InvalidCharacterString", valueParser.tokens.problem, text);
  }
  return parseTokens(type, valueParser);
}

/**
 * Reads the RDATA of the tokens not yet taken; see `parseRdata`.
 * @param parser with its tokens and form set
 * @throws RdataError
 */
export function parseTokens(type: number, parser: RdataParser): Uint8Array {
  const { tokens } = parser;
  parser.size = 0;
  parser.field = "";
  const first = tokens.next;
  if (
    first < tokens.count &&
    tokens.texts[first] === "\\#" &&
    tokens.kinds[first] === TOKEN.plain
  ) {
    return parseGeneric(type, parser);
  }
  const known = rdataTypes.get(type);
  if (!known) {
    const message = `${typeToText(type)} has no text form: \\# length hex expected`;
    throw new RdataError("UnknownType", message);
  }
  if (known.singleWord && tokens.count - first > 1) throw notSingleField(parser);
  const { fields } = known;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field;
    parser.field = field.name;
    field.parse(parser);
  }
  parser.field = "";
  if (parser.hasMore()) {
    throw parser.error("TrailingField", "value has more fields than its type", parser.take());
  }
  const rdata = parser.octets.slice(0, parser.size);
  const wrong = known.check?.(rdata);
  if (wrong !== undefined) throw parser.error("BadValue", wrong, "");
  return rdata;
}

function notSingleField({ tokens }: RdataParser): RdataError {
  const value = tokens.texts.slice(tokens.next, tokens.count).join(" ");
  return new RdataError("NotSingleField", "value contains spaces", { value });
}

function parseGeneric(type: number, parser: RdataParser): Uint8Array {
  parser.take();
  parser.field = "length";
  const size = parseDecimal(parser, parser.take(), 0xffff);
  parser.field = "octets";
  while (parser.hasMore()) writeHex(parser, parser.take());
  if (parser.size !== size) {
    const message = `octets do not match length: ${parser.size} octets, length ${size}`;
    throw parser.error("LengthMismatch", message, "");
  }
  const rdata = parser.octets.slice(0, size);
  validateRdata(type, rdata);
  return rdata;
}

/**
 * The text of RDATA: the type's own form if it has one, else RFC 3597's. Names are absolute.
 * @param form `escapeRadix` and `portable`; the rest does not matter
 * @throws RdataError MalformedRdata
 */
export function formatRdata(type: number, rdata: Uint8Array, form: RdataForm = {}): string {
  const known = rdataTypes.get(type);
  if (!known) return formatGeneric(rdata);
  const reader = new RdataReader(rdata, form);
  const { fields } = known;
  let text = "";
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field;
    const fieldText = field.format(reader);
    if (fieldText !== "") text += i === 0 ? fieldText : ` ${fieldText}`;
  }
  if (reader.remaining() > 0) throw malformed("RDATA is too long for its type");
  const wrong = known.check?.(rdata);
  if (wrong !== undefined) throw malformed(wrong);
  return text;
}

/** RDATA as RFC 3597 §5 writes it, whatever the type. */
export function formatGeneric(rdata: Uint8Array): string {
  return rdata.length === 0 ? "\\# 0" : `\\# ${rdata.length} ${formatHex(rdata)}`;
}

/**
 * Checks that octets are RDATA of the type, names in them uncompressed. Types without a text form
 * take any octets.
 * @throws RdataError MalformedRdata
 */
export function validateRdata(type: number, rdata: Uint8Array): void {
  formatRdata(type, rdata);
}

/** Octets before the name whose addresses belong in the additional section. */
const additionalTargetOffsets = new Map<number, number>([
  [TYPE.NS, 0],
  [TYPE.MX, 2],
  [TYPE.AFSDB, 2],
  [TYPE.KX, 2],
  [TYPE.SRV, 6],
  [TYPE.SVCB, 2],
  [TYPE.HTTPS, 2],
]);

/**
 * The name whose addresses belong in the additional section of an answer with this RDATA: the
 * target of NS, MX, SRV, SVCB, HTTPS, AFSDB or KX; none if it is the root (RFC 2782, RFC 7505,
 * RFC 9460 §2.5).
 * @param rdata valid RDATA of the type
 * @returns a view of `rdata`
 */
export function additionalTarget(type: number, rdata: Uint8Array): Name | undefined {
  const offset = additionalTargetOffsets.get(type);
  if (offset === undefined || rdata[offset] === 0) return undefined;
  return rdata.subarray(offset, skipName(rdata, offset));
}
