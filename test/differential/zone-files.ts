import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A master file and the zone it holds. */
export type ZoneFile = { readonly origin: string; readonly file: string };

const folder = join(import.meta.dirname, "zones");

/** The zones written to be hard: every file of `zones/`, in order of file name. */
export function hardZones(): ZoneFile[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".zone"));
  return files.sort().map((name) => {
    const file = join(folder, name);
    return { origin: originOf(file), file };
  });
}

/** Each file of `zones/` names its zone in a `$ORIGIN` line before its first record. */
function originOf(file: string): string {
  const origin = /^\$ORIGIN\s+(\S+)/m.exec(readFileSync(file, "latin1"))?.[1];
  if (origin === undefined) throw new Error(`${file}: no $ORIGIN line`);
  return origin.endsWith(".") ? origin : `${origin}.`;
}
