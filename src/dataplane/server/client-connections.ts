import { formatIp } from "../../base/ip.ts";
import type { IpAddress } from "../../base/ip.ts";

/** One client: an IPv4 address, or the /64 that a single IPv6 host may choose from. */
export function clientKey(client: IpAddress): string {
  return client.length === 4 ? formatIp(client) : client.slice(0, 8).join(".");
}

/** Counts the connections that each client has open. */
export class ClientConnections {
  readonly #perClientMax: number;
  /** By `clientKey`. */
  readonly #counts = new Map<string, number>();

  constructor(perClientMax: number) {
    this.#perClientMax = perClientMax;
  }

  /** @returns false where the client has as many as it may: it gets no other */
  add(client: IpAddress): boolean {
    const key = clientKey(client);
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#perClientMax) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  /** One that was added has closed. */
  remove(client: IpAddress): void {
    const key = clientKey(client);
    const count = (this.#counts.get(key) ?? 1) - 1;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}
