/**
 * A thread that compiles one big zone and ends, so that the compiler's own thread goes on patching.
 * Its one message is a `CompileResult`, or `null` where the zone is gone.
 */
import { parentPort, workerData } from "node:worker_threads";
import { present } from "../../base/assert.ts";
import type { HostedZone } from "../model/hosted-zone.ts";
import { openStateReader } from "../state/sqlite-state-reader.ts";
import type { BuildThreadData } from "./compiler-messages.ts";
import { ZoneCompiler } from "./zone-compiler.ts";

const port = present(parentPort, "runs as a worker thread");
const { dataDir, seed, zoneId } = workerData as BuildThreadData;
const state = openStateReader(dataDir);
const compiler = new ZoneCompiler(state, { seed });

port.postMessage(
  state.read(() => {
    const zone = state.get<HostedZone>("hostedZone", [zoneId]);
    return zone ? compiler.compile(zone) : null;
  }),
);
state.close();
