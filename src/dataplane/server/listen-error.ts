import { formatEndpoint } from "./socket-address.ts";
import type { Endpoint } from "./socket-address.ts";

const hints: Readonly<Record<string, string>> = {
  EACCES: "; ports below 1024 need root or CAP_NET_BIND_SERVICE",
  EADDRINUSE: "; another program listens there, perhaps another Signpost",
  EADDRNOTAVAIL: "; no interface of this machine has the address",
};

/** An address that could not be listened on; the message is for the operator. */
export class ListenError extends Error {
  override name = "ListenError";
  /** Such as `EADDRINUSE`. */
  readonly code: string;

  constructor(protocol: "UDP" | "TCP", endpoint: Endpoint, code: string) {
    const hint = hints[code] ?? "";
    super(`Cannot listen: ${protocol} ${formatEndpoint(endpoint)}, ${code}${hint}`);
    this.code = code;
  }

  /** From an error of node:net or node:dgram. */
  static of(protocol: "UDP" | "TCP", endpoint: Endpoint, error: unknown): ListenError {
    return new ListenError(protocol, endpoint, (error as NodeJS.ErrnoException).code ?? "failed");
  }
}
