import { lowerRdataNames } from "../../src/control/transfer/lower-rdata-names.ts";
import { decodeMessage, type ResourceRecord } from "../../src/dns/wire/message.ts";
import { formatName, lowerName, skipName } from "../../src/dns/wire/name.ts";
import { rdataNames } from "../../src/dns/wire/rdata-names.ts";
import { typeToText } from "../../src/dns/wire/registries.ts";

/** The fields of a response that are compared. Sections are sorted record texts. */
export const fields = ["rcode", "aa", "tc", "answer", "authority", "additional", "edns"] as const;
export type Field = (typeof fields)[number];

/** A response in the form in which two are compared: each field as one text. */
export type Response = Readonly<Record<Field, string>> & {
  /** Octets of the message, and where it was truncated of the one over TCP. */
  readonly size: number;
  /** The octets of the question section, to see that case is kept. */
  readonly question: Uint8Array;
  /** Records that came twice in one section. */
  readonly duplicates: readonly string[];
};

/** Separates the records of a section's text. */
export const recordSeparator = "\n";

/**
 * Decodes a response and makes it comparable: names are decompressed and in lower case, records
 * are `owner TTL type rdata`, sections are sorted sets, OPT is apart from the additional section.
 * @throws MessageError where the message cannot be decoded to its last octet
 */
export function readResponse(octets: Uint8Array): Response {
  const message = decodeMessage(octets);
  const sections = [message.answer, message.authority, message.additional];
  const [answer, authority, additional] = sections.map((records) => records.map(recordText));
  const { edns, flags } = message;
  const questionEnd = message.questions.reduce((at) => skipName(octets, at) + 4, 12);
  return {
    rcode: String(message.rcode),
    aa: String(flags.aa),
    tc: String(flags.tc),
    answer: sectionText(answer),
    authority: sectionText(authority),
    additional: sectionText(additional),
    edns: edns ? `version ${edns.version}${edns.dnssecOk ? " DO" : ""}` : "absent",
    size: octets.length,
    question: octets.slice(12, questionEnd),
    duplicates: [answer, authority, additional].flatMap(repeated),
  };
}

/**
 * A truncated response made whole, as a resolver does it: TC as it was over UDP, the rest from the
 * response over TCP, the OPT record apart.
 */
export function completeResponse(truncated: Response, overTcp: Response): Response {
  return { ...overTcp, tc: truncated.tc, edns: truncated.edns, question: truncated.question };
}

function sectionText(texts: readonly string[] = []): string {
  return [...new Set(texts)].sort().join(recordSeparator);
}

function repeated(texts: readonly string[] = []): string[] {
  return texts.filter((text, index) => texts.indexOf(text) !== index);
}

function recordText(record: ResourceRecord): string {
  const owner = formatName(lowerName(record.owner));
  return `${owner} ${record.ttl} ${typeToText(record.type)} ${rdataText(record)}`;
}

/** Hexadecimal, names in lower case: what a server compresses may lose its case. */
function rdataText({ type, rdata }: ResourceRecord): string {
  const lowered = rdata.length === 0 ? rdata : lowerRdataNames(type, rdata);
  const [nameStart] = rdataNames(type, lowered);
  if (nameStart === undefined) return hex(lowered);
  // The first name as text, for the reader.
  const end = skipName(lowered, nameStart);
  const name = formatName(lowered.subarray(nameStart, end));
  const parts = [hex(lowered.subarray(0, nameStart)), name, hex(lowered.subarray(end))];
  return parts.filter((part) => part !== "").join(" ");
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}
