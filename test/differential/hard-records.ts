import { readFileSync } from "node:fs";

import { parseName } from "../../src/dns/wire/name.ts";
import { ZoneFileReader, type ZoneFileRecord } from "../../src/dns/zonefile/zone-file-reader.ts";
import type { ZoneFile } from "./zone-files.ts";

/** The records of a master file, as Signpost reads it. @throws Error where an entry is refused */
export function recordsOf(zone: ZoneFile): ZoneFileRecord[] {
  const records: ZoneFileRecord[] = [];
  const reader = new ZoneFileReader({
    origin: parseName(zone.origin),
    onRecord: (record) => records.push(record),
    onError: ({ line, message }) => {
      throw new Error(`${zone.file}:${line}: ${message}`);
    },
  });
  reader.push(readFileSync(zone.file));
  reader.end();
  return records;
}
