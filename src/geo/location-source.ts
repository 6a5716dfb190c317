import { basename } from "node:path";
import { present } from "../base/assert.ts";
import { accountSharedMemory } from "../base/shared-memory.ts";
import type { Clock } from "../base/clock.ts";
import { systemClock } from "../base/clock.ts";
import { locationAgeMaxMs, locationFileCountMax } from "../base/limits.ts";
import { LocationView } from "../dataplane/geo/location-view.ts";
import { gauge } from "../telemetry/metrics-text.ts";
import type { Metric } from "../telemetry/metrics-text.ts";
import { attributionOf } from "./attribution.ts";
import type { Attribution } from "./attribution.ts";
import { describeTable } from "./describe-table.ts";
import type { TableDescription } from "./describe-table.ts";
import { fileState, sameStates } from "./location-files.ts";
import type { FileState } from "./location-files.ts";
import { startLocationTask } from "./location-task.ts";
import type { LocationResult, LocationTask, RunningTask } from "./location-task.ts";
import { MmdbError } from "./mmdb/mmdb-error.ts";

export type LocationSourceOptions = {
  /** The operator's MaxMind DBs: none, one, or one for each address family. */
  readonly files: readonly string[];
  /** Where a compiled table is kept for the next start; without it, nowhere. */
  readonly cacheFile?: string;
  /** How often the files are looked at. */
  readonly pollIntervalMs?: number;
  readonly clock?: Clock;
  /** A table that takes the place of the one before; its buffer is never written again. */
  onTable(table: SharedArrayBuffer, description: TableDescription): void;
  /** Files that cannot be used, said once; the table before stays. */
  onProblem(problem: string): void;
};

export type LocationStatus = TableDescription & {
  /** Empty for the table that Signpost ships. */
  readonly files: readonly string[];
  readonly ageMs: number;
  /** The operator's data is older than such data is good for. */
  readonly isOld: boolean;
  /** What is wrong with the newest files, or with keeping their table. */
  readonly problem: string | undefined;
  readonly attribution: Attribution | undefined;
};

const pollIntervalMsDefault = 60_000;

/**
 * With `files` it starts with the table last compiled of them, else with the one that Signpost ships,
 * and follows the files from there: when they change they are compiled in a thread of its own, and
 * the table is given to `onTable`. The promise is kept once there is a first table. Without files
 * there is none before `load()`.
 */
export async function openLocationSource(options: LocationSourceOptions): Promise<LocationSource> {
  const source = new LocationSource(options);
  if (options.files.length > 0) await source.load();
  source.follow();
  return source;
}

