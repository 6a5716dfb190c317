import { mkdirSync } from "node:fs";
import { MessageChannel, Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { openStateReader } from "../state/sqlite-state-reader.ts";
import type { Damage, StateReader } from "../state/state-reader.ts";
import { ChangeLogClient } from "./change-log-client.ts";
import { StoreError } from "./change-log.ts";
import { lockDataDir } from "./store-lock.ts";
import type { StoreCommand, StoreReport } from "./store-messages.ts";

export type Store = {
  /** For the calling thread; other threads call `openStateReader(dataDir)`. */
  state: StateReader;
  log: ChangeLogClient;
  /** What the check at start found; empty where all was well. */
  damage: Damage[];
  /** A port for another thread, to be transferred there and given to `new ChangeLogClient`. */
  connect(): MessagePort;
  /** Called once if the store thread dies; the process should then end and start again. */
  onFailure(listener: (error: Error) => void): void;
  /** Finishes what waits, makes the database file complete, frees the directory. */
  close(): Promise<void>;
};

/** A store whose thread still checks the data directory. */
export type OpeningStore = {
  /** Settles when the check has ended. */
  store: Promise<Store>;
  /** As `Store.connect()`: the port says `connected` when the store is open. */
  connect(): MessagePort;
};

/**
 * Opens the data directory (made if it is not there) and starts the store thread.
 * @throws StoreError where the directory is in use, or there is no state to start from
 */
export async function openStore(dataDir: string): Promise<Store> {
  return beginOpenStore(dataDir).store;
}

/**
 * As `openStore`, for a caller with something else to do while the directory is checked.
 * @throws StoreError where the directory is in use
 */
export function beginOpenStore(dataDir: string): OpeningStore {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockDataDir(dataDir);
  const worker = new Worker(new URL("./store-thread.ts", import.meta.url), {
    workerData: { dataDir },
    name: "store",
    resourceLimits: { maxYoungGenerationSizeMb: 6 },
  });
  return { store: finishOpenStore(dataDir, { worker, unlock }), connect: () => connect(worker) };
}

async function finishOpenStore(dataDir: string, started: Omit<Parts, "damage">): Promise<Store> {
  const { worker, unlock } = started;
  try {
    const damage = await readyReport(worker);
    return new OpenStore(dataDir, { ...started, damage });
  } catch (error) {
    await worker.terminate();
    unlock();
    throw error;
  }
}

function connect(worker: Worker): MessagePort {
  const { port1, port2 } = new MessageChannel();
  command(worker, { kind: "connect", port: port2 }, [port2]);
  return port1;
}

function command(worker: Worker, message: StoreCommand, transfer: MessagePort[] = []): void {
  worker.postMessage(message, transfer);
}

function readyReport(worker: Worker): Promise<Damage[]> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (report: StoreReport) => {
      worker.off("error", reject);
      if (report.kind === "ready") resolve(report.damage);
      else reject(new StoreError(report.kind === "refused" ? report.message : report.kind));
    });
  });
}

type Parts = { worker: Worker; damage: Damage[]; unlock(): void };

class OpenStore implements Store {
  readonly state: StateReader;
  readonly log: ChangeLogClient;
  readonly damage: Damage[];
  readonly #worker: Worker;
  readonly #unlock: () => void;
  readonly #listeners: ((error: Error) => void)[] = [];
  readonly #exited: Promise<void>;
  #closing = false;

  constructor(dataDir: string, { worker, damage, unlock }: Parts) {
    this.damage = damage;
    this.#worker = worker;
    this.#unlock = unlock;
    this.#exited = new Promise((resolve) => worker.once("exit", () => resolve()));
    worker.on("error", (error) => this.#failed(error as Error));
    worker.on("exit", () => this.#failed(new StoreError("The store thread has ended")));
    this.state = openStateReader(dataDir);
    this.log = new ChangeLogClient(this.connect());
  }

  connect(): MessagePort {
    return connect(this.#worker);
  }

  onFailure(listener: (error: Error) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    if (this.#closing) return this.#exited;
    this.#closing = true;
    await this.log.drain();
    // Readers gone, the last checkpoint can empty the write-ahead log.
    this.state.close();
    command(this.#worker, { kind: "stop" });
    await this.#exited;
    this.log.close();
    this.#unlock();
  }

  #failed(error: Error): void {
    this.log.gone(error.message);
    if (!this.#closing) for (const listener of this.#listeners.splice(0)) listener(error);
  }
}
