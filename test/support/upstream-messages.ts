import type { Message, ResourceRecord } from "../../src/dns/wire/message.ts";
import { parseName, rootName } from "../../src/dns/wire/name.ts";
import { parseRdata, formatRdata } from "../../src/dns/rdata/rdata.ts";
import { formatName } from "../../src/dns/wire/name.ts";
import { CLASS, typeFromText, typeToText } from "../../src/dns/wire/registries.ts";
import type { UpstreamQuery, UpstreamTarget } from "../../src/resolver/upstream/upstream.ts";

/** `OWNER TTL TYPE VALUE`, names absolute. */
export function recordOf(text: string): ResourceRecord {
  const [owner = "", ttl = "", typeText = "", ...value] = text.split(" ");
  const type = typeFromText(typeText) ?? Number.NaN;
  const rdata = parseRdata(type, value.join(" "), rootName);
  return { owner: parseName(owner), type, class: CLASS.IN, ttl: Number(ttl), rdata };
}

export function recordsOf(...texts: string[]): ResourceRecord[] {
  return texts.map(recordOf);
}

/** The text of `recordOf`. */
export function textOfRecord({ owner, ttl, type, rdata }: ResourceRecord): string {
  return `${formatName(owner)} ${ttl} ${typeToText(type)} ${formatRdata(type, rdata)}`;
}

/** All records of a message, a section each. */
export function textOfMessage({ answer, authority, additional }: Message) {
  return [answer, authority, additional].map((section) => section.map(textOfRecord));
}

/** `NAME TYPE`, recursion desired. */
export function upstreamQuery(
  text: string,
  targets: readonly UpstreamTarget[] = [],
  rest: Partial<UpstreamQuery> = {},
): UpstreamQuery {
  const [name = "", typeText = "A"] = text.split(" ");
  const type = typeFromText(typeText) ?? Number.NaN;
  return {
    question: { name: parseName(name), type, class: CLASS.IN },
    recursionDesired: true,
    dnssecOk: false,
    checkingDisabled: false,
    targets,
    ...rest,
  };
}
