import { formatIp, parseIp } from "../../base/ip.ts";
import {
  udpPayloadSizeDefault,
  upstreamMismatchCountMax,
  upstreamResendMs,
} from "../../base/limits.ts";
import type { Random } from "../../base/random.ts";
import type { Message } from "../../dns/wire/message.ts";
import type { Asking, Cancel, Exchange, Outcome } from "./exchange.ts";
import { failureOf } from "./exchange.ts";
import { matchResponse } from "./match-response.ts";
import type { Expected, Mismatch } from "./match-response.ts";
import type { OpenUdp, UdpSocket } from "./udp-socket.ts";
import type { UpstreamFailure } from "./upstream.ts";
import { encodeQuery } from "./wire-query.ts";

export type Do53Options = {
  openUdp: OpenUdp;
  /** Asks the same over TCP. */
  tcp: Exchange;
  random: Random;
  resendMs?: number;
};

/**
 * Asks over UDP, from a port and with an id drawn for this query. Where somebody seems to guess, or
 * the answer is not to be trusted or too long, TCP settles it: nobody can write into that unseen.
 */
export function createDo53(options: Do53Options): Exchange {
  return (asking, done) => {
    const exchange = new Do53Exchange(asking, options, done);
    return exchange.cancel;
  };
}

class Do53Exchange {
  readonly #asking: Asking;
  readonly #options: Do53Options;
  readonly #done: (outcome: Outcome) => void;
  readonly #expected: Expected;
  readonly #address: string | undefined;
  #udp: UdpSocket | undefined;
  #resend: NodeJS.Timeout | undefined;
  #mismatchCount = 0;
  #cancelTcp: Cancel | undefined;
  #tcpFailure: UpstreamFailure | undefined;
  #isOver = false;

  constructor(asking: Asking, options: Do53Options, done: (outcome: Outcome) => void) {
    this.#asking = asking;
    this.#options = options;
    this.#done = done;
    const id = options.random.uint32() >>> 16;
    this.#expected = { query: asking.query, id, sizeMax: udpPayloadSizeDefault, anyCase: false };
    const ip = parseIp(asking.target.address);
    this.#address = ip && formatIp(ip);
    this.#udp = options.openUdp(asking, {
      onReady: () => this.#send(options.resendMs ?? upstreamResendMs),
      onMessage: (octets, from) => this.#take(octets, from),
      onError: (error) => this.#end({ failure: failureOf(error) }),
    });
  }

  readonly cancel = (): void => {
    this.#isOver = true;
    this.#closeUdp();
    this.#cancelTcp?.();
  };

  #send(waitMs: number): void {
    const { id, query } = this.#expected;
    this.#udp?.send(encodeQuery(query, { id, padded: false }));
    this.#resend = setTimeout(() => this.#send(waitMs * 2), waitMs);
  }

  #take(octets: Uint8Array, from: { address: string; port: number }): void {
    const isFromTarget = from.port === this.#asking.target.port && from.address === this.#address;
    const matched = isFromTarget ? matchResponse(octets, this.#expected) : "source";
    if (typeof matched === "string") return this.#reject(matched);
    if (!matched.flags.tc) return this.#end({ message: matched });
    this.#closeUdp();
    this.#askTcp();
  }

  #reject(mismatch: Mismatch): void {
    this.#asking.onMismatch(mismatch);
    this.#mismatchCount++;
    const isGuessing = this.#mismatchCount >= upstreamMismatchCountMax;
    if (isGuessing) this.#closeUdp();
    // An id that is right came from the target, or from a lucky guess.
    if (isGuessing || (mismatch !== "id" && mismatch !== "source")) this.#askTcp();
  }

  #askTcp(): void {
    if (this.#cancelTcp) return;
    if (this.#tcpFailure) return this.#end({ failure: this.#tcpFailure });
    this.#cancelTcp = this.#options.tcp(this.#asking, (outcome) => {
      this.#cancelTcp = undefined;
      if ("message" in outcome) return this.#end(fromTcp(outcome.message));
      this.#tcpFailure = outcome.failure;
      // What has not come over UDP yet may still come.
      if (!this.#udp) this.#end(outcome);
    });
  }

  #end(outcome: Outcome): void {
    if (this.#isOver) return;
    this.cancel();
    this.#done(outcome);
  }

  #closeUdp(): void {
    clearTimeout(this.#resend);
    this.#udp?.close();
    this.#udp = undefined;
  }
}

/** TC says that a message did not fit; over TCP everything does (RFC 2181 §9). */
function fromTcp(message: Message): Outcome {
  return message.flags.tc ? { failure: "malformed" } : { message };
}
