import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { repositoryPath, type SignpostProcess } from "../support/signpost-process.ts";
import type { ZoneFile } from "./zone-files.ts";

const run = promisify(execFile);

/**
 * Imports a master file with `bin/signpost zone import`.
 * @throws Error with the command's report where the import is refused
 */
export async function importZone(signpost: SignpostProcess, zone: ZoneFile): Promise<void> {
  await command(signpost, ["import", zone.file, "--name", zone.origin]);
}

/** Exports a hosted zone with `bin/signpost zone export` into the file that is named. */
export async function exportZone(signpost: SignpostProcess, zone: ZoneFile): Promise<void> {
  await command(signpost, ["export", zone.origin, "--out", zone.file]);
}

async function command(signpost: SignpostProcess, words: readonly string[]): Promise<void> {
  const all = ["zone", ...words, "--data", signpost.dataDir];
  try {
    await run(repositoryPath("bin/signpost"), all, { maxBuffer: 64 << 20 });
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string };
    throw new Error(`zone ${words.join(" ")}: ${stderr ?? ""}${stdout ?? ""}`);
  }
}
