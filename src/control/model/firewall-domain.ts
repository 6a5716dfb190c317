import { NameError, formatName, lowerName, parseName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";

/** Text that cannot be a line of a domain list; `message` says why, without the text. */
export class FirewallDomainError extends Error {
  override name = "FirewallDomainError";
}

/** The line that every name matches. */
export const everyDomain = "*.";

const lineForm = /^(?:\*|(?:\*\.)?(?:[a-z0-9_-]+\.)*[a-z0-9_-]+)\.?$/i;
/** AWS's; the name itself may have 255 octets in wire form, as every name. */
const lineSizeMax = 255;

/**
 * A line of a domain list as it is kept: lower case, with a trailing dot: `example.com.` is that
 * name alone, `*.example.com.` every name below it, `*.` every name.
 * @throws FirewallDomainError
 */
export function normaliseFirewallDomain(text: string): string {
  if (text.length > lineSizeMax) throw new FirewallDomainError(`longer than ${lineSizeMax}`);
  if (!lineForm.test(text)) throw new FirewallDomainError(formProblem);
  const line = (text.endsWith(".") ? text : `${text}.`).toLowerCase();
  if (line === everyDomain) return line;
  try {
    parseName(line);
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    throw new FirewallDomainError(error.message);
  }
  return line;
}

const formProblem =
  "not a name of letters, digits, hyphens and underscores, with or without *. before it";

/** The target of an OVERRIDE in wire form. @throws FirewallDomainError */
export function parseOverrideDomain(text: string): Name {
  try {
    return parseName(text);
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    throw new FirewallDomainError(error.message);
  }
}

/** As AWS gives it back: with a trailing dot, in lower case. @throws FirewallDomainError */
export function normaliseOverrideDomain(text: string): string {
  return formatName(lowerName(parseOverrideDomain(text)));
}
