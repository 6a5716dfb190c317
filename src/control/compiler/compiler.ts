import { Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { KeptThread } from "../../base/kept-thread.ts";
import { compilerStopMaxMs } from "../../base/limits.ts";
import { OpenQuestions } from "../../base/open-questions.ts";
import type { CompileProblem } from "./compile-problem.ts";
import type {
  CompilerCounts,
  CompilerThreadData,
  FromCompiler,
  ImageUpdate,
  ImageUpdates,
  ToCompiler,
} from "./compiler-messages.ts";
import { LOCATIONS, locationsWord, setLocations } from "./wanted-locations.ts";

export type CompilerOptions = {
  dataDir: string;
  /** Opens a port to the store: `Store.connect()`. */
  connectStore(): MessagePort;
  /** Whether images of private zones are made, too, for a resolver; default no. */
  privateZones?: boolean;
  /**
   * The first set asks for clients' places: resolves once all who answer have a location table. No
   * such set is given out before; default: they have one.
   */
  provideLocations?(): Promise<void>;
  /** While all zones are compiled at start. */
  onProgress?(done: number, total: number): void;
  /** The thread died and is started again; the images it made go on serving. */
  onRestart?(error: Error): void;
};

/** An image for the name server's `publish`: `zoneKey` is the same for a zone as long as it lasts. */
export type KeyedUpdate = ImageUpdate & { zoneKey: number };

export type CompilerBatch = Omit<ImageUpdates, "updates" | "alarms"> & { updates: KeyedUpdate[] };

/** Zone images that follow the log, as the main thread sees them. */
export type Compiler = {
  /** Calls `listener` with each batch, in order; those before the call come first. */
  onUpdates(listener: (batch: CompilerBatch) => void): void;
  /**
   * Every zone is compiled, or has an alarm; its batches have been given out. Rejects where locations
   * are needed before that and cannot be provided.
   */
  readonly ready: Promise<void>;
  /** The zones that cannot be compiled; they go on with the image they had, if any. */
  alarms(): readonly CompileProblem[];
  counts(): CompilerCounts;
  /** The image of a zone that is served, or one made now of any other; none: it does not compile. */
  imageOf(zoneId: string): Promise<SharedArrayBuffer | undefined>;
  stop(): Promise<void>;
};

/** Starts the thread that compiles zones, and starts it again should it die. */
export function startCompiler(options: CompilerOptions): Compiler {
  return new CompilerFacade(options);
}

/** What it needs for longer than one set is the images, which V8 does not hold. */
const resourceLimits = { maxYoungGenerationSizeMb: 6 };

class CompilerFacade implements Compiler {
  readonly ready: Promise<void>;
  readonly #options: CompilerOptions;
  readonly #zones = new Map<string, { zoneKey: number; isPrivate: boolean }>();
  readonly #questions = new OpenQuestions();
  readonly #locations = locationsWord();
  readonly #thread: KeptThread<ToCompiler, FromCompiler>;
  #listener: ((batch: CompilerBatch) => void) | undefined;
  #early: CompilerBatch[] = [];
  #alarms: readonly CompileProblem[] = [];
  /** Of the thread that runs, and of those before it. */
  #counts: CompilerCounts = { compiled: 0, patched: 0, failed: 0 };
  #earlierCounts: CompilerCounts = { compiled: 0, patched: 0, failed: 0 };
  #nextKey = 1;
  /** While a thread that was started again compiles all zones: those it has not named yet. */
  #unnamed: Set<string> | undefined;
  #onReady: () => void = () => {};
  #onFailure: (error: Error) => void = () => {};

  constructor(options: CompilerOptions) {
    this.#options = options;
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = resolve;
      this.#onFailure = reject;
    });
    this.ready.catch(() => undefined);
    if (!options.provideLocations) setLocations(this.#locations, LOCATIONS.PROVIDED);
    this.#thread = new KeptThread({
      name: "the compiler's thread",
      stopMaxMs: compilerStopMaxMs,
      start: () => this.#start(),
      onMessage: (message) => this.#receive(message),
      onDeath: (error) => this.#forget(error),
    });
  }

  onUpdates(listener: (batch: CompilerBatch) => void): void {
    this.#listener = listener;
    for (const batch of this.#early) listener(batch);
    this.#early = [];
  }

  alarms(): readonly CompileProblem[] {
    return this.#alarms;
  }

  counts(): CompilerCounts {
    return addCounts(this.#earlierCounts, this.#counts);
  }

  imageOf(zoneId: string): Promise<SharedArrayBuffer | undefined> {
    if (!this.#thread.isRunning) return Promise.resolve(undefined);
    const image = this.#questions.ask((id) => this.#thread.post({ kind: "imageOf", id, zoneId }));
    return image as Promise<SharedArrayBuffer | undefined>;
  }

  stop(): Promise<void> {
    this.#questions.answerAll(undefined);
    return this.#thread.stop({ kind: "stop" });
  }

  #start(): Worker {
    const { dataDir, privateZones = false } = this.#options;
    const storePort = this.#options.connectStore();
    const locations = this.#locations;
    const workerData: CompilerThreadData = { dataDir, storePort, privateZones, locations };
    const url = new URL("./compiler-thread.ts", import.meta.url);
    return new Worker(url, { workerData, transferList: [storePort], resourceLimits });
  }

  /** What the next thread will begin anew. */
  #forget(error: Error): void {
    this.#options.onRestart?.(error);
    this.#questions.answerAll(undefined);
    this.#earlierCounts = this.counts();
    this.#counts = { compiled: 0, patched: 0, failed: 0 };
    this.#unnamed = new Set(this.#zones.keys());
  }

  #receive(message: FromCompiler): void {
    switch (message.kind) {
      case "progress":
        return this.#options.onProgress?.(message.done, message.total);
      case "updates":
        return this.#take(message.batch);
      case "locations":
        return void this.#provideLocations();
      case "ready":
        return this.#finishStart();
      case "image":
        this.#questions.answer(message.id, message.image ?? undefined);
    }
  }

  async #provideLocations(): Promise<void> {
    try {
      await this.#options.provideLocations?.();
      setLocations(this.#locations, LOCATIONS.PROVIDED);
    } catch (error) {
      this.#onFailure(error as Error);
      setLocations(this.#locations, LOCATIONS.FAILED);
    }
  }

  #take({ alarms, updates, ...rest }: ImageUpdates): void {
    if (alarms) this.#alarms = alarms;
    this.#counts = rest.counts;
    this.#give({ ...rest, updates: updates.map((update) => this.#keyed(update)) });
  }

  #keyed(update: ImageUpdate): KeyedUpdate {
    const { zoneId } = update;
    this.#unnamed?.delete(zoneId);
    const zoneKey = this.#zones.get(zoneId)?.zoneKey ?? this.#nextKey++;
    if (update.image) this.#zones.set(zoneId, { zoneKey, isPrivate: update.isPrivate });
    else this.#zones.delete(zoneId);
    return { ...update, zoneKey };
  }

  #withdraw(zoneId: string): KeyedUpdate {
    const isPrivate = this.#zones.get(zoneId)?.isPrivate ?? false;
    return this.#keyed({ zoneId, zoneName: "", isPrivate, image: null, flags: 0 });
  }

  #give(batch: CompilerBatch): void {
    if (this.#listener) this.#listener(batch);
    else this.#early.push(batch);
  }

  /** Takes back what a thread that died served and the new one does not. */
  #finishStart(): void {
    const gone = [...(this.#unnamed ?? [])];
    this.#unnamed = undefined;
    if (gone.length > 0) {
      const alarmed = new Set(this.#alarms.map(({ zoneId }) => zoneId));
      const updates = gone
        .filter((zoneId) => !alarmed.has(zoneId))
        .map((zoneId) => this.#withdraw(zoneId));
      this.#give({ seq: 0, updates, notes: [], counts: this.#counts });
    }
    this.#onReady();
  }
}

function addCounts(a: CompilerCounts, b: CompilerCounts): CompilerCounts {
  return {
    compiled: a.compiled + b.compiled,
    patched: a.patched + b.patched,
    failed: a.failed + b.failed,
  };
}
