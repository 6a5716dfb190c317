import { formatIp, parseScopedIp } from "../../base/ip.ts";
import { machineAddresses } from "../../base/machine-addresses.ts";

/** How long the list of interfaces is believed. */
const listAgeMaxMs = 1_000;

/** Tells addresses of this machine; all of 127.0.0.0/8 is. */
export class LocalAddresses {
  #addresses = new Set<string>();
  #listedMs = -Infinity;

  has(address: string): boolean {
    const ip = parseScopedIp(address);
    if (!ip) return false;
    if (ip.length === 4 && ip[0] === 127) return true;
    this.#refresh();
    return this.#addresses.has(formatIp(ip));
  }

  #refresh(): void {
    const nowMs = performance.now();
    if (nowMs - this.#listedMs < listAgeMaxMs) return;
    this.#listedMs = nowMs;
    this.#addresses = machineAddresses();
  }
}
