import type { MessagePort } from "node:worker_threads";
import { eachMessage } from "../../base/filled-port.ts";
import { beat, generationOf, isStopRequested } from "./control-block.ts";
import type { BatchControl } from "./driver.ts";
import type { MessageFromWorker, MessageToWorker, WorkerStart } from "./worker-setup.ts";

/** Takes what the main thread publishes, and tells it when it is served. */
export class WorkerUpdates<News> implements BatchControl {
  readonly #setup: WorkerStart;
  readonly #port: MessagePort;
  readonly #apply: (updates: News) => void;
  #seenGeneration: number;

  /** Applies what the setup has at once. */
  constructor(setup: WorkerStart, port: MessagePort, apply: (updates: News) => void) {
    this.#setup = setup;
    this.#port = port;
    this.#apply = apply;
    this.#seenGeneration = setup.generation;
    eachMessage(setup.updates, (news) => apply(news as News));
    setup.updates.close();
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
  onMessage(message: MessageToWorker<News>): void {
    if (message === "stop") return;
    this.#apply(message.updates);
    this.#tell(message.generation);
  }

  #takeMessages(): void {
    eachMessage(this.#port, (message) => this.onMessage(message as MessageToWorker<News>));
  }

  #tell(generation: number): void {
    const message: MessageFromWorker = { applied: generation };
    this.#port.postMessage(message);
  }
}
