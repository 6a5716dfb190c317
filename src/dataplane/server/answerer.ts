import { EchoAnswerer } from "./driver.ts";
import type { Answerer, PacketArena } from "./driver.ts";
import type { WorkerSetup, ZoneUpdate } from "./worker-setup.ts";
import { counterIndex, transports } from "./worker-counters.ts";

/** An answerer that takes new zones. */
export type ZoneAnswerer = Answerer & { update(zones: readonly ZoneUpdate[]): void };

export function createAnswerer(
  setup: WorkerSetup,
  arena: PacketArena,
  transport: (typeof transports)[number],
): ZoneAnswerer {
  return new CountingEcho(setup, arena, transport);
}

class CountingEcho extends EchoAnswerer implements ZoneAnswerer {
  readonly #counters: WorkerSetup["counters"];
  readonly #queries: number;

  constructor(setup: WorkerSetup, arena: PacketArena, transport: (typeof transports)[number]) {
    super(arena, transport === "udp" ? setup.answer.udpPayloadSizeMax : 65_535);
    this.#counters = setup.counters;
    this.#queries = counterIndex.queries + transports.indexOf(transport);
  }

  update(): void {}

  override answer(queryOffset: number, querySize: number, responseOffset: number): number {
    this.#counters[this.#queries] = (this.#counters[this.#queries] as number) + 1;
    return super.answer(queryOffset, querySize, responseOffset);
  }
}
