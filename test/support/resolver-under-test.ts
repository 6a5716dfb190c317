import { imageOf, messageText, queryOf, apexRecords } from "./zone-under-test.ts";
import type { Asking } from "./zone-under-test.ts";
import { present } from "../../src/base/assert.ts";
import { parseIp } from "../../src/base/ip.ts";
import { StatusTable } from "../../src/dataplane/policy/status-table.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import type { Message } from "../../src/dns/wire/message.ts";
import { parseName } from "../../src/dns/wire/name.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import type { Logger } from "../../src/telemetry/logger.ts";
import { createCacheMemory } from "../../src/resolver/cache/cache-layout.ts";
import type {
  ResolverListener,
  ResolverZoneUpdate,
  ViewChange,
} from "../../src/resolver/front/hand-over.ts";
import type { Firewall } from "../../src/resolver/firewall/firewall.ts";
import { cacheSettingsDefault } from "../../src/resolver/resolve/cache-settings.ts";
import type { CacheSettings } from "../../src/resolver/resolve/cache-settings.ts";
import { sharedEntryCache } from "../../src/resolver/resolve/entry-cache.ts";
import { nameKey } from "../../src/dns/wire/name-key.ts";
import type { AnsweredQuery, Transport } from "../../src/resolver/resolve/query-handler.ts";
import { addressRecord } from "../../src/resolver/resolve/records.ts";
import { ResolverCore } from "../../src/resolver/resolve/resolver-core.ts";
import type {
  Cut,
  DelegationRule,
  Source,
  ViewSettings,
} from "../../src/resolver/resolve/resolver-plan.ts";
import { localNames, reverseZones } from "../../src/resolver/resolve/reverse-names.ts";
import { SourceNumbers } from "../../src/resolver/resolve/source-numbers.ts";
import { ScriptedServers } from "./scripted-servers.ts";

/** A VPC of a test, in words. */
export type TestView = {
  vpcId?: string;
  cidrs?: string[];
  /** Private zones, master-file text by apex; SOA and NS are added. */
  zones?: Record<string, string>;
  /** By name: addresses of servers, or `system`. */
  rules?: Record<string, string>;
  hosts?: Record<string, string>;
  /** Delegation records. */
  delegate?: string[];
  firewall?: Firewall;
  dns64?: boolean;
  validates?: boolean;
  logs?: boolean;
  autodefinedReverse?: boolean;
};

export type ResolverWorld = {
  settings?: Partial<CacheSettings>;
  listeners?: ResolverListener[];
  /** Public zones served here. */
  zones?: Record<string, string>;
  /** Without upstream resolvers. */
  isAlone?: boolean;
  logger?: Logger;
  /** Memory of the answer cache; default: its own. */
  cache?: SharedArrayBuffer;
  /** What the front is told. */
  onChange?(change: ViewChange): void;
  onZones?(zones: ResolverZoneUpdate[]): void;
};

/** How a test's client asks. */
export type ClientAsking = Asking & { from?: string; transport?: Transport; prefetch?: boolean };

/** The resolver without sockets, on a clock that stands still until it is moved. */
export class ResolverUnderTest {
  readonly upstream = new ScriptedServers();
  readonly logged: AnsweredQuery[] = [];
  readonly core: ResolverCore;
  readonly views: ViewSettings[] = [];
  readonly #numbers = new SourceNumbers(1);
  #nowSeconds = 1_000_000;
  #timers: { atSeconds: number; run(): void }[] = [];
  readonly #world: ResolverWorld;
  #zoneKey = 0;

