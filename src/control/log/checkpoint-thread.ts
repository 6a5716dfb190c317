/** A thread that moves the write-ahead log into the database file and ends; workerData is the file's path. */
import { workerData } from "node:worker_threads";
import { openForWriting } from "../state/schema.ts";

const db = openForWriting(workerData as string);
try {
  // PASSIVE waits for nobody, and nobody waits for it: the store goes on appending to the log.
  db.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
} finally {
  db.close();
}
