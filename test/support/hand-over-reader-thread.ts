/** Tells the view of each query that it takes; for hand-over.test.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { HandOverReader } from "../../src/resolver/front/hand-over-reader.ts";

const reader = new HandOverReader(workerData as SharedArrayBuffer);
/** Nothing but a message keeps a thread alive that waits for shared memory. */
parentPort?.on("message", () => undefined);
parentPort?.postMessage("ready");
for (;;) {
  await reader.wait(60_000);
  for (let query = reader.take(); query; query = reader.take()) parentPort?.postMessage(query.view);
}
