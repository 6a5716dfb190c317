import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { CommandFailure, onePositional, optional, required } from "./command.ts";
import type { Command, Invocation } from "./command.ts";
import { connectionOf, readJson, readText, refusal, send } from "./connection.ts";
import { sha256Of } from "./file-hash.ts";
import { ProgressBar } from "./progress-bar.ts";
import type { Progress } from "./progress-bar.ts";

type Finding = { line: number; message: string };

/** The last line of an import's answer says one of these. */
type ImportOutcome = {
  result?: {
    hostedZoneId: string;
    created: boolean;
    records: number;
    rrsets: number;
    warnings: { count: number; lines: Finding[] };
  };
  refused?: { count: number; lines: Finding[] };
  error?: { code: string; message: string };
};

const zoneImport: Command = {
  words: "zone import",
  usage: "FILE --name ZONE [--replace]",
  help: "Reads a master file (RFC 1035) into a hosted zone, all of it or nothing.",
  example: "bin/signpost zone import example.com.zone --name example.com",
  options: { name: { type: "string" }, replace: { type: "boolean" } },
  optionHelp: {
    name: "the hosted zone; made where it is not there",
    replace: "puts the file in the place of all that the zone holds",
  },
  async run(invocation) {
    const file = onePositional(invocation, "FILE");
    const sha256 = await sha256Of(file);
    const response = await send(connectionOf(invocation), {
      method: "POST",
      path: "zones/import",
      query: {
        mode: invocation.options["replace"] ? "replace" : "create",
        name: required(invocation.options, "name"),
      },
      body: { stream: createReadStream(file), sha256 },
    });
    if (response.statusCode !== 200) await readJson(response);
    report(invocation, file, await followImport(response));
  },
};

/** Reads progress lines until the outcome. */
async function followImport(response: IncomingMessage): Promise<ImportOutcome> {
  const bar = new ProgressBar(process.stderr);
  let outcome: ImportOutcome | undefined;
  for await (const line of createInterface({ input: response })) {
    const message = JSON.parse(line) as ImportOutcome & { progress?: Progress };
    if (message.progress) bar.show(message.progress);
    else outcome = message;
  }
  bar.clear();
  if (outcome) return outcome;
  throw new CommandFailure("Cannot import: the connection ended before the outcome", "unreachable");
}

function report(invocation: Invocation, file: string, outcome: ImportOutcome): void {
  if (outcome.error) throw new CommandFailure(outcome.error.message, "refused", outcome);
  if (outcome.refused) {
    const { count, lines } = outcome.refused;
    const list = findings(file, lines, count);
    throw new CommandFailure(
      `${list}\nCannot import ${file}: ${count} refused`,
      "refused",
      outcome,
    );
  }
  const { result } = outcome;
  if (!result) throw new CommandFailure("Cannot read the outcome of the import", "unreachable");
  const { warnings } = result;
  const made = result.created ? "into the new" : "into";
  const text =
    `imported ${result.records} records in ${result.rrsets} sets ` +
    `${made} hosted zone ${result.hostedZoneId}`;
  const notes = warnings.count > 0 ? `${findings(file, warnings.lines, warnings.count)}\n` : "";
  invocation.print(result, notes + text);
}

function findings(file: string, lines: readonly Finding[], count: number): string {
  const list = lines.map(({ line, message }) => `${file}:${line}: ${message}`);
  if (count > lines.length) list.push(`… and ${count - lines.length} more`);
  return list.join("\n");
}

const zoneExport: Command = {
  words: "zone export",
  usage: "ZONE [--out FILE]",
  help: "Writes a hosted zone as a master file (RFC 1035).",
  example: "bin/signpost zone export example.com --out example.com.zone",
  options: { out: { type: "string" } },
  optionHelp: { out: "file to write (default: standard output)" },
  async run(invocation) {
    const zone = onePositional(invocation, "ZONE");
    const response = await send(connectionOf(invocation), {
      method: "GET",
      path: "zones/export",
      query: { name: zone },
    });
    if (response.statusCode !== 200) {
      throw refusal(response.statusCode ?? 0, await readText(response));
    }
    const out = optional(invocation.options, "out");
    if (out === undefined) return pipeline(response, process.stdout, { end: false });
    await writeWhole(response, out);
    invocation.print({ zone, file: out }, `exported ${zone} to ${out}`);
  },
};

/** The file appears whole or not at all. */
async function writeWhole(response: IncomingMessage, path: string): Promise<void> {
  const unfinished = `${path}.unfinished`;
  try {
    await pipeline(response, createWriteStream(unfinished, { flush: true }));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new CommandFailure(`Cannot write ${path}: ${(error as Error).message}`, "refused");
  }
}

export const zoneCommands: readonly Command[] = [zoneImport, zoneExport];
