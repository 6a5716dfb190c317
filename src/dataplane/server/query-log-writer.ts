import type { CounterBlock } from "../../telemetry/counters.ts";
import { QueryLogRing, queryLogSlot as slot } from "../../telemetry/query-log-ring.ts";
import { subnetAddressSize } from "../nameserver/client-subnet.ts";
import type { QueryContext } from "../nameserver/query-context.ts";
import { clientOffsetOf } from "./driver.ts";
import type { PacketArena } from "./driver.ts";
import { AF_INET6 } from "./libc.ts";
import { addTo, queryCounters } from "./worker-counters.ts";
import type { WorkerSetup } from "./worker-setup.ts";

const headerSize = 12;

/** Writes what a query log tells of an answered query into a worker's ring. */
export class QueryLogWriter {
  readonly #ring: QueryLogRing;
  readonly #arena: PacketArena;
  readonly #counters: CounterBlock;
  readonly #protocol: number;

  constructor(setup: WorkerSetup, arena: PacketArena, transport: "udp" | "tcp") {
    this.#ring = new QueryLogRing(setup.queryLog);
    this.#arena = arena;
    this.#counters = setup.counters.query;
    this.#protocol = transport === "tcp" ? 1 : 0;
  }

  /** `context` as processQuery left it, with the query, or its response, in place. */
  write(context: QueryContext): void {
    const { bytes, view } = this.#ring;
    const at = this.#ring.reserve();
    if (at < 0) return addTo(this.#counters, queryCounters.index.notLogged, 1);
    view.setFloat64(at + slot.time, Date.now(), true);
    view.setInt32(at + slot.zoneKey, context.zoneKey, true);
    view.setUint16(at + slot.qtype, context.qtype, true);
    view.setUint16(at + slot.rcode, context.rcode, true);
    bytes[at + slot.protocol] = this.#protocol;
    this.#writeClient(at, clientOffsetOf(context.queryOffset));
    this.#writeSubnet(at, context);
    bytes[at + slot.qnameSize] = context.qnameSize;
    this.#copy(at + slot.qname, context.queryOffset + headerSize, context.qnameSize);
    this.#ring.commit();
    addTo(this.#counters, queryCounters.index.logged, 1);
  }

  #writeClient(at: number, client: number): void {
    const isIpv6 = this.#arena.bytes[client] === AF_INET6;
    const size = isIpv6 ? 16 : 4;
    this.#ring.bytes[at + slot.clientSize] = size;
    this.#copy(at + slot.client, client + (isIpv6 ? 8 : 4), size);
  }

  #writeSubnet(at: number, context: QueryContext): void {
    const { bytes } = this.#ring;
    const size = subnetAddressSize(context);
    bytes[at + slot.subnetSize] = size;
    bytes[at + slot.subnetPrefixLength] = context.subnetBits;
    for (let i = 0; i < size; i++) bytes[at + slot.subnet + i] = context.subnet[i] as number;
  }

  #copy(to: number, from: number, size: number): void {
    const target = this.#ring.bytes;
    const source = this.#arena.bytes;
    for (let i = 0; i < size; i++) target[to + i] = source[from + i] as number;
  }
}