export class LocationSource {
  readonly #options: LocationSourceOptions;
  readonly #clock: Clock;
  #files: readonly string[];
  #table: SharedArrayBuffer | undefined;
  #description: TableDescription | undefined;
  /** States of the files that the table was made of; empty for the one that Signpost ships. */
  #used: readonly FileState[] = [];
  /** States that were tried last, used or refused. */
  #tried: readonly FileState[] = [];
  /** States at the last look: files that still change are left alone. */
  #seen: readonly FileState[] = [];
  /** Kept once there is a table; `undefined` while nobody has asked for it. */
  #loaded: Promise<void> | undefined;
  #problem: string | undefined;
  #counts = { compiled: 0, refused: 0 };
  #running: RunningTask | undefined;
  /** The last of the works on the table; they are done one after the other. */
  #work: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: LocationSourceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#files = options.files;
  }

  /** Sees to it that there is a table, the first one where there is none yet. */
  load(): Promise<void> {
    this.#loaded ??= this.#queue(() => this.#loadFirst()).catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  async #loadFirst(): Promise<void> {
    const { cacheFile } = this.#options;
    const hasFiles = this.#files.length > 0;
    const kept = cacheFile && hasFiles ? await this.#run({ kind: "cached", cacheFile }) : undefined;
    const first = kept && this.#areOurs(kept.states) ? kept : await this.#run({ kind: "default" });
    if (first) this.#use(first);
    this.#tried = this.#used;
    if (hasFiles) void this.#queue(() => this.#compileIfNew());
  }

  /** Looks at the files from time to time. Called by `openLocationSource`. */
  follow(): void {
    if (this.#isStopped) return;
    const intervalMs = this.#options.pollIntervalMs ?? pollIntervalMsDefault;
    this.#timer = setTimeout(() => {
      const looked = this.#files.length > 0 ? this.check() : Promise.resolve();
      void looked.then(() => this.follow());
    }, intervalMs);
    this.#timer.unref();
  }

  /** The newest table, once one is loaded; look-ups begin with `new LocationView(table)`. */
  get table(): SharedArrayBuffer {
    return present(this.#table, "a location table is loaded");
  }

  /** Of the table, once one is loaded. */
  status(): LocationStatus {
    const description = present(this.#description, "a location table is loaded");
    const ageMs = Math.max(0, this.#clock.nowMs() - description.madeAtMs);
    const files = this.#used.map(({ path }) => path);
    return {
      ...description,
      files,
      ageMs,
      isOld: files.length > 0 && ageMs > locationAgeMaxMs,
      problem: this.#problem,
      attribution: attributionOf([description.source, ...files.map((path) => basename(path))]),
    };
  }

  /** Those of the table's data only while there is one. */
  metrics(): Metric[] {
    const outcomes = Object.entries(this.#counts);
    const tableSize = this.#table?.byteLength ?? 0;
    return [
      ...(this.#table ? dataMetrics(this.status()) : []),
      gauge("signpost_location_table_bytes", "Memory of the location table.", tableSize),
      gauge(
        "signpost_location_problem",
        "1 while the newest location files are not in use.",
        this.#problem ? 1 : 0,
      ),
      {
        name: "signpost_location_compilations_total",
        help: "Location files compiled, and those refused.",
        type: "counter",
        samples: outcomes.map(([outcome, value]) => ({ labels: { outcome }, value })),
      },
    ];
  }

  /**
   * Compiles other files, puts their table in place and follows them from now on; no files stand for
   * the table that Signpost ships. Files that are refused change nothing.
   * @throws MmdbError that names the file and what is wrong with it
   */
  async update(files: readonly string[]): Promise<LocationStatus> {
    if (files.length > locationFileCountMax) {
      const reason = `Cannot use location files: ${files.length}, limit ${locationFileCountMax}`;
      throw new MmdbError(reason);
    }
    // Whoever needs a table need not wait for the compilation.
    await this.load();
    return this.#queue(async () => {
      const states = await this.#make(files);
      this.#files = files;
      this.#tried = states;
      return this.status();
    });
  }

  /**
   * Looks whether the files have changed, as the timer does: when two looks in a row see the same
   * new state they are compiled. The promise is kept when that is done.
   */
  check(): Promise<void> {
    return this.#queue(async () => {
      const before = this.#seen;
      const states = await this.#currentStates();
      this.#seen = states ?? [];
      if (!states) return;
      if (sameStates(states, this.#used)) this.#problem = undefined;
      if (sameStates(states, before)) await this.#compileIfNew();
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#running?.stop();
    await this.#running?.ended;
    await this.#work;
  }

  /** Does a work when those before it are done, whatever became of them. */
  #queue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }

  /** The states of all files; `undefined`, with a problem told, while one is not there. */
  async #currentStates(): Promise<readonly FileState[] | undefined> {
    try {
      return await Promise.all(this.#files.map(fileState));
    } catch (error) {
      this.#tell(`Cannot use location file: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #compileIfNew(): Promise<void> {
    const states = await this.#currentStates();
    if (!states || sameStates(states, this.#tried)) return;
    this.#tried = states;
    try {
      this.#tried = await this.#make(this.#files);
    } catch (error) {
      if (!this.#isStopped) this.#tell((error as Error).message);
    }
  }

  /** Makes the table of `files` and puts it in place; the states they were read in. */
  async #make(files: readonly string[]): Promise<readonly FileState[]> {
    try {
      const result = present(await this.#run(this.#taskFor(files)), "only a cache may be empty");
      this.#use(result);
      if (files.length > 0) this.#counts.compiled++;
      return result.states;
    } catch (error) {
      this.#counts.refused++;
      throw error;
    }
  }

  #taskFor(files: readonly string[]): LocationTask {
    if (files.length === 0) return { kind: "default" };
    const { cacheFile } = this.#options;
    return { kind: "compile", paths: files, ...(cacheFile ? { cacheFile } : {}) };
  }

  /** What the thread made. The next work waits for its end: one at a time writes the cache. */
  async #run(task: LocationTask): Promise<LocationResult | undefined> {
    if (this.#isStopped) throw new MmdbError("Cannot make location table: stopped");
    const running = startLocationTask(task, { onNotKept: (reason) => this.#tell(reason) });
    this.#running = running;
    const result = await running.result;
    void this.#queue(() => running.ended);
    return result;
  }

  #areOurs(states: readonly FileState[]): boolean {
    return states.map(({ path }) => path).join("\n") === this.#files.join("\n");
  }

  #use({ table, states }: LocationResult): void {
    if (this.#isStopped) return;
    this.#table = table;
    this.#description = describeTable(new LocationView(table));
    this.#used = states;
    this.#problem = undefined;
    accountSharedMemory(table.byteLength);
    this.#options.onTable(table, this.#description);
  }

  #tell(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#options.onProblem(problem);
  }
}

function dataMetrics({
  ageMs,
  madeAtMs,
  ipv4RangeCount,
  ipv6RangeCount,
}: LocationStatus): Metric[] {
  return [
    gauge(
      "signpost_location_data_age_seconds",
      "Age of the location data.",
      Math.round(ageMs / 1000),
    ),
    gauge(
      "signpost_location_data_made_timestamp_seconds",
      "When the location data was made.",
      madeAtMs / 1000,
    ),
    {
      name: "signpost_location_ranges",
      help: "Ranges of addresses in the location table.",
      type: "gauge",
      samples: [
        { labels: { family: "ipv4" }, value: ipv4RangeCount },
        { labels: { family: "ipv6" }, value: ipv6RangeCount },
      ],
    },
  ];
}
