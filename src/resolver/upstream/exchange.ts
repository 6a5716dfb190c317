import type { Message } from "../../dns/wire/message.ts";
import type { Mismatch } from "./match-response.ts";
import type { UpstreamFailure, UpstreamTarget } from "./upstream.ts";
import type { WireQuery } from "./wire-query.ts";

/** How asking one target ended: with its response, matched but not yet cleaned, or without. */
export type Outcome = { message: Message } | { failure: UpstreamFailure };

export type Destination = {
  target: UpstreamTarget;
  /** Local address to ask from; default: the system's choice. */
  source?: string | undefined;
};

/** Ends an exchange without an outcome; nothing happens where it has ended. */
export type Cancel = () => void;

/** A way to ask a target: calls `done` once, never before it has returned, unless cancelled. */
export type Exchange = (asking: Asking, done: (outcome: Outcome) => void) => Cancel;

export type Asking = Destination & {
  query: WireQuery;
  /** Told of what came and was not the response. */
  onMismatch(mismatch: Mismatch): void;
};

const refusals: readonly string[] = ["ECONNREFUSED"];
const shortages: readonly string[] = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EAGAIN"];
const endings: readonly string[] = ["ECONNRESET", "EPIPE", "ECONNABORTED"];

/** The failure that a socket's error is. */
export function failureOf(error: NodeJS.ErrnoException): UpstreamFailure {
  const code = error.code ?? "";
  if (refusals.includes(code)) return "refused";
  if (shortages.includes(code)) return "busy";
  if (endings.includes(code)) return "closed";
  return "unreachable";
}
