/** The health thread, which dies when it is told of an event with the message "die". */
import { parentPort } from "node:worker_threads";
import type { ToHealth } from "../health-messages.ts";
import "../health-thread.ts";

parentPort?.on("message", (message: ToHealth) => {
  if (message.kind !== "record" || message.event.type !== "test") return;
  if (message.event.message === "die") throw new Error("told to die");
});
