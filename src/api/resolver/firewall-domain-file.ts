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
import { commit } from "../commit/commit.ts";
import { ServiceError } from "../protocol/service-error.ts";
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
  const reader = new DomainFileReader();
  const decoder = new TextDecoder();
  const slice = new Slice();
  let rest = "";
  for await (const chunk of file) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > firewallLineSizeMax) {
      throw refusal(`a line is longer than ${firewallLineSizeMax} characters`);
    }
    for (const line of lines) {
      reader.read(line);
      if (slice.isOver()) await slice.rest();
    }
  }
  reader.read(rest);
  return reader.names();
}

/** Takes the lines of a file one by one. */
class DomainFileReader {
  readonly #names = new Set<string>();
  readonly #findings: string[] = [];
  #faultCount = 0;
  /** Octets of all names as JSON: quotes and comma each. */
  #size = 0;
  #lineNumber = 0;

  read(line: string): void {
    this.#lineNumber++;
    const end = line.indexOf("#");
    const text = (end < 0 ? line : line.slice(0, end)).trim();
    if (text === "") return;
    try {
      const name = normaliseFirewallDomain(text);
      if (this.#names.has(name)) return;
      this.#names.add(name);
      this.#size += name.length + 3;
    } catch (error) {
      if (!(error instanceof FirewallDomainError)) throw error;
      this.#faultCount++;
      if (this.#findings.length >= firewallFindingsMax) return;
      this.#findings.push(`line ${this.#lineNumber}: ${error.message}`);
    }
  }

  /** @throws ServiceError ValidationException */
  names(): Set<string> {
    const more = this.#faultCount - this.#findings.length;
    if (more > 0) this.#findings.push(`and ${more} more`);
    if (this.#faultCount > 0) throw refusal(this.#findings.join("; "));
    if (this.#names.size > firewallImportCountMax) {
      throw refusal(`there are ${this.#names.size}, limit ${firewallImportCountMax}`);
    }
    if (this.#size > firewallImportSizeMax) {
      throw refusal(`they take ${this.#size} octets, limit ${firewallImportSizeMax}`);
    }
    return this.#names;
  }
}

function refusal(why: string): ServiceError {
  return invalid(`The domains can't be imported: ${why}.`);
}

/** Characters by which names are parted before they are sorted. */
const prefixSize = 5;

/** Names in order, without holding the thread for long. */
async function sortedInSlices(names: ReadonlySet<string>): Promise<string[]> {
  const parts = new Map<string, string[]>();
  const slice = new Slice();
  for (const name of names) {
    const prefix = name.slice(0, prefixSize);
    const part = parts.get(prefix);
    if (part) part.push(name);
    else parts.set(prefix, [name]);
    if (slice.isOver()) await slice.rest();
  }
  const sorted: string[] = [];
  for (const prefix of [...parts.keys()].toSorted(compareText)) {
    for (const name of (parts.get(prefix) ?? []).toSorted(compareText)) sorted.push(name);
    if (slice.isOver()) await slice.rest();
  }
  return sorted;
}

/** Work between two turns of the event loop. */
class Slice {
  #begunAtMs = performance.now();
  #stepCount = 0;

  /** Looks at the clock now and then only. */
  isOver(): boolean {
    this.#stepCount++;
    return this.#stepCount % 64 === 0 && performance.now() - this.#begunAtMs >= planSliceMs;
  }

  async rest(): Promise<void> {
    await setImmediate();
    this.#begunAtMs = performance.now();
  }
}
