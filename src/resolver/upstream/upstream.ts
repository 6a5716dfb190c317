import type { Message, Question } from "../../dns/wire/message.ts";

/** A server that answers queries for us. */
export type UpstreamTarget = {
  /** IPv4 or IPv6, as text. */
  address: string;
  port: number;
  protocol: "Do53" | "DoT" | "DoH";
  /** Name that its certificate must have; default: its address. DoT and DoH. */
  serverName?: string;
  /** Of DoH; default `/dns-query`. */
  path?: string;
};

export type UpstreamQuery = {
  question: Question;
  /** Whether recursion is wanted: of a recursive resolver yes, of an authoritative server no. */
  recursionDesired: boolean;
  /** DO and CD of the query. */
  dnssecOk: boolean;
  checkingDisabled: boolean;
  /** Tried by health and speed, the next after a short wait while the first is still out. */
  targets: readonly UpstreamTarget[];
  /** Local addresses to ask from, one of the target's family by chance; none: the system's. */
  sources?: readonly string[];
};

/** What came back, checked: it answers this question, and has nothing that was not asked for. */
export type UpstreamAnswer = {
  /** See `cleanResponse`; with the question as it was given. */
  message: Message;
  target: UpstreamTarget;
  /** From the first query to the answer. */
  tookMs: number;
};

/**
 * `refused`: nobody listens there, or HTTP with an error. `unreachable`: no way there. `tls`: no
 * handshake, or not the certificate. `malformed`: what came is no answer. `busy`: a limit of our
 * own. `closed`: the target ended the connection, or `close` was called.
 */
export type UpstreamFailure =
  | "timeout"
  | "refused"
  | "unreachable"
  | "tls"
  | "malformed"
  | "busy"
  | "closed";

/** No target answered; `reasons` has one for each that was tried. */
export class UpstreamError extends Error {
  override name = "UpstreamError";
  readonly reasons: readonly { target: UpstreamTarget; failure: UpstreamFailure }[];

  constructor(reasons: readonly { target: UpstreamTarget; failure: UpstreamFailure }[]) {
    super(`No upstream answered: ${reasons.map(({ failure }) => failure).join(", ")}`);
    this.reasons = reasons;
  }
}

/** Asks servers over UDP, TCP, TLS (RFC 7858) and HTTPS (RFC 8484). */
export type Upstream = {
  /**
   * The first usable answer of any target. SERVFAIL and REFUSED count as answers only where no
   * target does better.
   * @throws UpstreamError
   */
  ask(query: UpstreamQuery): Promise<UpstreamAnswer>;
  close(): Promise<void>;
};
