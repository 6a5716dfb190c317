import { InvalidNameError, normaliseName } from "../../control/model/route53-name.ts";
import { invalidParameter } from "./resolver-refusals.ts";

/**
 * The domain name of a rule, as rows have it; `.` is one.
 * @throws ServiceError InvalidParameterException
 */
export function ruleName(text: string, field: "DomainName" | "DelegationRecord"): string {
  const name = normalised(text);
  // A rule is for all that is below its name: no label of it can stand for others.
  if (name !== undefined && !name.includes("\\")) return name;
  throw invalidParameter("[RSLVR-00711] Invalid domain name", field);
}

const hostForm = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * The name of a host in lower case, without trailing dot.
 * @throws ServiceError InvalidParameterException
 */
export function hostNameOf(text: string, field: string): string {
  const name = normalised(text)?.replace(/\.$/, "") ?? "";
  if (hostForm.test(name)) return name;
  throw invalidParameter(`"${text}" is no name of a host.`, field);
}

function normalised(text: string): string | undefined {
  if (text === ".") return ".";
  try {
    return normaliseName(text);
  } catch (error) {
    if (error instanceof InvalidNameError) return undefined;
    throw error;
  }
}
