/** The supervisor over workers that do what the test says. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Logger } from "../../telemetry/logger.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import { createQueryLogMemory } from "../../telemetry/query-log-ring.ts";
import { StatusTable } from "../policy/status-table.ts";
import { imagesPerMessageMax } from "../../base/limits.ts";
import { createControlBlock } from "./control-block.ts";
import { ServedZones } from "./served-zones.ts";
import { Supervisor } from "./supervisor.ts";
import type { Updates } from "./worker-setup.ts";
import { pause } from "./test-clients.ts";
import { createWorkerCounters } from "./worker-counters.ts";

/** A supervisor of one worker whose thread runs the given statements. */
function supervise(source: string, logger: Logger = silentLogger): Supervisor<Updates> {
  const control = createControlBlock(1);
  const counters = createWorkerCounters("dgram");
  const plan = {
    index: 0,
    task: { kind: "dgram", endpoints: [] } as const,
    answer: { kind: "echo", udpPayloadSizeMax: 1232 } as const,
    control,
    counters,
    queryLog: createQueryLogMemory(2),
    status: new StatusTable().buffer,
  };
  const preamble = `import { parentPort, workerData } from "node:worker_threads";
    const applied = (n) => parentPort.postMessage({ applied: n });
    parentPort.on("message", (m) => m === "stop" && parentPort.close());`;
  const script = new URL(`data:text/javascript,${encodeURIComponent(preamble + source)}`);
  const served = new ServedZones();
  return new Supervisor([plan], { served, control, logger, script, watchdogIntervalMs: 20 });
}

suite("Supervisor", () => {
  test("start() throws what the first worker that cannot start throws", async () => {
    const supervisor = supervise(`throw new Error("no such thing");`);
    await assert.rejects(supervisor.start(), /no such thing/);
    assert.equal(supervisor.restartCount, 0);
  });

  test("start() throws if a worker ends before it is ready", async () => {
    await assert.rejects(supervise(`process.exit(0);`).start(), /dgram-0 ended before/);
  });

  test("gives a worker all that is served before it starts, in messages of a bounded size", async () => {
    const supervisor = supervise(
      `import { receiveMessageOnPort } from "node:worker_threads";
      const sizes = [];
      for (let m; (m = receiveMessageOnPort(workerData.updates)); ) sizes.push(m.message.zones.length);
      if (sizes.join() !== "0,${imagesPerMessageMax},1") throw new Error(sizes.join());
      applied(workerData.generation);`,
    );
    const image = new SharedArrayBuffer(8);
    const zones = Array.from({ length: imagesPerMessageMax + 1 }, (_, zoneKey) => {
      return { zoneKey, image, queryLog: false };
    });
    await supervisor.publish({ zones });
    await supervisor.start();
    await supervisor.stop();
  });

  test("replaces a worker that throws, and tells why", async () => {
    const errors: unknown[] = [];
    const logger = { ...silentLogger, warn: () => {}, error: (e: unknown) => errors.push(e) };
    const supervisor = supervise(
      `applied(0); setTimeout(() => { throw new TypeError("broken"); }, 10);`,
      logger as unknown as Logger,
    );
    await supervisor.start();
    for (let i = 0; i < 200 && supervisor.restartCount < 2; i++) await pause(5);
    assert.ok(supervisor.restartCount >= 2);
    assert.match(JSON.stringify(errors[0]), /dgram-0.*TypeError: broken/);
    await supervisor.stop();
  });

  test("replaces a worker whose heart stops", async () => {
    const supervisor = supervise(`
      const words = workerData.control;
      applied(0);
      let beats = 0;
      const timer = setInterval(() => {
        words[16]++;
        if (++beats === 100) while (true) {}
      }, 5);
      parentPort.on("message", () => clearInterval(timer));`);
    await supervisor.start();
    await pause(300);
    assert.equal(supervisor.restartCount, 0);
    for (let i = 0; i < 400 && supervisor.restartCount === 0; i++) await pause(5);
    assert.equal(supervisor.restartCount, 1);
    await supervisor.stop();
  });

  test("publish() waits for the worker, and for its successor while there is none", async () => {
    const supervisor = supervise(`
      applied(workerData.generation);
      parentPort.on("message", (m) => {
        if (m.generation === 2) process.exit(1);
        else if (m !== "stop") setTimeout(applied, 30, m.generation);
      });`);
    await supervisor.start();
    const begin = performance.now();
    await supervisor.publish({ zones: [] });
    assert.ok(performance.now() - begin >= 29);
    await supervisor.publish({ zones: [] });
    assert.deepEqual([supervisor.restartCount, supervisor.liveCount], [1, 1]);
    await supervisor.stop();
  });
});
