import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "../base/random.ts";
import type { DockerEngineStandIn } from "../../test/support/docker-engine.ts";
import { eventually } from "../../test/support/eventually.ts";
import { watchedEngine } from "../../test/support/watched-engine.ts";
import { RegistryError } from "./registry.ts";

// Whatever happens, and whoever is away meanwhile: in the end Cloud Map has what runs.

const networks = ["front", "back"];
type Followed = {
  id: string;
  name: string;
  isRunning: boolean;
  isPaused: boolean;
  health: "none" | "starting" | "healthy" | "unhealthy";
  isConnected: boolean;
};

/** Containers, and what should be registered of them. */
class Model {
  readonly containers: Followed[] = [];
  readonly #engine: DockerEngineStandIn;
  readonly #draw: (count: number) => number;
  #count = 0;

  constructor(engine: DockerEngineStandIn, draw: (count: number) => number) {
    this.#engine = engine;
    this.#draw = draw;
  }

  /** One thing happens to one container. */
  step(): void {
    const container = this.containers[this.#draw(this.containers.length + 2)];
    if (!container) return this.#run();
    const steps = container.isRunning ? running : stopped;
    const step = steps[this.#draw(steps.length)];
    step?.(this.#engine, container, this);
  }

  forget(container: Followed): void {
    this.containers.splice(this.containers.indexOf(container), 1);
  }

  /** As `NAME HEALTH`, once for each of its two services; `pod` takes no health. */
  expected(): string[] {
    return this.containers
      .filter(({ isRunning, isConnected }) => isRunning && isConnected)
      .flatMap(({ name, health, isPaused }) => {
        const isWell = !isPaused && (health === "none" || health === "healthy");
        const told = `web ${name} ${isWell ? "HEALTHY" : "UNHEALTHY"}`;
        return isWell ? [told, `pod ${name} HEALTHY`] : [told];
      })
      .toSorted();
  }

  #run(): void {
    const name = `c${(this.#count += 1)}`;
    const hasHealthCheck = this.#draw(2) === 0;
    const labels = {
      "signpost.service": "web.shop.local",
      "signpost.pod.service": "pod.shop.local",
      "signpost.network": "front",
    };
    const both = Object.fromEntries(networks.map((network) => [network, {}]));
    const id = this.#engine.run({ name, labels, networks: both, hasHealthCheck });
    const health = hasHealthCheck ? "starting" : "none";
    const state = { isRunning: true, isPaused: false, isConnected: true };
    this.containers.push({ id, name, health, ...state });
  }
}

type Step = (engine: DockerEngineStandIn, container: Followed, model: Model) => void;

const running: readonly Step[] = [
  (engine, container) => {
    engine.stop(container.id);
    container.isRunning = false;
  },
  (engine, container) => {
    engine.die(container.id, 137);
    container.isRunning = false;
  },
  (engine, container) => {
    if (container.health === "none") return;
    container.health = container.health === "healthy" ? "unhealthy" : "healthy";
    engine.setHealth(container.id, container.health);
  },
  (engine, container) => {
    container.isPaused = !container.isPaused;
    engine.setPaused(container.id, container.isPaused);
  },
  (engine, container) => {
    container.name += "r";
    engine.rename(container.id, container.name);
  },
  (engine, container) => {
    if (container.isConnected) engine.disconnect(container.id, "front");
    else engine.connect(container.id, "front");
    container.isConnected = !container.isConnected;
  },
];
const stopped: readonly Step[] = [
  (engine, container) => {
    engine.start(container.id);
    Object.assign(container, { isRunning: true, isPaused: false });
    if (container.health !== "none") container.health = "starting";
  },
  (engine, container, model) => {
    engine.remove(container.id);
    model.forget(container);
  },
];

for (const seed of [1, 2, 3]) {
  test(`a storm of containers, failures and restarts ends as it should (seed ${seed})`, async (t) => {
    const { engine, registry, watch } = await watchedEngine(t);
    registry.addService("web");
    registry.addService("pod", { hasCustomHealth: false });
    const random = seededRandom(seed);
    const draw = (count: number): number => random.uint32() % count;
    const model = new Model(engine, draw);
    let watcher = await watch({ syncMs: 200 });
    for (let i = 0; i < 400; i += 1) {
      model.step();
      const weather = draw(40);
      if (weather === 0) registry.failure = new RegistryError("unreachable", "ECONNREFUSED");
      if (weather === 1) registry.failure = new RegistryError("busy", "DuplicateRequest");
      if (weather < 6 && weather > 1) registry.failure = undefined;
      if (weather === 6) {
        await engine.close();
        model.step();
        await engine.listen();
      }
      if (weather === 7 && !registry.failure) {
        watcher.stop();
        model.step();
        watcher = await watch({ syncMs: 200 });
      }
      if (draw(8) === 0) await delay(draw(20));
    }
    registry.failure = undefined;
    const registered = (): string[] =>
      [...registry.content]
        .map(([key, { attributes, health }]) => {
          return `${key.slice(4, 7)} ${attributes["SIGNPOST_CONTAINER"]} ${health}`;
        })
        .toSorted();
    const isSo = (): boolean => registered().join() === model.expected().join();
    await eventually("all is as it should be", isSo, 15_000).catch(() => {
      assert.deepEqual(registered(), model.expected());
    });
    t.diagnostic(`${registry.calls.length} requests, ${registered().length} instances at the end`);
    assert.ok(registered().length > 0);
  });
}
