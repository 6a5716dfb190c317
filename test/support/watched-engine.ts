import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { ContainerWatcher } from "../../src/discovery/container-watcher.ts";
import type { WatcherOptions } from "../../src/discovery/container-watcher.ts";
import { DockerEngine } from "../../src/discovery/docker-engine.ts";
import type { Registry } from "../../src/discovery/registry.ts";
import type { DrainMark, DrainMarks } from "../../src/discovery/drained-file.ts";
import { realTiming } from "../../src/discovery/timing.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { DockerEngineStandIn } from "./docker-engine.ts";
import { MemoryRegistry } from "./memory-registry.ts";

/** A stand-in engine that listens, a Cloud Map in memory, and watchers between them. */
export async function watchedEngine(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "signpost-docker-"));
  const engine = new DockerEngineStandIn({ socketPath: join(directory, "docker.sock") });
  await engine.listen();
  const registry = new MemoryRegistry();
  const watchers: ContainerWatcher[] = [];
  t.after(async () => {
    for (const watcher of watchers) watcher.stop();
    await engine.close();
    rmSync(directory, { recursive: true });
  });
  const watch = async (more: Partial<WatcherOptions> = {}): Promise<ContainerWatcher> => {
    const watcher = await startWatcher({ socketPath: engine.socketPath, registry, ...more });
    watchers.push(watcher);
    return watcher;
  };
  /** Instances of all services, as `SERVICE ADDRESS HEALTH`. */
  const registered = (): string[] => {
    return [...registry.content]
      .map(([key, { attributes, health }]) => {
        return `${key.split("/")[0]?.slice(4)} ${attributes["AWS_INSTANCE_IPV4"]} ${health}`;
      })
      .toSorted();
  };
  return { engine, registry, watch, registered };
}

/** A watcher of whatever engine listens there, when it has compared everything once. */
export async function startWatcher({
  socketPath,
  ...more
}: Partial<WatcherOptions> & {
  socketPath: string;
  registry: Registry;
}): Promise<ContainerWatcher> {
  const ready = Promise.withResolvers<void>();
  const watcher = new ContainerWatcher({
    engine: new DockerEngine({ socketPath }),
    registration: {
      host: "docker-1",
      hostAddress: { ipv4: "192.0.2.7", ipv6: "" },
      namespace: undefined,
      network: undefined,
    },
    createsServices: false,
    createsNamespaces: false,
    syncMs: 60_000,
    drainMaxMs: 60_000,
    drainMarks: drainMarksInMemory(),
    timing: realTiming,
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    onReady: () => ready.resolve(),
    ...more,
  });
  watcher.start();
  await ready.promise;
  return watcher;
}

/** Marks that end with the watcher. */
function drainMarksInMemory(): DrainMarks {
  const marks = new Map<string, DrainMark>();
  return {
    get: (id) => marks.get(id),
    set: (id, mark) => void marks.set(id, mark),
    delete: (id) => void marks.delete(id),
    keepOnly(ids) {
      for (const id of marks.keys()) if (!ids.has(id)) marks.delete(id);
    },
  };
}
