import { receiveMessageOnPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { accountSharedMemory } from "../../base/shared-memory.ts";
import { beat, generationOf, isStopRequested } from "./control-block.ts";
import type { BatchControl } from "./driver.ts";
import type { MessageFromWorker, MessageToWorker, Updates, WorkerSetup } from "./worker-setup.ts";

/** Takes what the main thread publishes, and tells it when it is served. */
export class WorkerUpdates implements BatchControl {
  readonly #setup: WorkerSetup;
  readonly #port: MessagePort;
  readonly #apply: (updates: Updates) => void;
  #seenGeneration: number;

  /** Applies the zones of the setup at once. */
  constructor(setup: WorkerSetup, port: MessagePort, apply: (updates: Updates) => void) {
    this.#setup = setup;
    this.#port = port;
    this.#apply = apply;
    this.#seenGeneration = setup.generation;
    apply({ zones: setup.zones, locations: setup.locations });
  }

  /** Tells that the worker answers. */
  start(): void {
    this.#tell(this.#setup.generation);
  }

  /** For a loop that never returns: one look at shared memory tells whether there is a message. */
  nextBatch(): boolean {
    const { control, index } = this.#setup;
    beat(control, index);
    const generation = generationOf(control);
    if (generation !== this.#seenGeneration) {
      this.#seenGeneration = generation;
      this.#takeMessages();
    }
    return !isStopRequested(control);
  }

  /** For a worker with an event loop. */
  onMessage(message: MessageToWorker): void {
    if (message === "stop") return;
    const { zones, locations } = message.updates;
    for (const { image } of zones) accountSharedMemory(image?.byteLength ?? 0);
    accountSharedMemory(locations?.byteLength ?? 0);
    this.#apply(message.updates);
    this.#tell(message.generation);
  }

  #takeMessages(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (!received) return;
      this.onMessage(received.message as MessageToWorker);
    }
  }

  #tell(generation: number): void {
    const message: MessageFromWorker = { applied: generation };
    this.#port.postMessage(message);
  }
}
