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
  const words = ["zone", "import", zone.file, "--name", zone.origin, "--data", signpost.dataDir];
  try {
    await run(repositoryPath("bin/signpost"), words, { maxBuffer: 64 << 20 });
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string };
    throw new Error(`Cannot import ${zone.origin}: ${stderr ?? ""}${stdout ?? ""}`);
  }
}
