/** A thread that loads or compiles one location table and ends; workerData is a LocationTask. */
import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { present } from "../base/assert.ts";
import { readLocationCache, writeLocationCache } from "./location-cache.ts";
import { readLocationFile } from "./location-files.ts";
import type { FromLocationThread, LocationResult, LocationTask } from "./location-task.ts";
import { MmdbError } from "./mmdb/mmdb-error.ts";
import { compileTable, operatorTableOptions } from "./table/compile-table.ts";
import { unpackTable } from "./table/packed-table.ts";

const port = present(parentPort, "runs as a worker thread");
const task = workerData as LocationTask;
const post = (message: FromLocationThread): void => port.postMessage(message);

try {
  const result = perform(task);
  post({ kind: "result", result });
  if (task.kind === "compile" && task.cacheFile && result) await keep(task.cacheFile, result);
} catch (error) {
  if (!(error instanceof MmdbError)) throw error;
  post({ kind: "refused", reason: error.message });
}

function perform(wanted: LocationTask): LocationResult | undefined {
  switch (wanted.kind) {
    case "default": {
      const packed = readFileSync(new URL("./data/locations.bin.br", import.meta.url));
      return { table: unpackTable(packed), states: [] };
    }
    case "cached":
      return readLocationCache(wanted.cacheFile);
    case "compile": {
      const files = wanted.paths.map((path) => ({ path, ...readLocationFile(path) }));
      const table = compileTable(files, operatorTableOptions);
      return { table, states: files.map(({ state }) => state) };
    }
  }
}

async function keep(cacheFile: string, result: LocationResult): Promise<void> {
  try {
    await writeLocationCache(cacheFile, result);
  } catch (error) {
    const reason = `Cannot keep location table in ${cacheFile}: ${(error as Error).message}`;
    post({ kind: "notKept", reason });
  }
}
