import { execFile } from "node:child_process";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { repositoryPath } from "./signpost-process.ts";
import type { SignpostProcess } from "./signpost-process.ts";

/** The Python that Debian's boto3 is installed for. */
export const python = "/usr/bin/python3";
export const boto3 = "/usr/lib/python3/dist-packages/boto3";

/**
 * Runs a script of tests in `test/clients/boto3` against a Signpost.
 * @param more of the environment: what the script asks for beside SIGNPOST_API
 */
export async function runBoto3(
  t: TestContext,
  { signpost, script, more = {} }: { signpost: SignpostProcess; script: string; more?: Env },
): Promise<void> {
  const env = {
    ...signpost.env,
    SIGNPOST_API: signpost.api,
    PYTHONDONTWRITEBYTECODE: "1",
    ...more,
  };
  const path = repositoryPath(`test/clients/boto3/${script}`);
  const { stderr } = await promisify(execFile)(python, [path, "-v"], { env, timeout: 120_000 });
  for (const line of stderr.trim().split("\n")) t.diagnostic(line);
}

type Env = Readonly<Record<string, string>>;
