/**
 * A thread that is one location of this process: it runs the checker that `signpost checker` runs,
 * gets its lists by message and posts its table every half second.
 */
import { parentPort, workerData } from "node:worker_threads";
import { present } from "../../base/assert.ts";
import { keepMemorySmall } from "../../base/keep-memory-small.ts";
import { createLogger } from "../../telemetry/logger.ts";
import { decodeCheckList } from "./check-list.ts";
import { runChecker } from "./checker.ts";
import type { CheckerThreadData, FromCheckerThread, ToCheckerThread } from "./checker-messages.ts";
import { realChecker } from "./real-checker.ts";

const port = present(parentPort, "runs as a worker thread");
const { location, scriptsAllowed, logLevel } = workerData as CheckerThreadData;
const logger = createLogger(logLevel).child({ location });
const { checker, killScripts } = realChecker({ location, scriptsAllowed, logger });

port.on("message", (message: ToCheckerThread) => {
  if (message.kind === "stop") {
    killScripts();
    process.exit();
  }
  try {
    checker.setList(decodeCheckList(message.list));
  } catch (error) {
    // What runs goes on: a thread that died of its list would die of it again.
    logger.error({ err: error }, "cannot take list of checks");
  }
});

keepMemorySmall();
runChecker(checker, (table) => {
  port.postMessage({ table } satisfies FromCheckerThread, [table.buffer]);
});
