import { monotonicSeconds } from "../../base/clock.ts";
import { ADDRESS_FAMILY } from "../../dataplane/geo/locate.ts";
import type { LocationView } from "../../dataplane/geo/location-view.ts";
import { ZoneTable } from "../../dataplane/image/zone-table.ts";
import { enterZone } from "../../dataplane/nameserver/answer.ts";
import { writeSubnet } from "../../dataplane/nameserver/client-subnet.ts";
import {
  OPEN,
  TRANSPORT,
  answerFromZone,
  beginResponse,
  finishResponse,
  openQuery,
  refusal,
} from "../../dataplane/nameserver/process-query.ts";
import { QueryContext } from "../../dataplane/nameserver/query-context.ts";
import type { ChainGate } from "../../dataplane/nameserver/query-context.ts";
import { hashSuffixes } from "../../dataplane/nameserver/query-name.ts";
import {
  AD,
  BADVERS,
  CD,
  DS,
  NOERROR,
  OPT,
  RA,
  RD,
  REFUSED,
  TC,
} from "../../dataplane/nameserver/response-codes.ts";
import { StatusTable } from "../../dataplane/policy/status-table.ts";
import { clientOffsetOf } from "../../dataplane/server/driver.ts";
import type { Answerer, PacketArena } from "../../dataplane/server/driver.ts";
import { AF_INET6 } from "../../dataplane/server/libc.ts";
import { controlRoom } from "../../dataplane/server/mmsg-layout.ts";
import type { PlanOf } from "../../dataplane/server/supervisor.ts";
import { addTo } from "../../dataplane/server/worker-counters.ts";
import type { CounterBlock } from "../../telemetry/counters.ts";
import { CACHE_VARIANT } from "../cache/answer-cache.ts";
import { CacheReader, READ } from "../cache/cache-reader.ts";
import { filterMayMatch } from "../firewall/name-filter.ts";
import { frontCounters } from "./front-counters.ts";
import type { FrontListener, FrontSetup } from "./front-setup.ts";
import type { FrontView } from "./front-view.ts";
import { HandOverWriter } from "./hand-over-writer.ts";
import { NAME } from "./name-table.ts";
import { ViewTable } from "./view-table.ts";

const count = frontCounters.index;
/** Octets of an OPT record without options (RFC 6891 §6.1.2). */
const optSize = 11;

/**
 * Answers what can be answered at once, from private zones, public zones and the cache, and hands
 * the rest over to the resolver thread. It never answers otherwise than that thread would.
 */
export class FrontAnswerer implements Answerer, ChainGate {
  readonly views: ViewTable;
  readonly #context: QueryContext;
  readonly #arena: PacketArena;
  readonly #listeners: readonly FrontListener[];
  readonly #cache: CacheReader;
  readonly #ring: HandOverWriter;
  readonly #counters: CounterBlock;
  /** Which listener the batch came in by. */
  #listener = 0;
  #nowSeconds = 0;
  /** Whose zones the chain at hand began in. */
  #view: FrontView | undefined = undefined;
  #zoneKind: number = NAME.ZONE;

