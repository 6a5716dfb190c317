import { RdataError } from "../../dns/rdata/rdata-error.ts";
import type { RdataErrorCode } from "../../dns/rdata/rdata-error.ts";
import type { RdataForm } from "../../dns/rdata/field.ts";
import { parseRdata } from "../../dns/rdata/rdata.ts";
import { typeFromText } from "../../dns/wire/registries.ts";
import { present } from "../../base/assert.ts";
import { fatalProblem } from "./fatal-problem.ts";

/** How values of resource records are written: as Route 53 has them, names always absolute. */
export const recordValueForm: RdataForm = { escapeRadix: 8, quotedStrings: true, rawOctets: false };

/** A value that is not one of its type; `message` is worded as Route 53 words it. */
export class InvalidValueError extends Error {
  override name = "InvalidValueError";
}

/** Wordings that all types share. */
const common: Partial<Record<RdataErrorCode, string>> = {
  DomainNameEmpty: "Domain name is empty",
  DomainNameTooLong: "Domain name is too long",
  DomainLabelEmpty: "Domain label is empty",
  DomainLabelTooLong: "Domain label is too long",
  UnsupportedCharacter: "Value contains unsupported characters",
  CharacterStringTooLong: "Value is too long",
  InvalidCharacterString: "Value should be enclosed in quotation marks",
};

/** Wordings that begin with the type, as in `ARRDATAIllegalIPv4Address`. */
const typed: Partial<Record<RdataErrorCode, string>> = {
  IllegalIPv4Address: "Value is not a valid IPv4 address",
  IllegalIPv6Address: "Value is not a valid IPv6 address",
  NotSingleField: "Value contains spaces",
};

/**
 * Reads a value into wire form, names uncompressed.
 * @param type a mnemonic, `A`
 * @throws InvalidValueError
 */
export function parseRecordValue(type: string, value: string): Uint8Array {
  const number = present(typeFromText(type), `unknown type ${type}`);
  // Route 53 looks at the fields of an address before it looks at the address.
  if ((type === "A" || type === "AAAA") && /\s/.test(value)) {
    throw invalid(`${type}RRDATANotSingleField`, "Value contains spaces", value);
  }
  try {
    return parseRdata(number, value, recordValueForm);
  } catch (error) {
    if (!(error instanceof RdataError)) throw error;
    throw describe(error, type, value);
  }
}

function describe(error: RdataError, type: string, value: string): InvalidValueError {
  const shared = common[error.code];
  const at = error.code === "UnsupportedCharacter" ? error.value : value;
  if (shared !== undefined) return invalid(error.code, shared, at || value);
  const code = `${type}RRDATA${error.code}`;
  const what = typed[error.code];
  return invalid(code, what ?? sentence(error.message), value);
}

function invalid(code: string, what: string, value: string): InvalidValueError {
  return new InvalidValueError(`Invalid Resource Record: '${fatalProblem(code, what, value)}'`);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
