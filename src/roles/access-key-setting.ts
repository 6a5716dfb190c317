import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readAccessKey } from "../base/own-api.ts";
import type { AccessKey } from "../base/own-api.ts";
import { SettingsError } from "./setting-values.ts";

/** Of a role that speaks to a Signpost elsewhere. */
export const accessKeyHelp = {
  data: "directory with the file credentials, as Signpost writes it (default: signpost-data)",
  credentials: "file of keys to use instead (default: AWS_SHARED_CREDENTIALS_FILE)",
  profile: "profile in it (default: AWS_PROFILE, or default)",
} as const;

/**
 * The key that options and environment name: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, where
 * both are set, beat every file but the one of `--credentials`.
 * @throws SettingsError
 */
export function readAccessKeySetting(
  text: (name: keyof typeof accessKeyHelp) => string | undefined,
  env: NodeJS.ProcessEnv,
): AccessKey {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  const given = text("credentials");
  if (!given && accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  const data = text("data");
  const ofData = data === undefined ? undefined : join(data, "credentials");
  const shared = env["AWS_SHARED_CREDENTIALS_FILE"] || undefined;
  const path = given ?? ofData ?? shared ?? join("signpost-data", "credentials");
  const profile = text("profile") ?? (env["AWS_PROFILE"] || "default");
  const key = readAccessKey(readKeyFile(path), profile);
  if (key) return key;
  throw new SettingsError(`Cannot read a key from ${path}: no key in profile ${profile}`);
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "it is not there" : String(error);
    throw new SettingsError(
      `Cannot read a key from ${path}: ${why}; make a key with \`bin/signpost key create\` where` +
        " Signpost runs, and name its file with --credentials",
    );
  }
}