  constructor(world: ResolverWorld = {}) {
    this.#world = world;
    const target = { address: "192.0.2.53", port: 53, protocol: "Do53" } as const;
    this.core = new ResolverCore({
      upstream: this.upstream,
      upstreams: world.isAlone ? [] : [target],
      cache: sharedEntryCache(world.cache ?? createCacheMemory(1024 * 1024, 1)),
      settings: { ...cacheSettingsDefault, ...world.settings },
      conditions: { status: new StatusTable(), locations: undefined, nowMs: () => 0 },
      numbers: this.#numbers,
      listeners: world.listeners ?? [],
      udpPayloadSizeMax: 1232,
      timers: {
        after: (ms, run) => {
          const timer = { atSeconds: this.#nowSeconds + ms / 1000, run };
          this.#timers.push(timer);
          return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
        },
      },
      nowSeconds: () => this.#nowSeconds,
      isLocalAddress: (address) => address.startsWith("127."),
      logger: world.logger ?? silentLogger,
      onAnswered: (query) => void this.logged.push(query),
    });
    for (const [apex, text] of Object.entries(world.zones ?? {})) {
      this.serve(apex, text, { isPrivate: false });
    }
  }

  get nowSeconds(): number {
    return this.#nowSeconds;
  }

  /** Lets time go by, timers included, and what waits for them. */
  async advance(seconds: number): Promise<void> {
    this.#nowSeconds += seconds;
    const due = this.#timers.filter(({ atSeconds }) => atSeconds <= this.#nowSeconds);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { run } of due) run();
    await settle();
  }

  /** @returns the zone's id */
  serve(apex: string, text: string, { isPrivate = true } = {}): string {
    const zoneKey = ++this.#zoneKey;
    const zoneId = `Z${zoneKey}`;
    const { buffer } = imageOf(apex, apexRecords + text);
    const zones = [{ zoneKey, zoneId, isPrivate, image: buffer }];
    this.core.setZones(zones);
    this.#world.onZones?.(zones);
    return zoneId;
  }

  addView(view: TestView = {}): ViewSettings {
    const settings = this.#settingsOf(view);
    const others = this.views.filter(({ vpcId }) => vpcId !== settings.vpcId);
    this.views.splice(0, this.views.length, ...others, settings);
    const change = this.core.setViews(this.views);
    if (change) this.#world.onChange?.(change);
    return settings;
  }

  #settingsOf(view: TestView): ViewSettings {
    const vpcId = view.vpcId ?? "vpc-1";
    const cuts = this.#cutsOf(view);
    const numbers = this.#numbers;
    const text = JSON.stringify([...cuts], (_, value: unknown) =>
      value instanceof Uint8Array ? [...value] : value,
    );
    return {
      view: numbers.of(`view ${vpcId}`),
      ...{ vpcId, region: "us-east-1", accountId: "000000000000" },
      cidrs: view.cidrs ?? ["10.0.0.0/8"],
      listeners: [],
      cuts,
      delegations: (view.delegate ?? []).map(delegationRule),
      partition: numbers.of(`answers ${text} ${view.firewall ? vpcId : ""} ${view.dns64}`),
      firewall: view.firewall,
      dns64: view.dns64 ?? false,
      validates: view.validates ?? false,
      queryLogs: view.logs ? [{ directory: vpcId }] : [],
    };
  }

  #cutsOf(view: TestView): Map<string, Cut[]> {
    const cuts = new Map<string, Cut[]>();
    const add = (name: string | Uint8Array, cut: Cut): void => {
      const key = nameKey(typeof name === "string" ? parseName(name) : name);
      cuts.set(key, [...(cuts.get(key) ?? []), cut]);
    };
    const hosts = Object.entries(view.hosts ?? {}).map(([name, address]) => ({
      name: parseName(name),
      addresses: [present(parseIp(address), address)],
    }));
    for (const { name, addresses } of hosts) {
      const records = addresses.map((address) => addressRecord(name, address, 300));
      add(name, { kind: "hosts", records });
    }
    for (const [name, what] of Object.entries(view.rules ?? {})) {
      add(name, what === "system" ? { kind: "system" } : this.#forward(name, what));
    }
    for (const [apex, text] of Object.entries(view.zones ?? {})) {
      const zoneId = text === "missing" ? "Zmissing" : this.serve(apex, text);
      add(apex, { kind: "zone", zoneId, apex: parseName(apex) });
    }
    const reverse = view.autodefinedReverse === false ? [] : reverseZones(["10.0.0.0/8"], hosts);
    for (const zone of [...localNames(), ...reverse])
      add(zone.apex, { kind: "autodefined", ...zone });
    return cuts;
  }

  /** @param what `ADDRESS` or `ADDRESS:PORT`, or several */
  #forward(name: string, what: string): Cut {
    const targets = what.split(" ").map((text) => {
      const [address = "", port = "53"] = text.split(":");
      return { address, port: Number(port), protocol: "Do53" as const };
    });
    const source: Source = {
      partition: this.#numbers.of(`rule ${name} ${what}`),
      what: `resolver rule for ${name}`,
      ...{ targets, localAddresses: [], recursionDesired: true },
    };
    return { kind: "forward", source };
  }

  async ask(name: string, type: string, asking: ClientAsking = {}): Promise<Message> {
    const response = await this.send(queryOf(name, type, asking), asking);
    return decodeMessage(present(response, `${name} ${type} is answered`));
  }

  send(query: Uint8Array, asking: ClientAsking = {}): Promise<Uint8Array | undefined> {
    const address = present(parseIp(asking.from ?? "10.0.0.1"), "the client has an address");
    const { view } = this.core.viewOfClient(address, -1);
    const { transport = "UDP", prefetch: isPrefetch = false } = asking;
    return this.core.answer(query, { view, address, port: 5_000, transport, isPrefetch });
  }

  /** The answer as text: response code, then records. */
  async text(name: string, type: string, asking?: ClientAsking): Promise<string[]> {
    const [head = "", ...records] = messageText(await this.ask(name, type, asking));
    return [head.split(" ")[0] ?? "", ...records.map((record) => record.replace(/^answer /, ""))];
  }
}

function delegationRule(domain: string): DelegationRule {
  return { ruleId: `rslvr-rr-${domain}`, domain: parseName(domain), localAddresses: [] };
}

/** Lets everything that can go on do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
