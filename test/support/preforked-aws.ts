import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** An `aws` for shells that make many calls: the AWS CLI, loaded once (preforked-aws.py). */
export type PreforkedAws = {
  /** With `aws` before all others of that name in the PATH. */
  env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
};

/** @throws Error where it does not start */
export async function startPreforkedAws(): Promise<PreforkedAws> {
  const folder = mkdtempSync(join(tmpdir(), "signpost-aws-"));
  const program = join(import.meta.dirname, "preforked-aws.py");
  const socket = join(folder, "socket");
  symlinkSync(program, join(folder, "aws"));
  const server = spawn(program, ["serve", socket], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit");
  const stop = async (): Promise<void> => {
    server.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: server.stdout })) {
    if (line !== "ready") continue;
    const path = `${folder}:/usr/bin:/bin:${process.env["PATH"]}`;
    return { env: { ...process.env, PATH: path, AWS_SERVER: socket }, stop };
  }
  await stop();
  throw new Error("Cannot start the AWS CLI");
}
