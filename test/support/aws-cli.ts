import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { SignpostProcess } from "./signpost-process.ts";

/** The AWS CLI as Debian packages it. */
export const awsCli = "/usr/bin/aws";
const run = promisify(execFile);

// Answers are whatever JSON the CLI prints; each test says what it expects of them.
export type Json = any; // oxlint-disable-line typescript/no-explicit-any

export type AwsCli = {
  /** Runs `aws SERVICE WORDS…`; words that are no text are written as JSON. */
  aws(...words: readonly unknown[]): Promise<Json>;
  /** Expects the CLI to print an error with this code and these words. */
  refused(code: string, message: RegExp, ...words: readonly unknown[]): Promise<void>;
};

/** The AWS CLI against the Signpost that `server` gives, started at the first call. */
export function awsCliOf(
  server: () => Promise<SignpostProcess>,
  service: "route53" | "cloudwatch" | "route53resolver" | "servicediscovery" = "route53",
): AwsCli {
  const aws: AwsCli["aws"] = async (...words) => {
    const { api, env } = await server();
    const texts = words.map((word) => (typeof word === "string" ? word : JSON.stringify(word)));
    const args = ["--endpoint-url", api, "--output", "json", service, ...texts];
    const { stdout } = await run(awsCli, args, { env, timeout: 60_000 });
    return stdout === "" ? undefined : JSON.parse(stdout);
  };
  const refused: AwsCli["refused"] = async (code, message, ...words) => {
    await assert.rejects(aws(...words), (error: { stderr?: string }) => {
      const text = error.stderr ?? "";
      assert.match(text, new RegExp(`\\(${code}\\)`));
      assert.match(text, message);
      return true;
    });
  };
  return { aws, refused };
}
