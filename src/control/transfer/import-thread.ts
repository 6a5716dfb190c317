/**
 * The thread that reads a master file for `importZone`: pieces of the file come in, resource record
 * sets go to the store in chunks, and the final report goes out.
 */
import { parentPort, workerData } from "node:worker_threads";
import { present } from "../../base/assert.ts";
import { importChunkCountMax, importChunksInFlightMax } from "../../base/limits.ts";
import { ChangeLogClient } from "../log/change-log-client.ts";
import { StoreError, StoreFullError } from "../log/change-log.ts";
import type { Staged } from "../log/change-log.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import type { FromImportThread, ImportThreadData, ToImportThread } from "./import-messages.ts";
import { MasterFileImport } from "./master-file-import.ts";

const port = present(parentPort, "runs as a worker thread");
const data = workerData as ImportThreadData;
const log = new ChangeLogClient(data.storePort);
const file = new MasterFileImport(data);

port.on("message", (message: ToImportThread) => {
  if (message.kind === "piece") {
    file.push(message.octets);
    post({ kind: "progress", stage: "reading", done: file.recordCount });
    post({ kind: "taken" });
  } else {
    void finish();
  }
});

async function finish(): Promise<void> {
  file.end();
  let staged: Staged;
  try {
    staged = await stageSets();
  } catch (error) {
    // Anything but the store's refusal is a bug: it ends the thread.
    if (!(error instanceof StoreError)) throw error;
    const full = error instanceof StoreFullError;
    return post({ kind: "refused", message: error.message, full });
  }
  const { recordCount: records, refused, warnings } = file;
  file.close();
  post({
    kind: "done",
    records,
    staged,
    refused: refused.toFindings(),
    warnings: warnings.toFindings(),
  });
}

/** Stages all sets; from the first refusal on it only looks for others. */
async function stageSets(): Promise<Staged> {
  let staged: Staged = { count: 0, hash: "" };
  const underWay: Promise<Staged>[] = [];
  for (const chunk of chunksOf(file.rrsets())) {
    if (file.refused.count > 0) continue;
    const staging = log.stageRRsets(data.importId, chunk);
    // Awaited below, in order; a later one that fails first waits for its turn.
    staging.catch(() => {});
    underWay.push(staging);
    if (underWay.length >= importChunksInFlightMax) staged = (await underWay.shift()) ?? staged;
    post({ kind: "progress", stage: "storing", done: file.groupedCount, total: file.recordCount });
  }
  // Replies come in order: the last one counts everything.
  for (const last of await Promise.all(underWay)) staged = last;
  return staged;
}

function* chunksOf(rrsets: Iterable<ResourceRecordSet>): Generator<ResourceRecordSet[]> {
  let chunk: ResourceRecordSet[] = [];
  for (const rrset of rrsets) {
    if (chunk.push(rrset) < importChunkCountMax) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function post(message: FromImportThread): void {
  port.postMessage(message);
}
