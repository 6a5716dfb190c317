import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { AccessKey } from "../api/signpost/access-keys.ts";
import { createAccessKey } from "../api/signpost/access-keys.ts";
import type { ApiContext } from "../api/route53/api-context.ts";

/**
 * Makes the administrator's key at the first start, and sees that `DIR/credentials` (mode 0600, in
 * the form of AWS's shared credentials, profile `default`) holds a key that works: where the file
 * is gone, it is written again with the oldest key.
 */
export async function provideCredentials(dataDir: string, context: ApiContext): Promise<void> {
  const path = join(dataDir, "credentials");
  const keys = context.state.list<AccessKey>("accessKey");
  const oldest = keys.toSorted((a, b) => (a.value.createdAt < b.value.createdAt ? -1 : 1))[0];
  if (oldest && existsSync(path)) return;
  const key = oldest
    ? { accessKeyId: oldest.key[0], secretAccessKey: oldest.value.secret }
    : await createAccessKey(context, "administrator");
  writeWhole(
    path,
    `[default]\naws_access_key_id = ${key.accessKeyId}\n` +
      `aws_secret_access_key = ${key.secretAccessKey}\n`,
  );
}

/** Tells commands on this machine where the API of this data directory is. */
export function writeEndpoint(dataDir: string, url: string): void {
  writeWhole(join(dataDir, "endpoint"), `${url}\n`);
}

export function removeEndpoint(dataDir: string): void {
  rmSync(join(dataDir, "endpoint"), { force: true });
}

/** The file is there whole or not at all; readable by its owner alone. */
export function writeWhole(path: string, text: string): void {
  const unfinished = `${path}.unfinished`;
  const fd = openSync(unfinished, "w", 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(unfinished, path);
}
