import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import type { SignpostProcess } from "../support/signpost-process.ts";
import type { ZoneFile } from "./zone-files.ts";

const run = promisify(execFile);
const script = join(import.meta.dirname, "run-commands.ts");

/**
 * Imports master files as `bin/signpost zone import` does.
 * @throws Error with the command's report where an import is refused
 */
export async function importZones(
  signpost: SignpostProcess,
  zones: readonly ZoneFile[],
): Promise<void> {
  await transfer(signpost, zones, ({ file, origin }) => ["import", file, "--name", origin]);
}

/** Exports hosted zones, as `bin/signpost zone export` does, into the files that are named. */
export async function exportZones(
  signpost: SignpostProcess,
  zones: readonly ZoneFile[],
): Promise<void> {
  await transfer(signpost, zones, ({ file, origin }) => ["export", origin, "--out", file]);
}

async function transfer(
  { dataDir }: SignpostProcess,
  zones: readonly ZoneFile[],
  wordsOf: (zone: ZoneFile) => readonly string[],
): Promise<void> {
  const commands = zones.map((zone) => ["zone", ...wordsOf(zone), "--data", dataDir]);
  try {
    await run(process.execPath, [script, JSON.stringify(commands)], { maxBuffer: 64 << 20 });
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string };
    throw new Error(`Cannot transfer zones: ${stdout ?? ""}${stderr ?? ""}`, { cause: error });
  }
}
