import { formatGeneric, formatRdata, hasTextForm } from "../rdata/rdata.ts";
import { equalNames, formatName } from "../wire/name.ts";
import type { Name } from "../wire/name.ts";
import { TYPE, typeToText } from "../wire/registries.ts";

/** A record to be written: wire forms, names uncompressed. */
export type ZoneFileEntry = {
  readonly owner: Name;
  /** Seconds: 0–2147483647. */
  readonly ttl: number;
  readonly type: number;
  readonly rdata: Uint8Array;
};

/** Characters of text given out at a time, about. */
const chunkSize = 65_536;

/**
 * Writes a master file (RFC 1035 §5): one record a line, names absolute, types without a text form
 * of their own as RFC 3597 says. Records keep their order, except that the SOA goes first where
 * the apex's records come before all others.
 * @returns the file in chunks of about 64 KiB
 * @throws RdataError where RDATA is malformed
 */
export function* writeZoneFile(apex: Name, records: Iterable<ZoneFileEntry>): Generator<string> {
  let text = `$ORIGIN ${formatName(apex)}\n`;
  const writer = new LineWriter();
  for (const record of soaFirst(apex, records)) {
    text += writer.line(record);
    if (text.length < chunkSize) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

/** Holds the apex's records back until the SOA has passed. */
function* soaFirst(apex: Name, records: Iterable<ZoneFileEntry>): Generator<ZoneFileEntry> {
  let held: ZoneFileEntry[] | undefined = [];
  for (const record of records) {
    if (!held) {
      yield record;
      continue;
    }
    const isSoa = record.type === TYPE.SOA;
    if (isSoa) yield record;
    if (isSoa || !equalNames(record.owner, apex)) {
      yield* held;
      held = undefined;
      if (!isSoa) yield record;
    } else held.push(record);
  }
  if (held) yield* held;
}

/** Writes records one by one, for callers that have something to say between them. */
export class LineWriter {
  #owner: Name | undefined;
  #ownerText = "";

  /**
   * One line with its end.
   * @throws RdataError where RDATA is malformed
   */
  line(record: ZoneFileEntry): string {
    if (this.#owner !== record.owner) {
      this.#owner = record.owner;
      this.#ownerText = formatName(record.owner);
    }
    return `${this.#ownerText}\t${record.ttl}\tIN\t${typeAndRdata(record)}\n`;
  }
}

const portableForm = { portable: true };

function typeAndRdata({ type, rdata }: ZoneFileEntry): string {
  if (hasTextForm(type)) return `${typeToText(type)}\t${formatRdata(type, rdata, portableForm)}`;
  return `TYPE${type}\t${formatGeneric(rdata)}`;
}
