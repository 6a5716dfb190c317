import type { NameError, NameErrorCode } from "../wire/name.ts";

export type RdataErrorCode =
  | "MissingField"
  /** More fields than the one that the type has. */
  | "NotSingleField"
  | "TrailingField"
  | "IllegalIPv4Address"
  | "IllegalIPv6Address"
  | "NotANumber"
  | "OutOfRange"
  | "DomainNameEmpty"
  | "DomainNameTooLong"
  | "DomainLabelEmpty"
  | "DomainLabelTooLong"
  | "BadEscape"
  | "UnsupportedCharacter"
  | "CharacterStringTooLong"
  /** A string that should be in quotation marks, or whose quotation marks are not paired. */
  | "InvalidCharacterString"
  | "BadHex"
  | "BadBase64"
  | "BadValue"
  | "BadSvcParam"
  | "RdataTooLong"
  /** `\# length hex` whose length and octets differ (RFC 3597 §5). */
  | "LengthMismatch"
  /** A type without a text form of its own, written otherwise than RFC 3597 asks. */
  | "UnknownType"
  /** Octets that are no RDATA of the type. */
  | "MalformedRdata";

/** Text or octets that are no RDATA of their type. */
export class RdataError extends Error {
  override name = "RdataError";
  readonly code: RdataErrorCode;
  /** The field at fault as the type's RFC calls it, in kebab case; may be empty. */
  readonly field: string;
  /** The text at fault; may be empty. */
  readonly value: string;

  constructor(code: RdataErrorCode, message: string, at: { field?: string; value?: string } = {}) {
    super(message);
    this.code = code;
    this.field = at.field ?? "";
    this.value = at.value ?? "";
  }
}

const codeOfNameError: Record<NameErrorCode, RdataErrorCode> = {
  NameEmpty: "DomainNameEmpty",
  NameTooLong: "DomainNameTooLong",
  LabelEmpty: "DomainLabelEmpty",
  LabelTooLong: "DomainLabelTooLong",
  BadEscape: "BadEscape",
  UnsupportedCharacter: "UnsupportedCharacter",
  Truncated: "MalformedRdata",
  BadPointer: "MalformedRdata",
  BadLabelType: "MalformedRdata",
};

/** What is wrong with a name, as what is wrong with the RDATA that holds it. */
export function rdataErrorOfName(error: NameError, field: string): RdataError {
  return new RdataError(codeOfNameError[error.code], error.message, { field, value: error.value });
}
