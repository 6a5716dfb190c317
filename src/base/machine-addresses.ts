import { networkInterfaces } from "node:os";
import { formatIp, parseScopedIp } from "./ip.ts";

/** The addresses of all interfaces, as `formatIp` writes them; of 127.0.0.0/8 those they name. */
export function machineAddresses(): Set<string> {
  const all = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  return new Set(
    all.flatMap(({ address }) => {
      const ip = parseScopedIp(address);
      return ip ? formatIp(ip) : [];
    }),
  );
}
