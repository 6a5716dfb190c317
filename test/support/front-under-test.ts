import { parseIp } from "../../src/base/ip.ts";
import { cacheSizeMin } from "../../src/base/limits.ts";
import { LocationView } from "../../src/dataplane/geo/location-view.ts";
import { StatusTable } from "../../src/dataplane/policy/status-table.ts";
import { createArena } from "../../src/dataplane/server/driver.ts";
import { control, slotHeadSize } from "../../src/dataplane/server/mmsg-layout.ts";
import {
  encodeSocketAddress,
  socketAddressSize,
} from "../../src/dataplane/server/socket-address.ts";
import { createWorkerCounters } from "../../src/dataplane/server/worker-counters.ts";
import { createControlBlock } from "../../src/dataplane/server/control-block.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import type { Message } from "../../src/dns/wire/message.ts";
import { parseName } from "../../src/dns/wire/name.ts";
import { createCacheMemory } from "../../src/resolver/cache/cache-layout.ts";
import { CacheWriter } from "../../src/resolver/cache/cache-writer.ts";
import { FrontAnswerer } from "../../src/resolver/front/front-answerer.ts";
import { frontCounters } from "../../src/resolver/front/front-counters.ts";
import type { FrontListener } from "../../src/resolver/front/front-setup.ts";
import { createHandOverMemory } from "../../src/resolver/front/hand-over-layout.ts";
import { HandOverReader } from "../../src/resolver/front/hand-over-reader.ts";
import type { HandedQuery, ViewPlan } from "../../src/resolver/front/hand-over.ts";
import { createCounterBlock } from "../../src/telemetry/counters.ts";
import { imageOf, queryOf } from "./zone-under-test.ts";
import type { Asking } from "./zone-under-test.ts";

/** Where the query is; before it the client's address, before that control data. */
const queryOffset = 1_000;

type Asker = Asking & {
  from?: string;
  listener?: number;
  /** The address that was asked, of a listener with a wildcard address. */
  to?: string;
};

/** What became of a query: an answer, or it was handed over (and what for). */
export type Outcome = { response?: Message; handed: HandedQuery[] };

/** One front worker without sockets or threads; what it hands over is for the test to see. */
export class FrontUnderTest {
  readonly arena = createArena(16_384);
  readonly handOver = createHandOverMemory(1);
  readonly cache = createCacheMemory(cacheSizeMin, 1);
  readonly writer = new CacheWriter(this.cache);
  readonly answerer: FrontAnswerer;
  readonly counters = createCounterBlock(frontCounters);
  readonly #reader: HandOverReader;
  #nextKey = 1;

  constructor(listeners: readonly Partial<FrontListener>[] = [{}]) {
    const { handOver } = this;
    this.#reader = new HandOverReader(handOver);
    this.answerer = new FrontAnswerer(
      {
        index: 0,
        task: { kind: "dgram", endpoints: [] },
        control: createControlBlock(1),
        counters: createWorkerCounters("mmsg"),
        listeners: listeners.map((listener, i) => ({
          ...{ address: `127.0.0.1:${5300 + i}`, fd: 40 + i, isUnspecified: false },
          ...listener,
        })),
        cache: this.cache,
        handOver,
        status: new StatusTable().buffer,
        udpPayloadSizeMax: 1232,
        frontCounters: this.counters,
      },
      this.arena,
      1,
    );
    this.answerer.setTime(0, 0);
  }

  /** Puts views in. */
  plan(...views: Partial<ViewPlan>[]): void {
    const whole = views.map((view, i) => ({ ...emptyPlan(i + 1), ...view }));
    this.answerer.views.update({
      zones: [],
      views: { views: whole, removed: [], replacesAll: false },
    });
  }

  /** Serves a zone of master-file text. @returns its key */
  serve(zoneId: string, apex: string, text: string, isPrivate = true): number {
    const zoneKey = this.#nextKey++;
    const { buffer } = imageOf(apex, text);
    this.answerer.views.update({ zones: [{ zoneKey, zoneId, isPrivate, image: buffer }] });
    return zoneKey;
  }

  withdraw(zoneId: string, zoneKey: number, isPrivate = true): void {
    this.answerer.views.update({ zones: [{ zoneKey, zoneId, isPrivate, image: null }] });
  }

  locateBy(table: SharedArrayBuffer): void {
    this.answerer.locateBy(new LocationView(table));
  }

  ask(name: string, type = "A", asker: Asker = {}): Outcome {
    return this.process(queryOf(name, type, asker), asker);
  }

  process(query: Uint8Array, { from = "10.0.0.1", listener = 0, to }: Asker = {}): Outcome {
    const { bytes } = this.arena;
    const asked = to === undefined ? undefined : parseIp(to);
    if (asked) {
      const at = asked.length === 4 ? control.ipv4Address : control.ipv6Address;
      bytes.set(asked, queryOffset - slotHeadSize + at);
    }
    bytes.set(encodeSocketAddress({ address: from, port: 999 }), queryOffset - socketAddressSize);
    bytes.set(query, queryOffset);
    this.answerer.listen(listener);
    const size = this.answerer.answer(queryOffset, query.length, queryOffset);
    const handed: HandedQuery[] = [];
    for (let one = this.#reader.take(); one; one = this.#reader.take()) handed.push(one);
    if (size === 0) return { handed };
    return { response: decodeMessage(bytes.slice(queryOffset, queryOffset + size)), handed };
  }
}

/** A view of 10.0.0.0/8 that has nothing of its own. */
export function emptyPlan(view: number): ViewPlan {
  return {
    view,
    vpcId: `vpc-${view}`,
    cidrs: ["10.0.0.0/8"],
    listeners: [],
    zones: [],
    cuts: [],
    publicPartition: 1,
    firewall: undefined,
    handOverAll: false,
  };
}

/** A zone for a view's plan. */
export function planned(zoneId: string, apex: string): ViewPlan["zones"][number] {
  return { zoneId, apex: parseName(apex) };
}

export function cut(name: string, partition: number): ViewPlan["cuts"][number] {
  return { name: parseName(name), partition };
}
