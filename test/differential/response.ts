import { formatName, lowerName, readName } from "../../src/dns/wire/name.ts";
import { TYPE, typeToText } from "../../src/dns/wire/registries.ts";

/** The fields of a response that are compared. Sections are sorted record texts. */
export const fields = ["rcode", "aa", "tc", "answer", "authority", "additional", "edns"] as const;
export type Field = (typeof fields)[number];

/** A response in the form in which two are compared: each field as one text. */
export type Response = Readonly<Record<Field, string>> & {
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
 * @throws Error where the message cannot be decoded to its last octet
 */
export function readResponse(message: Uint8Array): Response {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const flags = view.getUint16(2);
  let at = 12;
  for (let i = 0; i < view.getUint16(4); i++) at = readName(message, at).end + 4;
  const question = message.slice(12, at);
  const sections: string[][] = [];
  const opt = { text: "absent", extendedRcode: 0 };
  for (let section = 0; section < 3; section++) {
    const texts: string[] = [];
    for (let i = 0; i < view.getUint16(6 + 2 * section); i++) {
      const record = readRecord(message, view, at);
      at = record.end;
      if (record.type === TYPE.OPT) {
        opt.extendedRcode = record.ttl >>> 24;
        opt.text = `version ${(record.ttl >>> 16) & 255} DO ${(record.ttl >>> 15) & 1}`;
      } else {
        texts.push(record.text);
      }
    }
    sections.push(texts);
  }
  if (at !== message.length) throw new Error(`${message.length - at} octets after the message`);
  return {
    rcode: String((opt.extendedRcode << 4) | (flags & 15)),
    aa: String((flags >> 10) & 1),
    tc: String((flags >> 9) & 1),
    answer: sectionText(sections[0] as string[]),
    authority: sectionText(sections[1] as string[]),
    additional: sectionText(sections[2] as string[]),
    edns: opt.text,
    question,
    duplicates: sections.flatMap((texts) => texts.filter((t, i) => texts.indexOf(t) !== i)),
  };
}

function sectionText(texts: readonly string[]): string {
  return [...new Set(texts)].sort().join(recordSeparator);
}

type WireRecord = {
  readonly type: number;
  readonly ttl: number;
  readonly text: string;
  readonly end: number;
};

function readRecord(message: Uint8Array, view: DataView, offset: number): WireRecord {
  const owner = readName(message, offset);
  const at = owner.end;
  const type = view.getUint16(at);
  const ttl = view.getUint32(at + 4);
  const size = view.getUint16(at + 8);
  const end = at + 10 + size;
  if (end > message.length) throw new Error("record beyond the end of the message");
  const rdata = rdataText(message, type, { start: at + 10, end });
  const text = `${formatName(lowerName(owner.name))} ${ttl} ${typeToText(type)} ${rdata}`;
  return { type, ttl, text, end };
}

/** Octets before the name, how many names, and whether anything follows them. */
const namesInRdata: Readonly<Record<number, readonly [skip: number, names: number]>> = {
  [TYPE.NS]: [0, 1],
  [TYPE.CNAME]: [0, 1],
  [TYPE.PTR]: [0, 1],
  [TYPE.DNAME]: [0, 1],
  [TYPE.SOA]: [0, 2],
  [TYPE.RP]: [0, 2],
  [TYPE.MX]: [2, 1],
  [TYPE.AFSDB]: [2, 1],
  [TYPE.KX]: [2, 1],
  [TYPE.SRV]: [6, 1],
};

function rdataText(
  message: Uint8Array,
  type: number,
  { start, end }: { readonly start: number; readonly end: number },
): string {
  const [skip, names] = namesInRdata[type] ?? [0, 0];
  let at = start + skip;
  let text = names === 0 ? "" : hex(message.subarray(start, at));
  for (let i = 0; i < names; i++) {
    const { name, end: after } = readName(message, at);
    text += ` ${formatName(lowerName(name))}`;
    at = after;
  }
  if (at > end) throw new Error("rdata beyond its length");
  return `${text} ${hex(message.subarray(at, end))}`.trim();
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}