  constructor(setup: PlanOf<FrontSetup>, arena: PacketArena, randomSeed: number) {
    this.#arena = arena;
    this.#listeners = setup.listeners;
    this.#cache = new CacheReader(setup.cache);
    this.#ring = new HandOverWriter(setup.handOver, setup.index, arena.view);
    this.#counters = setup.frontCounters;
    this.views = new ViewTable(setup.listeners);
    this.#context = new QueryContext({
      packet: arena.bytes,
      zones: new ZoneTable(),
      randomSeed,
      udpPayloadSizeMax: setup.udpPayloadSizeMax,
      counters: setup.counters.query,
      status: new StatusTable(setup.status),
      isResolver: true,
      chainGate: this,
    });
    this.setTime(Date.now(), monotonicSeconds());
  }

  /** @param locations undefined: of no client is anything known */
  locateBy(locations: LocationView | undefined): void {
    this.#context.locations = locations;
  }

  /** To be called before each batch. */
  setTime(nowMs: number, nowSeconds: number): void {
    this.#context.timeMinutes = Math.floor(nowMs / 60_000);
    this.#nowSeconds = Math.floor(nowSeconds);
  }

  listen(index: number): void {
    this.#listener = index;
  }

  answer(queryOffset: number, querySize: number, responseOffset: number): number {
    const context = this.#context;
    const size = openQuery(context, queryOffset, querySize, responseOffset);
    if (size !== OPEN) return size;
    const client = clientOffsetOf(queryOffset);
    const view = this.views.viewOf(this.#listener, this.#arena.view, client);
    context.recursion = view === undefined ? 0 : RA;
    let refused = refusal(context);
    if (view === undefined && refused !== BADVERS) {
      this.#count(count.refusedClients);
      refused = REFUSED;
    }
    if (view === undefined || refused !== NOERROR) {
      beginResponse(context, TRANSPORT.UDP);
      return finishResponse(context, refused);
    }
    const isIpv6 = context.packet[client] === AF_INET6;
    context.resolverFamily = isIpv6 ? ADDRESS_FAMILY.IPV6 : ADDRESS_FAMILY.IPV4;
    context.resolverOffset = client + (isIpv6 ? 8 : 4);
    return this.#answerIn(view);
  }

  /** Whether the next name of a chain is of the same zones: private ones of the view, or public. */
  admits(context: QueryContext): boolean {
    const view = this.#view;
    return view?.names.find(context) === this.#zoneKind && !this.#isFirewalled(view);
  }

  #answerIn(view: FrontView): number {
    const context = this.#context;
    // A DS set belongs to the zone above, which may be anywhere.
    if (view.handsAllOver || context.qtype === DS) return this.#handOverQuery(view);
    context.zones = view.zones;
    hashSuffixes(context);
    if (this.#isFirewalled(view)) return this.#handOverQuery(view);
    const value = view.names.find(context);
    if (value >= 0) return this.#answerFromCache(view, value);
    if (value === NAME.HAND_OVER) return this.#handOverQuery(view);
    if (value === NAME.LOCAL) context.zones = this.views.publicZones;
    if (enterZone(context)) return this.#answerFromZones(view, value);
    return this.#answerFromCache(view, view.publicPartition);
  }

  /** Whether a rule of the view's firewall may match the name at hand. */
  #isFirewalled({ firewall }: FrontView): boolean {
    const { name, nameSize } = this.#context;
    return firewall !== undefined && filterMayMatch(firewall, name, nameSize);
  }

  #answerFromZones(view: FrontView, kind: number): number {
    const context = this.#context;
    this.#view = view;
    this.#zoneKind = kind;
    beginResponse(context, TRANSPORT.UDP);
    const rcode = answerFromZone(context);
    if (context.unfinished !== 0 && context.truncated === 0) return this.#handOverAgain(view);
    this.#count(count.zoneAnswers + (kind === NAME.ZONE ? 0 : 1));
    return finishResponse(context, rcode);
  }

  #answerFromCache(view: FrontView, partition: number): number {
    const context = this.#context;
    const cache = this.#cache;
    const now = this.#nowSeconds;
    const { nameView, nameSize, qtype, packet, queryOffset } = context;
    const flags = packet[queryOffset + 3] as number;
    const dnssecOk = context.hasEdns === 0 ? 0 : context.ednsDnssecOk;
    const variant =
      (dnssecOk === 0 ? 0 : CACHE_VARIANT.DNSSEC_OK) |
      ((flags & CD) === 0 ? 0 : CACHE_VARIANT.CHECKING_DISABLED);
    const mayAsk = ((packet[queryOffset + 2] as number) & RD) !== 0;
    if (
      !mayAsk ||
      !cache.find(nameView, nameSize, qtype, variant, partition) ||
      cache.expiresAt <= now
    ) {
      this.#count(count.cacheMisses);
      return this.#handOverQuery(view);
    }
    if (cache.claimPrefetch(now)) {
      const isWritten = this.#write(view, true, queryOffset, context.queryEnd - queryOffset);
      if (isWritten) this.#count(count.prefetches);
    }
    // What is cached holds for all clients of the view.
    const subnetSize = context.ednsSubnetSize;
    context.ednsSubnetSize = 0;
    beginResponse(context, TRANSPORT.UDP);
    const size = cache.read(context.view, context.cursor, context.limit, now - cache.storedAt);
    if (size === READ.GONE) {
      context.ednsSubnetSize = subnetSize;
      this.#count(count.cacheMisses);
      return this.#handOverAgain(view);
    }
    this.#count(count.cacheHits);
    if (size === READ.TOO_LARGE) {
      context.truncated = TC;
    } else {
      context.cursor += size;
      context.answerCount = cache.answerCount;
      context.authorityCount = cache.authorityCount;
      context.additionalCount = cache.additionalCount;
    }
    // RFC 6840 §5.7, §5.8: AD for those who know what it means.
    if ((flags & AD) !== 0 || dnssecOk !== 0) context.recursion |= cache.flags & AD;
    return finishResponse(context, cache.flags & 0x0f);
  }

  #handOverQuery(view: FrontView): number {
    const { queryOffset, queryEnd } = this.#context;
    return this.#handOverOctets(view, queryOffset, queryEnd - queryOffset);
  }

  /**
   * Hands over a query that part of a response was written on. The client's subnet decides answers
   * of routed sets, so it goes along; no other option matters to the thread.
   */
  #handOverAgain(view: FrontView): number {
    const context = this.#context;
    const packet = this.#arena.view;
    const start = context.responseOffset;
    let end = start + context.questionEnd - context.queryOffset;
    packet.setInt32(start + 4, 0x10000);
    packet.setInt32(start + 8, context.hasEdns);
    if (context.hasEdns !== 0) {
      const options = end + optSize;
      packet.setUint8(end, 0);
      packet.setUint16(end + 1, OPT);
      packet.setUint16(end + 3, context.ednsPayloadSize);
      packet.setUint16(end + 5, 0);
      packet.setUint16(end + 7, context.ednsDnssecOk << 8);
      context.scope = 0;
      const after = context.ednsSubnetSize === 0 ? options : writeSubnet(context, options);
      packet.setUint16(end + 9, after - options);
      end = after;
    }
    return this.#handOverOctets(view, start, end - start);
  }

  #handOverOctets(view: FrontView, at: number, size: number): number {
    const isWritten = this.#write(view, false, at, size);
    this.#count(isWritten ? count.handedOver : count.dropped);
    return 0;
  }

  /** @returns false where the ring is full */
  #write(view: FrontView, isPrefetch: boolean, at: number, size: number): boolean {
    const listener = this.#listener;
    const { fd, isUnspecified } = this.#listeners[listener] as FrontListener;
    const client = clientOffsetOf(this.#context.queryOffset);
    const control = isUnspecified ? client - controlRoom : -1;
    return this.#ring.write(view.number, listener, fd, isPrefetch, at, size, client, control);
  }

  #count(index: number): void {
    addTo(this.#counters, index, 1);
  }
}
