import type { MessagePort } from "node:worker_threads";
import type { Staged } from "../log/change-log.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import type { Findings } from "./findings.ts";

/** What the import thread is started with. */
export type ImportThreadData = {
  zoneName: string;
  ownSets: ResourceRecordSet[];
  importId: string;
  /** To the store, for a `ChangeLogClient` of the thread's own. */
  storePort: MessagePort;
};

/** From the main thread to the import thread. */
export type ToImportThread =
  /** A piece of the file, in order. */
  | { kind: "piece"; octets: Uint8Array }
  /** The file is complete. */
  | { kind: "end" };

/** From the import thread to the main thread. */
export type FromImportThread =
  /** A piece has been read. */
  | { kind: "taken" }
  | ({ kind: "progress" } & ImportProgress)
  /** The last message: all sets are staged, unless anything was refused. */
  | { kind: "done"; records: number; staged: Staged; refused: Findings; warnings: Findings }
  /** The last message: the store refused, because its disk is full or for another reason. */
  | { kind: "refused"; message: string; full: boolean };

/** Records done in this stage; in the first one nobody knows how many there will be. */
export type ImportProgress = { stage: "reading" | "storing"; done: number; total?: number };
