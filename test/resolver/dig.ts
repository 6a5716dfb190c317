import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { within } from "./networks.ts";

export const digPath = "/usr/bin/dig";
const run = promisify(execFile);

export type Dug = {
  /** Such as `NOERROR`; `timeout` where nothing came. */
  status: string;
  flags: string[];
  /** TTL and all: `NAME TTL TYPE VALUE`, blanks single. */
  records: string[];
  /** Values of the answer section alone. */
  values: string[];
  tookMs: number;
};

/**
 * Asks many questions with one dig, one after the other: `NAME TYPE`.
 * @returns every record of every section of all responses, one a line
 */
export async function digAll(
  namespace: string,
  server: string,
  { questions, words }: { questions: readonly string[]; words: readonly string[] },
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "signpost-dig-"));
  try {
    const file = join(folder, "questions");
    writeFileSync(file, questions.map((question) => `${question}\n`).join(""));
    const [address = "", port = "53"] = server.split("#");
    const [first = "", ...rest] = within(namespace);
    const asked = [`@${address}`, "-p", port, "-f", file, "+tries=1", "+time=2", ...words];
    const { stdout } = await run(first, [...rest, digPath, ...asked], {
      maxBuffer: 64 << 20,
    }).catch((error: { stdout?: string }): { stdout: string } => ({ stdout: error.stdout ?? "" }));
    return stdout.split("\n").filter((line) => line !== "" && !line.startsWith(";"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Asks with dig from a namespace: `ADDRESS[#PORT]`, then dig's own words. */
export async function dig(namespace: string, server: string, ...words: string[]): Promise<Dug> {
  const [address = "", port = "53"] = server.split("#");
  const [first = "", ...rest] = within(namespace);
  const asked = [digPath, `@${address}`, "-p", port, "+tries=1", "+time=5", "+nocookie", ...words];
  const startedAt = performance.now();
  const { stdout } = await run(first, [...rest, ...asked]).catch(
    (error: { stdout?: string }): { stdout: string } => ({ stdout: error.stdout ?? "" }),
  );
  const tookMs = performance.now() - startedAt;
  const answer = /;; ANSWER SECTION:\n(.*?)\n\n/s.exec(stdout)?.[1] ?? "";
  const records = answer
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replaceAll(/\s+/g, " ").replace(" IN ", " "));
  return {
    status: /status: (\w+)/.exec(stdout)?.[1] ?? "timeout",
    flags: (/;; flags: ([^;]*);/.exec(stdout)?.[1] ?? "").split(" "),
    records,
    values: records.map((record) => record.split(" ").slice(3).join(" ")),
    tookMs: Number(/Query time: (\d+) msec/.exec(stdout)?.[1] ?? tookMs),
  };
}
