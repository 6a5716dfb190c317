/**
 * A thread that compiles one big zone, keeps the image in the cache and ends, so that the compiler's
 * own thread goes on patching. Its one message is a `BuildResult`, or `null` where the zone is gone.
 */
import { parentPort, workerData } from "node:worker_threads";
import { present } from "../../base/assert.ts";
import type { HostedZone } from "../model/hosted-zone.ts";
import { zoneSubject } from "../model/mutation.ts";
import { openStateReader } from "../state/sqlite-state-reader.ts";
import type { BuildResult, BuildThreadData } from "./compiler-messages.ts";
import { ImageCache } from "./image-cache.ts";
import { ZoneCompiler } from "./zone-compiler.ts";

const port = present(parentPort, "runs as a worker thread");
const { dataDir, zoneId } = workerData as BuildThreadData;
const state = openStateReader(dataDir);
const cache = new ImageCache(dataDir);
const compiler = new ZoneCompiler(state, { seed: cache.seed });

port.postMessage(
  state.read(() => {
    const zone = state.get<HostedZone>("hostedZone", [zoneId]);
    if (!zone) return null;
    const result = compiler.compile(zone);
    if ("image" in result) cache.save(state, zoneId, result.image);
    return { result, head: state.head(zoneSubject(zoneId)) } satisfies BuildResult;
  }),
);
state.close();
