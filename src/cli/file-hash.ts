import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { CommandFailure } from "./command.ts";

/** The SHA-256 of a file in hexadecimal. @throws CommandFailure where it cannot be read */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    throw new CommandFailure(`Cannot read ${file}: ${(error as Error).message}`, "refused");
  }
  return hash.digest("hex");
}
