import { execFileSync } from "node:child_process";

import { formatName, lowerName, parseName, type Name } from "../../src/dns/wire/name.ts";
import { typeFromText } from "../../src/dns/wire/registries.ts";
import type { ZoneFile } from "./zone-files.ts";

/** A name of a zone and the types it has. */
export type Owner = { readonly name: Name; readonly types: readonly number[] };

/**
 * The owner names of a zone, as BIND reads the file: not by Signpost's own parser, so that what
 * that one would miss is still asked for.
 */
export function ownersOf(zone: ZoneFile): Owner[] {
  const checks = ["-k", "-i", "-m", "-n", "-r", "-W", "-S", "-T", "-M"];
  const lenient = checks.flatMap((option) => [option, option === "-i" ? "none" : "ignore"]);
  const full = ["-D", "-q", "-s", "full", "-o", "-"];
  const text = execFileSync("named-checkzone", [...lenient, ...full, zone.origin, zone.file], {
    encoding: "latin1",
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    maxBuffer: 64 << 20,
  });
  const owners = new Map<string, { name: Name; types: Set<number> }>();
  for (const line of text.split("\n")) {
    const [owner, , , typeText] = line.split(/\s+/);
    if (!owner || !typeText) continue;
    const name = parseName(owner);
    const key = formatName(lowerName(name));
    const entry = owners.get(key) ?? { name, types: new Set() };
    entry.types.add(typeFromText(typeText) as number);
    owners.set(key, entry);
  }
  return [...owners.values()].map(({ name, types }) => ({ name, types: [...types] }));
}
