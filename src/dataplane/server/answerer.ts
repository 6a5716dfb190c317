import { randomInt } from "node:crypto";
import { messageSizeMax } from "../../base/limits.ts";
import type { CounterBlock } from "../../telemetry/counters.ts";
import { ZONE_FLAG, ZoneTable } from "../image/zone-table.ts";
import { TRANSPORT, processQuery } from "../nameserver/process-query.ts";
import { QueryContext } from "../nameserver/query-context.ts";
import { EchoAnswerer } from "./driver.ts";
import type { Answerer, PacketArena } from "./driver.ts";
import { QueryLogWriter } from "./query-log-writer.ts";
import { addTo, queryCounters } from "./worker-counters.ts";
import type { WorkerSetup, ZoneUpdate } from "./worker-setup.ts";

/** An answerer that takes new zones. */
export type ZoneAnswerer = Answerer & { update(zones: readonly ZoneUpdate[]): void };

export function createAnswerer(
  setup: WorkerSetup,
  arena: PacketArena,
  transport: "udp" | "tcp",
): ZoneAnswerer {
  const isEcho = setup.answer.kind === "echo";
  return new (isEcho ? CountingEcho : NameServerAnswerer)(setup, arena, transport);
}

/** The name server, with its query log. */
class NameServerAnswerer implements ZoneAnswerer {
  readonly #context: QueryContext;
  readonly #transportFlags: number;
  readonly #queryLog: QueryLogWriter;

  constructor(setup: WorkerSetup, arena: PacketArena, transport: "udp" | "tcp") {
    const { udpPayloadSizeMax, nsid } = setup.answer;
    this.#context = new QueryContext({
      packet: arena.bytes,
      zones: new ZoneTable(),
      randomSeed: randomInt(1, 2 ** 31),
      udpPayloadSizeMax,
      counters: setup.counters.query,
      ...(nsid === undefined ? {} : { nsid: new TextEncoder().encode(nsid) }),
    });
    this.#transportFlags = transport === "tcp" ? TRANSPORT.TCP : TRANSPORT.UDP;
    this.#queryLog = new QueryLogWriter(setup, arena, transport);
  }

  update(zones: readonly ZoneUpdate[]): void {
    for (const { zoneKey, image, queryLog } of zones) {
      const flags = queryLog ? ZONE_FLAG.LOGGED : 0;
      this.#context.zones.set(zoneKey, image ? { buffer: image } : undefined, flags);
    }
  }

  answer(queryOffset: number, querySize: number, responseOffset: number): number {
    const context = this.#context;
    const flags = this.#transportFlags;
    const size = processQuery(context, queryOffset, querySize, responseOffset, flags);
    if ((context.zoneFlags & ZONE_FLAG.LOGGED) !== 0) this.#queryLog.write(context);
    return size;
  }
}

class CountingEcho extends EchoAnswerer implements ZoneAnswerer {
  readonly #counters: CounterBlock;

  constructor(setup: WorkerSetup, arena: PacketArena, transport: "udp" | "tcp") {
    super(arena, transport === "udp" ? setup.answer.udpPayloadSizeMax : messageSizeMax);
    this.#counters = setup.counters.query;
  }

  update(): void {}

  override answer(queryOffset: number, querySize: number, responseOffset: number): number {
    addTo(this.#counters, queryCounters.index.received, 1);
    return super.answer(queryOffset, querySize, responseOffset);
  }
}
