/**
 * The compiler's thread: follows the log, keeps the images of all zones that are served up to the
 * state (`ServedImages`), and tells the main thread which images are new and up to where the log is
 * served. Big zones are built by threads of their own, a few at a time.
 */
import { Worker, parentPort, workerData } from "node:worker_threads";
import { present } from "../../base/assert.ts";
import { keepMemorySmall } from "../../base/keep-memory-small.ts";
import { buildThreadCountMax } from "../../base/limits.ts";
import { ChangeLogClient } from "../log/change-log-client.ts";
import { openStateReader } from "../state/sqlite-state-reader.ts";
import { ImageCache } from "./image-cache.ts";
import type {
  BuildResult,
  CompilerThreadData,
  FromCompiler,
  ToCompiler,
} from "./compiler-messages.ts";
import { ServedImages } from "./served-images.ts";
import { WantedLocations } from "./wanted-locations.ts";

const port = present(parentPort, "runs as a worker thread");
const data = workerData as CompilerThreadData;
const { dataDir, storePort, privateZones } = data;
const log = new ChangeLogClient(storePort);
const cache = new ImageCache(dataDir);
// The store may still be checking, even rebuilding, the database: before this, nothing reads it.
await log.connected;
const state = openStateReader(dataDir);
const images = new ServedImages({
  ...{ state, privateZones, cache },
  locations: new WantedLocations(data.locations, () => post({ kind: "locations" })),
  build: (zoneId) => {
    buildQueue.push(zoneId);
    startBuilds();
  },
  publish: (batch) => post({ kind: "updates", batch }),
});

/** Zones that wait for a build thread. */
const buildQueue: string[] = [];
let buildCount = 0;
let isReady = false;
let isFlushing = false;

// Since `connected` no commit is missed; those before are in the snapshot that is compiled first.
log.onCommitted((committed) => {
  images.changed(committed);
  if (isFlushing) return;
  isFlushing = true;
  setImmediate(() => {
    isFlushing = false;
    images.flush();
  });
});
images.compileAll((done, total) => post({ kind: "progress", done, total }));
reportReady();

port.on("message", (message: ToCompiler) => {
  if (message.kind === "stop") {
    images.keep();
    process.exit();
  }
  const image = images.imageOf(message.zoneId)?.buffer ?? null;
  post({ kind: "image", id: message.id, image });
});

function startBuilds(): void {
  while (buildCount < buildThreadCountMax) {
    const zoneId = buildQueue.shift();
    if (zoneId === undefined) return;
    buildCount++;
    startBuild(zoneId);
  }
}

function startBuild(zoneId: string): void {
  const options = { workerData: { dataDir, zoneId } };
  const thread = new Worker(new URL("./build-thread.ts", import.meta.url), options);
  let result: BuildResult | null | undefined;
  thread.on("message", (message: BuildResult | null) => {
    result = message;
  });
  // What a build thread dies of, the compiler's thread dies of too: it is started again.
  thread.on("error", (error) => {
    throw error;
  });
  thread.on("exit", () => {
    buildCount--;
    if (result) images.built(zoneId, result);
    startBuilds();
    reportReady();
  });
}

function reportReady(): void {
  if (isReady || !images.isComplete) return;
  isReady = true;
  post({ kind: "ready" });
  keepMemorySmall();
}

function post(message: FromCompiler): void {
  port.postMessage(message);
}
