import { networkInterfaces } from "node:os";
import { parseIp } from "../../../base/ip.ts";
import { xdpEndpointCountMax } from "../../../base/limits.ts";
import { concreteEndpoints } from "../portable-endpoints.ts";
import { isIpv6, isUnspecified } from "../socket-address.ts";
import type { Endpoint } from "../socket-address.ts";
import type { Bpf } from "./bpf.ts";
import { endpointKey } from "./steering-program.ts";

/** The addresses and ports that the program in the kernel takes packets of. */
export class EndpointMap {
  readonly #bpf: Bpf;
  readonly #fd: number;
  #entries = new Map<string, Endpoint>();

  constructor(bpf: Bpf, fd: number) {
    this.#bpf = bpf;
    this.#fd = fd;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Adds what is new, then removes what is gone. @throws XdpError */
  set(endpoints: readonly Endpoint[]): void {
    const wanted = endpoints.slice(0, xdpEndpointCountMax / 2);
    const entries = new Map(wanted.map((endpoint) => [textOf(endpoint), endpoint]));
    for (const [text, endpoint] of entries) {
      if (!this.#entries.has(text)) this.#bpf.updateMap(this.#fd, keyOf(endpoint), present);
    }
    for (const [text, endpoint] of this.#entries) {
      if (!entries.has(text)) this.#bpf.deleteFromMap(this.#fd, keyOf(endpoint));
    }
    this.#entries = entries;
  }
}

/**
 * Listen addresses as packets from the network carry them: a wildcard is every address that this
 * machine has now, those of other interfaces included; loopback addresses never come from there.
 */
export function reachableEndpoints(
  endpoints: readonly Endpoint[],
  interfaceName: string,
): Endpoint[] {
  const linkLocal = endpoints
    .filter((endpoint) => isIpv6(endpoint) && isUnspecified(endpoint))
    .flatMap(({ port }) => linkLocalAddresses(interfaceName).map((address) => ({ address, port })));
  return [...concreteEndpoints(endpoints), ...linkLocal].filter(({ address }) => {
    return !address.startsWith("127.") && address !== "::1";
  });
}

/** They mean something on their own link only. */
function linkLocalAddresses(interfaceName: string): string[] {
  return (networkInterfaces()[interfaceName] ?? [])
    .filter((info) => info.family === "IPv6" && info.scopeid)
    .map(({ address }) => address);
}

/** What the map holds for a key; the program asks only whether it is there. */
const present = Uint8Array.of(1, 0, 0, 0);

function keyOf({ address, port }: Endpoint): Uint8Array {
  const ip = parseIp(address);
  if (!ip) throw new Error(`not an IP address: ${address}`);
  return endpointKey(ip, port);
}

function textOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
