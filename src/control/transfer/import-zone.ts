import { randomUUID } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { importPieceSizeMax, importPiecesInFlightMax } from "../../base/limits.ts";
import { StoreError, StoreFullError } from "../log/change-log.ts";
import type { ChangeLog, Staged } from "../log/change-log.ts";
import { isApexSet } from "../model/hosted-zone.ts";
import { zoneSubject } from "../model/mutation.ts";
import type { Mutation } from "../model/mutation.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import type { StateReader } from "../state/state-reader.ts";
import type { Findings } from "./findings.ts";
import type {
  FromImportThread,
  ImportProgress,
  ImportThreadData,
  ToImportThread,
} from "./import-messages.ts";
import { TransferError } from "./transfer-error.ts";

export type ImportJob = {
  state: StateReader;
  log: ChangeLog;
  /** Opens a port of the import thread's own to the store: `Store.connect()`. */
  connectStore(): MessagePort;
  zoneId: string;
  /** As in `HostedZone.name`. */
  zoneName: string;
  /** Allows the file to take the place of what the zone holds beside its SOA and NS. */
  replace: boolean;
  /** The master file's octets. */
  input: AsyncIterable<Uint8Array>;
  onProgress?(progress: ImportProgress): void;
};

/** Either the zone is imported whole, or nothing is and `refused` says why. */
export type ImportOutcome =
  | { imported: { seq: number; records: number; rrsets: number; warnings: Findings } }
  | { refused: Findings };

/**
 * Reads a master file into a hosted zone: all of it as one entry of the log, or nothing.
 *
 * A thread of its own reads the file and stages the sets beside the zone; they are adopted at the
 * end, if nothing was refused and the zone has not changed meanwhile.
 * @throws TransferError; StoreError where the store refuses; what `input` throws
 */
export async function importZone(job: ImportJob): Promise<ImportOutcome> {
  const { head, ownSets } = lookAtZone(job);
  const importId = randomUUID();
  try {
    const result = await runImportThread(job, importId, ownSets);
    if (result.refused.count > 0) {
      await job.log.discardImport(importId);
      return { refused: result.refused };
    }
    const { records, staged, warnings } = result;
    const seq = await adopt(job, { head, importId, staged });
    return { imported: { seq, records, rrsets: staged.count, warnings } };
  } catch (error) {
    await job.log.discardImport(importId).catch(() => {});
    throw error;
  }
}

type ZoneBefore = { head: number; ownSets: ResourceRecordSet[] };

/** Checks that the zone may take an import, and remembers its SOA, its NS and its head. */
function lookAtZone({ state, zoneId, zoneName, replace }: ImportJob): ZoneBefore {
  return state.read(() => {
    const zone = { name: zoneName };
    const ownSets = state.rrsetsAt(zoneId, zoneName).filter((rrset) => isApexSet(zone, rrset));
    const others = state.rrsetCount(zoneId) - ownSets.length;
    if (others > 0 && !replace) {
      throw new TransferError(
        "ZoneNotEmpty",
        `Cannot import into zone ${zoneName}: it holds ${others} sets beside its SOA and NS` +
          " (--replace puts the file in their place)",
      );
    }
    if (state.count("rrsetProtection", [zoneId]) > 0) {
      throw new TransferError(
        "ZoneProtected",
        `Cannot import into zone ${zoneName}: record protections are on it; delete them first`,
      );
    }
    if (state.count("trafficPolicyInstanceByZone", [zoneId]) > 0) {
      throw new TransferError(
        "ZoneNotEmpty",
        `Cannot import into zone ${zoneName}: it has traffic policy instances; delete them first`,
      );
    }
    return { head: state.head(zoneSubject(zoneId)), ownSets };
  });
}

type ReadResult = Extract<FromImportThread, { kind: "done" }>;

/** Runs the import thread to its end. */
async function runImportThread(
  job: ImportJob,
  importId: string,
  ownSets: ResourceRecordSet[],
): Promise<ReadResult> {
  const storePort = job.connectStore();
  const workerData: ImportThreadData = { zoneName: job.zoneName, ownSets, importId, storePort };
  const url = new URL("./import-thread.ts", import.meta.url);
  const thread = new Worker(url, { workerData, transferList: [storePort] });
  const pieces = new PieceWindow();
  try {
    const result = resultOf(thread, pieces, job.onProgress);
    // Either side's failure ends the wait for the other; the thread ends in any case.
    return (await Promise.all([result, sendFile(job.input, thread, pieces)]))[0];
  } finally {
    pieces.close();
    await thread.terminate();
  }
}

function resultOf(
  thread: Worker,
  pieces: PieceWindow,
  onProgress: ImportJob["onProgress"],
): Promise<ReadResult> {
  return new Promise((resolve, reject) => {
    thread.on("message", (message: FromImportThread) => {
      if (message.kind === "taken") pieces.taken();
      else if (message.kind === "progress") onProgress?.(message);
      else if (message.kind === "done") resolve(message);
      else reject(new (message.full ? StoreFullError : StoreError)(message.message));
    });
    thread.on("error", reject);
    const gone = "Cannot import: the import thread has ended";
    thread.on("exit", () => reject(new TransferError("ImportFailed", gone)));
  });
}

async function sendFile(
  input: AsyncIterable<Uint8Array>,
  thread: Worker,
  pieces: PieceWindow,
): Promise<void> {
  for await (const octets of input) {
    for (let at = 0; at < octets.length; at += importPieceSizeMax) {
      if (!(await pieces.room())) return;
      // A copy: slice() of a Buffer is a view, and its memory belongs to the HTTP parser.
      const piece = new Uint8Array(octets.subarray(at, at + importPieceSizeMax));
      const message: ToImportThread = { kind: "piece", octets: piece };
      thread.postMessage(message, [piece.buffer as ArrayBuffer]);
    }
  }
  thread.postMessage({ kind: "end" } satisfies ToImportThread);
}

/** Counts the pieces under way to the thread. */
class PieceWindow {
  #underWay = 0;
  #closed = false;
  #wake: () => void = () => {};

  /** Waits until one more may be sent. False: the thread takes no more. */
  async room(): Promise<boolean> {
    while (!this.#closed && this.#underWay >= importPiecesInFlightMax) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#underWay++;
    return !this.#closed;
  }

  taken(): void {
    this.#underWay--;
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }
}

/**
 * Takes what the zone's former sets used out of the indexes; a master file's sets use nothing. Record
 * extensions stay, and with them what they use.
 */
function formerUses({ state, zoneId }: ImportJob): Mutation[] {
  const tables = [
    { table: "cidrLocationUse", zoneAt: 2 },
    { table: "healthCheckUse", zoneAt: 1 },
  ] as const;
  return tables.flatMap(({ table, zoneAt }) =>
    state
      .list(table)
      .filter(({ key }) => key[zoneAt] === zoneId && !key.at(-1)?.startsWith("extension "))
      .map(({ key }): Mutation => ({ remove: table, key })),
  );
}

type Adoption = { head: number; importId: string; staged: Staged };

async function adopt(job: ImportJob, { head, importId, staged }: Adoption): Promise<number> {
  const { zoneId, zoneName, log } = job;
  const mutations = [{ adoptImport: zoneId, importId, ...staged }, ...formerUses(job)];
  const entry = { action: "signpost:ImportZone", mutations };
  const appended = await log.append(zoneSubject(zoneId), head, entry);
  if (appended !== "conflict") return appended.seq;
  throw new TransferError(
    "ZoneChanged",
    `Cannot import into zone ${zoneName}: it was changed while the file was read; try again`,
  );
}
