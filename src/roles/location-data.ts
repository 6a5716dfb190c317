import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LocationData, LocationSummary } from "../api/signpost/location-data.ts";
import { ServiceError } from "../api/protocol/service-error.ts";
import type { Attribution } from "../geo/attribution.ts";
import { openLocationSource } from "../geo/location-source.ts";
import type { LocationSource } from "../geo/location-source.ts";
import { MmdbError } from "../geo/mmdb/mmdb-error.ts";
import type { Metric } from "../telemetry/metrics-text.ts";
import type { Logger } from "../telemetry/logger.ts";
import { writeWhole } from "./data-directory.ts";

const dayMs = 24 * 60 * 60 * 1000;

export type MachineLocationsOptions = {
  dataDir: string;
  /** Hands a table to the workers; its promise is kept when all have it. */
  onTable: (table: SharedArrayBuffer) => Promise<void>;
  logger: Logger;
};

/**
 * The location data of this machine: `DIR/location-files` names the operator's files, a line each,
 * and `DIR/locations.cache` keeps the table made of them.
 */
export class MachineLocations implements LocationData {
  readonly #dataDir: string;
  readonly #logger: Logger;
  readonly #source: LocationSource;
  /** Kept once all workers have the newest table. */
  readonly #published: () => Promise<void>;

  private constructor(
    { dataDir, logger }: MachineLocationsOptions,
    source: LocationSource,
    published: () => Promise<void>,
  ) {
    this.#dataDir = dataDir;
    this.#logger = logger;
    this.#source = source;
    this.#published = published;
  }

  /** Where the operator has named no files, there is no table before `load()`. */
  static async open(options: MachineLocationsOptions): Promise<MachineLocations> {
    const { dataDir, logger } = options;
    let published = Promise.resolve();
    const onTable = (table: SharedArrayBuffer): void => {
      published = options.onTable(table);
      published.catch((error: unknown) => logger.error({ err: error }, "cannot publish locations"));
    };
    const source = await openLocationSource({
      files: readNames(listPath(dataDir)),
      cacheFile: join(dataDir, "locations.cache"),
      onTable,
      onProblem: (problem) => logger.error(problem),
    });
    return new MachineLocations(options, source, () => published);
  }

  /** Sees to it that there is a table and that all workers have it. */
  async load(): Promise<void> {
    try {
      await this.#source.load();
    } catch (error) {
      this.#logger.error({ err: error }, "cannot load the location table");
      throw error;
    }
    await this.#published();
  }

  async summary(): Promise<LocationSummary> {
    await this.load();
    const status = this.#source.status();
    return {
      source: status.source,
      files: status.files,
      ageDays: Math.floor(status.ageMs / dayMs),
      ipv4Ranges: status.ipv4RangeCount,
      ipv6Ranges: status.ipv6RangeCount,
      cities: status.cityCount,
      ...(status.problem ? { problem: status.problem } : {}),
      ...(status.attribution ? { attribution: credit(status.attribution) } : {}),
    };
  }

  async update(files: readonly string[]): Promise<LocationSummary> {
    try {
      await this.#source.update(files);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (!(error instanceof MmdbError) && code === undefined) throw error;
      throw new ServiceError("InvalidInput", (error as Error).message);
    }
    await this.#published();
    writeWhole(listPath(this.#dataDir), files.map((file) => `${file}\n`).join(""));
    return this.summary();
  }

  metrics(): Metric[] {
    return this.#source.metrics();
  }

  stop(): Promise<void> {
    return this.#source.stop();
  }
}

function credit({ text, url, duty }: Attribution): string {
  return `${text}, ${url}${duty ? `. ${duty}` : ""}`;
}

function listPath(dataDir: string): string {
  return join(dataDir, "location-files");
}

function readNames(path: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((name) => name !== "");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
