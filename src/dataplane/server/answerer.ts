import { randomInt } from "node:crypto";
import { messageSizeMax } from "../../base/limits.ts";
import type { CounterBlock } from "../../telemetry/counters.ts";
import { ADDRESS_FAMILY } from "../geo/locate.ts";
import { LocationView } from "../geo/location-view.ts";
import { ZONE_FLAG, ZoneTable } from "../image/zone-table.ts";
import { LookAhead } from "../nameserver/look-ahead.ts";
import { TRANSPORT, processQuery } from "../nameserver/process-query.ts";
import { QueryContext } from "../nameserver/query-context.ts";
import { StatusTable } from "../policy/status-table.ts";
import { EchoAnswerer, clientOffsetOf } from "./driver.ts";
import type { Answerer, PacketArena } from "./driver.ts";
import { AF_INET6 } from "./libc.ts";
import { QueryLogWriter } from "./query-log-writer.ts";
import { accountUpdates } from "./served-zones.ts";
import { addTo, queryCounters } from "./worker-counters.ts";
import type { Updates, WorkerSetup } from "./worker-setup.ts";

/** An answerer that takes new zones and location tables, and the time. */
export type ZoneAnswerer = Answerer & {
  update(updates: Updates): void;
  /** To be called several times a minute. */
  setTime(nowMs: number): void;
};

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
  readonly #lookAhead = new LookAhead();

  constructor(setup: WorkerSetup, arena: PacketArena, transport: "udp" | "tcp") {
    const { udpPayloadSizeMax, nsid } = setup.answer;
    this.#context = new QueryContext({
      packet: arena.bytes,
      zones: new ZoneTable(),
      randomSeed: randomInt(1, 2 ** 31),
      udpPayloadSizeMax,
      counters: setup.counters.query,
      status: new StatusTable(setup.status),
      ...(nsid === undefined ? {} : { nsid: new TextEncoder().encode(nsid) }),
    });
    this.#transportFlags = transport === "tcp" ? TRANSPORT.TCP : TRANSPORT.UDP;
    this.#queryLog = new QueryLogWriter(setup, arena, transport);
  }

  update(updates: Updates): void {
    accountUpdates(updates);
    const { zones, locations } = updates;
    if (locations !== undefined) {
      this.#context.locations = locations ? new LocationView(locations) : undefined;
    }
    for (const { zoneKey, image, queryLog } of zones) {
      const flags = queryLog ? ZONE_FLAG.LOGGED : 0;
      this.#context.zones.set(zoneKey, image ? { buffer: image } : undefined, flags);
    }
  }

  announce(queryOffset: number): void {
    this.#lookAhead.announce(this.#context, queryOffset);
  }

  setTime(nowMs: number): void {
    this.#context.timeMinutes = Math.floor(nowMs / 60_000);
  }

  answer(queryOffset: number, querySize: number, responseOffset: number): number {
    const context = this.#context;
    const client = clientOffsetOf(queryOffset);
    const isIpv6 = context.packet[client] === AF_INET6;
    context.resolverFamily = isIpv6 ? ADDRESS_FAMILY.IPV6 : ADDRESS_FAMILY.IPV4;
    context.resolverOffset = client + (isIpv6 ? 8 : 4);
    const flags = this.#transportFlags;
    this.#lookAhead.fetch();
    const size = processQuery(context, queryOffset, querySize, responseOffset, flags);
    this.#lookAhead.learn(context);
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

  update(updates: Updates): void {
    accountUpdates(updates);
  }

  setTime(): void {}

  override answer(queryOffset: number, querySize: number, responseOffset: number): number {
    addTo(this.#counters, queryCounters.index.received, 1);
    return super.answer(queryOffset, querySize, responseOffset);
  }
}
