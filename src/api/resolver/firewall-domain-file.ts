import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  firewallFileSizeMax,
  firewallFindingsMax,
  firewallImportCountMax,
  firewallImportSizeMax,
  firewallLineSizeMax,
  planSliceMs,
} from "../../base/limits.ts";
import {
  FirewallDomainError,
  normaliseFirewallDomain,
} from "../../control/model/firewall-domain.ts";
import { compareText } from "../../control/model/firewall-domain-leaf.ts";
import type { FirewallDomainList } from "../../control/model/firewall.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { commit } from "./commit.ts";
import { planDomainChange } from "./firewall-domain-change.ts";
import { addNames, replaceNames } from "./firewall-domain-rows.ts";
import { invalid } from "./firewall-refusals.ts";
import { requireList } from "./firewall-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";

/**
 * Makes the names in a file those of a list, or adds them. A domain a line; empty lines, and what
 * follows a `#`, are passed over. All of it is taken or nothing.
 * @throws ServiceError ValidationException that names the lines at fault
 */
export async function importDomains(
  context: ResolverContext,
  job: { listId: string; mode: "add" | "replace"; file: AsyncIterable<Uint8Array> },
): Promise<FirewallDomainList> {
  const names = await sortedInSlices(await readNames(job.file));
  const { state } = context;
  return commit(context, {
    action: "ImportFirewallDomains",
    plan: () =>
      planDomainChange(context, job.listId, () =>
        job.mode === "add"
          ? addNames(state, job.listId, names)
          : replaceNames(state, job.listId, names),
      ),
  });
}

/**
 * The list with this id, or the only one with this name.
 * @throws ServiceError ResourceNotFoundException, ValidationException
 */
export function findList(state: StateReader, text: string): FirewallDomainList {
  const byId = state.get<FirewallDomainList>("firewallDomainList", [text]);
  if (byId) return byId;
  const named = state
    .list<FirewallDomainList>("firewallDomainList")
    .map(({ value }) => value)
    .filter(({ name }) => name === text);
  if (named.length > 1) {
    const ids = named.map(({ id }) => id).join(", ");
    throw invalid(`There are ${named.length} domain lists with the name ${text}: ${ids}.`);
  }
  return named[0] ?? requireList(state, text);
}

/**
 * importDomains() of a file that a URL names: one of this machine, in the directory for such files.
 * @throws ServiceError ValidationException for any other
 */
export async function importFromUrl(
  context: ResolverContext,
  listId: string,
  url: string,
): Promise<FirewallDomainList> {
  const path = await requireFile(url, context.settings.firewallImportDirectory);
  return importDomains(context, { listId, mode: "replace", file: createReadStream(path) });
}

async function requireFile(url: string, directory: string | undefined): Promise<string> {
  const refuse = (why: string) =>
    invalid(
      `The domains can't be imported from ${url}: ${why}. ` +
        "`signpost firewall import LIST FILE` sends a file from where you are.",
    );
  if (!URL.canParse(url) || new URL(url).protocol !== "file:") {
    throw refuse("there is no S3 here, only file:// URLs are read");
  }
  if (directory === undefined) {
    throw refuse("no directory for such files is set (--firewall-import-directory)");
  }
  try {
    const path = await realpath(fileURLToPath(url));
    const below = relative(await realpath(directory), path);
    if (below === "" || below.startsWith("..") || isAbsolute(below)) {
      throw refuse("it is not in the directory for such files (--firewall-import-directory)");
    }
    const file = await stat(path);
    if (!file.isFile()) throw refuse("it is no file");
    if (file.size <= firewallFileSizeMax) return path;
    throw refuse(`it has ${file.size} octets, limit ${firewallFileSizeMax}`);
  } catch (error) {
    if (error instanceof ServiceError || !(error instanceof Error && "code" in error)) throw error;
    throw refuse(`it cannot be read (${String(error.code)})`);
  }
}

/** @throws ServiceError ValidationException */
async function readNames(file: AsyncIterable<Uint8Array>): Promise<Set<string>> {
  const names = new Set<string>();
  const findings: string[] = [];
  let faultCount = 0;
  let size = 0;
  let lineNumber = 0;
  for await (const line of linesOf(file)) {
    lineNumber++;
    const text = line.replace(/#.*/, "").trim();
    if (text === "") continue;
    try {
      const name = normaliseFirewallDomain(text);
      if (!names.has(name)) size += name.length + 3; // quotes and comma
      names.add(name);
    } catch (error) {
      if (!(error instanceof FirewallDomainError)) throw error;
      faultCount++;
      if (findings.length < firewallFindingsMax)
        findings.push(`line ${lineNumber}: ${error.message}`);
    }
  }
  if (faultCount > 0) {
    const more = faultCount > findings.length ? `; and ${faultCount - findings.length} more` : "";
    throw invalid(`The domains can't be imported: ${findings.join("; ")}${more}.`);
  }
  if (names.size > firewallImportCountMax) throw tooMany(names.size, firewallImportCountMax);
  if (size > firewallImportSizeMax) {
    const message = `they take ${size} octets, limit ${firewallImportSizeMax}`;
    throw invalid(`The domains can't be imported: ${message}.`);
  }
  return names;
}

function tooMany(count: number, limit: number) {
  return invalid(`The domains can't be imported: there are ${count}, limit ${limit}.`);
}

async function* linesOf(file: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  for await (const chunk of file) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > firewallLineSizeMax) {
      const message = `a line is longer than ${firewallLineSizeMax} characters`;
      throw invalid(`The domains can't be imported: ${message}.`);
    }
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Characters by which names are parted before they are sorted. */
const prefixSize = 5;

/** Names in order, without holding the thread for long. */
async function sortedInSlices(names: ReadonlySet<string>): Promise<string[]> {
  const parts = new Map<string, string[]>();
  for (const name of names) {
    const prefix = name.slice(0, prefixSize);
    const part = parts.get(prefix);
    if (part) part.push(name);
    else parts.set(prefix, [name]);
  }
  const sorted: string[] = [];
  let begunAtMs = performance.now();
  for (const prefix of [...parts.keys()].toSorted(compareText)) {
    for (const name of (parts.get(prefix) ?? []).toSorted(compareText)) sorted.push(name);
    if (performance.now() - begunAtMs < planSliceMs) continue;
    await setImmediate();
    begunAtMs = performance.now();
  }
  return sorted;
}
