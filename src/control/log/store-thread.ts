import { Worker, parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { statSync } from "node:fs";
import { join } from "node:path";
import { present } from "../../base/assert.ts";
import { systemClock } from "../../base/clock.ts";
import { keepMemorySmall } from "../../base/keep-memory-small.ts";
import {
  checkpointRetryMs,
  commitGroupCountMax,
  storeQueueCountMax,
  walSizeMax,
} from "../../base/limits.ts";
import type { Committed } from "../model/committed.ts";
import { databaseFileName } from "../state/schema.ts";
import { StoreError, StoreFullError } from "./change-log.ts";
import { openForStore } from "./open-for-store.ts";
import type { OpenedStore } from "./open-for-store.ts";
import type { StoreCommand, StoreReply, StoreReport, StoreRequest } from "./store-messages.ts";
import { discardRequest, stageRequest } from "./store-writer.ts";
import type { AppendOutcome, AppendRequest, StoreWriter } from "./store-writer.ts";

type Waiting = { request: StoreRequest; port: MessagePort };

/**
 * The event loop of the store thread: collects what all clients ask for, commits it in groups,
 * replies after the commit. Staging goes one chunk at a time, behind everything else.
 */
class StoreLoop {
  readonly #writer: StoreWriter;
  readonly #opened: OpenedStore;
  readonly #databasePath: string;
  readonly #ports = new Set<MessagePort>();
  readonly #appends: Waiting[] = [];
  readonly #stages: Waiting[] = [];
  #scheduled = false;
  #stopping = false;
  #purging = true;
  #nextCheckpointMs = 0;
  /** A thread moves what the write-ahead log has. */
  #isMoving = false;

  constructor(opened: OpenedStore, dataDir: string) {
    this.#opened = opened;
    this.#writer = opened.writer;
    this.#databasePath = join(dataDir, databaseFileName);
    this.#schedule();
  }

  connect(port: MessagePort): void {
    this.#ports.add(port);
    port.on("message", (request: StoreRequest) => this.#accept({ request, port }));
    port.on("close", () => this.#ports.delete(port));
    port.postMessage({ kind: "connected" } satisfies StoreReply);
  }

  /** Finishes what waits, then makes the database file complete. */
  stop(): void {
    this.#stopping = true;
    this.#schedule();
  }

  #accept(waiting: Waiting): void {
    if (this.#appends.length + this.#stages.length >= storeQueueCountMax || this.#stopping) {
      const why = this.#stopping ? "the store is stopping" : `${storeQueueCountMax} changes wait`;
      return reply(waiting, new StoreError(`Cannot append change: ${why}`));
    }
    (waiting.request.kind === "stage" ? this.#stages : this.#appends).push(waiting);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    const group = this.#appends.splice(0, commitGroupCountMax);
    if (group.length > 0) this.#commit(group);
    const stage = this.#stages.shift();
    if (stage) this.#commit([stage]);
    this.#checkpointIfLong();
    const waits = this.#appends.length + this.#stages.length > 0;
    if (!waits && this.#stopping) return this.#isMoving ? undefined : this.#finish();
    if (!waits && this.#purging) this.#purging = this.#writer.purge();
    if (waits || this.#purging) this.#schedule();
  }

  /** The whole group is on stable storage when `commitGroup` returns; only then come replies. */
  #commit(group: readonly Waiting[]): void {
    const { outcomes, committed } = this.#writer.commitGroup(group.map(appendRequestOf));
    if (committed.length > 0) this.#announce(committed);
    group.forEach((waiting, i) => this.#reply(waiting, outcomes[i] as AppendOutcome));
  }

  #announce(entries: Committed[]): void {
    const message: StoreReply = { kind: "committed", entries };
    for (const port of this.#ports) port.postMessage(message);
    // Dropped zones and replaced imports leave rows behind.
    if (entries.some((entry) => entry.zones.some((zone) => zone.names === "all"))) {
      this.#purging = true;
    }
    if (entries.some((entry) => entry.action === "Discard")) this.#purging = true;
  }

  #reply(waiting: Waiting, outcome: AppendOutcome): void {
    const { request, port } = waiting;
    if (request.kind !== "stage" || outcome instanceof StoreError) return reply(waiting, outcome);
    const result = this.#writer.staged(request.importId);
    port.postMessage({ kind: "staged", id: request.id, result } satisfies StoreReply);
  }

  /** The bulk is moved by a thread of its own: 32 MiB keep the disk busy for a tenth of a second. */
  #checkpointIfLong(): void {
    if (this.#isMoving) return;
    const { journalIsLong, journalIsTrusted } = this.#writer;
    const isLong = journalIsLong || sizeOf(`${this.#databasePath}-wal`) > walSizeMax;
    if (!isLong && journalIsTrusted) return;
    const nowMs = performance.now();
    if (nowMs < this.#nextCheckpointMs) return;
    this.#nextCheckpointMs = nowMs + checkpointRetryMs;
    // Every append waits for this one.
    if (!journalIsTrusted) return this.#checkpoint();
    this.#isMoving = true;
    const script = new URL("./checkpoint-thread.ts", import.meta.url);
    const thread = new Worker(script, { name: "checkpoint", workerData: this.#databasePath });
    // What it could not do, the store tries itself.
    thread.on("error", () => {});
    thread.on("exit", () => {
      this.#isMoving = false;
      this.#checkpoint();
      this.#schedule();
    });
  }

  #checkpoint(): void {
    try {
      if (this.#writer.checkpoint()) this.#nextCheckpointMs = 0;
    } catch {
      // Nothing is lost, the journal keeps growing; the next append tells if the disk is full.
    }
  }

  #finish(): void {
    this.#opened.close();
    for (const port of this.#ports) {
      port.postMessage({ kind: "gone", message: "the store has stopped" } satisfies StoreReply);
      port.close();
    }
    report({ kind: "stopped" });
    parent.close();
  }
}

function appendRequestOf({ request }: Waiting): AppendRequest {
  if (request.kind === "append") return request;
  if (request.kind === "discard") return discardRequest(request.importId);
  return stageRequest(request.importId, request.json);
}

function reply({ request, port }: Waiting, outcome: AppendOutcome): void {
  const { id } = request;
  const message: StoreReply =
    outcome instanceof StoreError
      ? { kind: "failed", id, message: outcome.message, full: outcome instanceof StoreFullError }
      : { kind: "appended", id, result: outcome };
  port.postMessage(message);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function report(message: StoreReport): void {
  parent.postMessage(message);
}

const parent = present(parentPort, "the store runs in a worker thread");
const { dataDir } = workerData as { dataDir: string };
try {
  const opened = openForStore(dataDir, { clock: systemClock });
  const loop = new StoreLoop(opened, dataDir);
  parent.on("message", (command: StoreCommand) => {
    if (command.kind === "connect") loop.connect(command.port);
    else loop.stop();
  });
  report({ kind: "ready", damage: opened.damage });
  keepMemorySmall();
} catch (error) {
  report({ kind: "refused", message: (error as Error).message });
}
