/** Stands for a checker's thread: it posts the lists it gets, and dies of the list "die". */
import { parentPort, workerData } from "node:worker_threads";
import type { CheckerThreadData, ToCheckerThread } from "../checker-messages.ts";

const { location } = workerData as CheckerThreadData;
const text = (what: string): void => {
  parentPort?.postMessage({ table: new TextEncoder().encode(what) });
};

text(`started ${location}`);
parentPort?.on("message", (message: ToCheckerThread) => {
  if (message.kind === "stop") process.exit();
  const what = new TextDecoder().decode(message.list);
  if (what === "die") throw new Error("a defect");
  text(`list ${what}`);
});
