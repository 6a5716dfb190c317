/** The thread of one front worker of the resolver: runs until told to stop. */
import { randomInt } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { assert, present } from "../../base/assert.ts";
import { monotonicSeconds } from "../../base/clock.ts";
import { releaseMemory } from "../../base/keep-memory-small.ts";
import { accountSharedMemory } from "../../base/shared-memory.ts";
import { LocationView } from "../../dataplane/geo/location-view.ts";
import { pinThread } from "../../dataplane/server/cpu-affinity.ts";
import { loadLibc } from "../../dataplane/server/libc.ts";
import { MmsgDriver } from "../../dataplane/server/mmsg-driver.ts";
import { WorkerUpdates } from "../../dataplane/server/worker-updates.ts";
import { FrontAnswerer } from "./front-answerer.ts";
import type { FrontNews, FrontSetup } from "./front-setup.ts";

const setup = workerData as FrontSetup;
const port = present(parentPort, "a worker has a parent");
const { task, counters } = setup;
assert(task.kind === "mmsg", "front workers receive with recvmmsg");
const libc = loadLibc();
if (task.cpu !== undefined) pinThread(libc, task.cpu);
const driver = new MmsgDriver(libc, { ...task, counters: counters.driver });
const answerer = new FrontAnswerer(setup, driver.arena, randomInt(1, 2 ** 31));
const updates = new WorkerUpdates(setup, port, update);
releaseMemory();
updates.start();
driver.run(answerer, {
  nextBatch() {
    answerer.setTime(Date.now(), monotonicSeconds());
    return updates.nextBatch();
  },
});

function update(news: FrontNews): void {
  answerer.views.update(news);
  const { locations } = news;
  if (locations === undefined) return;
  accountSharedMemory(locations?.byteLength ?? 0);
  answerer.locateBy(locations ? new LocationView(locations) : undefined);
}
