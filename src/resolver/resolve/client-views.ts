import { parseIp } from "../../base/ip.ts";
import type { IpAddress } from "../../base/ip.ts";
import { isUnspecified } from "../../dataplane/server/socket-address.ts";
import type { Endpoint } from "../../dataplane/server/socket-address.ts";
import type { ResolverListener } from "../front/hand-over.ts";
import { SourceTable } from "../front/source-table.ts";
import type { UpstreamTarget } from "../upstream/upstream.ts";
import { endpointKey } from "./own-listeners.ts";
import type { Source } from "./resolver-plan.ts";
import type { View } from "./view.ts";

/** Whom a query is from: its VPC, and the inbound endpoint that was asked. */
export type ClientView = { view: View | undefined; endpointId?: string | undefined };

/** Tells the VPC of a client: by the address that it asked, else by its own. */
export class ClientViews {
  readonly #listeners: readonly ResolverListener[];
  readonly #isLocalAddress: (address: string) => boolean;
  #byVpc = new Map<string, View>();
  #byEndpoint = new Map<string, { view: View; endpointId: string }>();
  /** By index of the source table, which is the front's. */
  #bySource: View[] = [];
  #sources = new SourceTable([]);

  constructor(options: {
    listeners: readonly ResolverListener[];
    isLocalAddress(address: string): boolean;
  }) {
    this.#listeners = options.listeners;
    this.#isLocalAddress = (address) => options.isLocalAddress(address);
  }

  update(views: Iterable<View>): void {
    this.#byVpc = new Map();
    this.#byEndpoint = new Map();
    this.#bySource = [...views];
    this.#sources = new SourceTable(this.#bySource.map(({ settings }) => settings.cidrs));
    for (const view of this.#bySource) {
      const { vpcId, listeners } = view.settings;
      this.#byVpc.set(vpcId, view);
      for (const { endpointId, ...endpoint } of listeners) {
        this.#byEndpoint.set(endpointKey(endpoint), { view, endpointId });
      }
    }
  }

  /**
   * @param listener index of the listener that was asked
   * @param local the address that was asked, where that is known
   */
  of(client: IpAddress, listener: number, local?: Endpoint): ClientView {
    const vpcId = this.#listeners[listener]?.vpcId;
    if (vpcId !== undefined) return { view: this.#byVpc.get(vpcId) };
    const endpoint = local && this.#byEndpoint.get(endpointKey(local));
    return endpoint ?? { view: this.#byAddress(client) };
  }

  /** See OwnListeners: who would answer a query of the source at this address. */
  atTarget(target: UpstreamTarget, source: Source): View | "none" | undefined {
    // At an inbound endpoint everybody is of its VPC.
    const inbound = this.#byEndpoint.get(endpointKey(target));
    if (inbound && this.#isLocalAddress(target.address)) return inbound.view;
    const index = this.#listeners.findIndex(({ endpoint }) => this.#isAt(endpoint, target));
    if (index < 0) return undefined;
    // Without an address of its own the system asks from the very address that it asks.
    const from = parseIp(source.localAddresses[0] ?? target.address);
    return (from && this.of(from, index, target).view) ?? "none";
  }

  #isAt(endpoint: Endpoint, target: UpstreamTarget): boolean {
    if (endpoint.port !== target.port) return false;
    if (isUnspecified(endpoint)) return this.#isLocalAddress(target.address);
    return endpointKey(endpoint) === endpointKey(target);
  }

  #byAddress(client: IpAddress): View | undefined {
    const address = unmapped(client);
    const octets = new DataView(address.buffer, address.byteOffset, address.length);
    const sources = this.#sources;
    return this.#bySource[
      address.length === 4 ? sources.ownerOfIpv4(octets, 0) : sources.ownerOfIpv6(octets, 0)
    ];
  }
}

const mappedPrefix = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255);

/** The IPv4 address in an IPv6 one (`::ffff:192.0.2.1`). */
function unmapped(address: IpAddress): IpAddress {
  const isMapped = address.length === 16 && mappedPrefix.every((octet, i) => octet === address[i]);
  return isMapped ? address.subarray(12) : address;
}
