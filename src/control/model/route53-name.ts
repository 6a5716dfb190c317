import { NameError, formatName, lowerName, parseName } from "../../dns/wire/name.ts";
import type { NameErrorCode } from "../../dns/wire/name.ts";
import { fatalProblem } from "./fatal-problem.ts";

/** Text that is no domain name; `message` is worded as Route 53 words it. */
export class InvalidNameError extends Error {
  override name = "InvalidNameError";
}

const problems: Partial<Record<NameErrorCode, readonly [code: string, text: string]>> = {
  NameEmpty: ["DomainNameEmpty", "Domain name is empty"],
  NameTooLong: ["DomainNameTooLong", "Domain name is too long"],
  LabelEmpty: ["DomainLabelEmpty", "Domain label is empty"],
  LabelTooLong: ["DomainLabelTooLong", "Domain label is too long"],
  BadEscape: ["InvalidEscapeSequence", "Value contains an invalid escape sequence"],
};

/**
 * Normalises a domain name as Route 53 does: lower case, all but `a-z 0-9 - _ .` as octal `\ooo`,
 * with a trailing dot. The text may have escapes and may lack the dot.
 * @throws InvalidNameError
 */
export function normaliseName(text: string): string {
  try {
    return formatName(lowerName(parseName(text, { escapeRadix: 8 })), 8);
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    const unsupported = ["UnsupportedCharacter", "Value contains unsupported characters"] as const;
    const [code, what] = problems[error.code] ?? unsupported;
    throw new InvalidNameError(fatalProblem(code, what, error.value || text));
  }
}
