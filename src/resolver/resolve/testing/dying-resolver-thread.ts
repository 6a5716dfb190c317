/** The resolver thread, which dies when locations are taken away from it. */
import { parentPort } from "node:worker_threads";
import type { ToResolver } from "../resolver-messages.ts";

await import("../resolver-thread.ts");
parentPort?.on("message", (message: ToResolver) => {
  if (message.kind === "locations" && message.locations === null) throw new Error("a defect");
});
