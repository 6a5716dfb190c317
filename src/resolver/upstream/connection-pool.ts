import {
  upstreamConnectionCountMax,
  upstreamConnectionTotalMax,
  upstreamIdleMs,
  upstreamPipelineCountMax,
} from "../../base/limits.ts";
import type { Asking, Cancel, Destination, Exchange, Outcome } from "./exchange.ts";
import { targetKey } from "./target-health.ts";

/** A query that waits on a connection for its response. */
export type Pending = { asking: Asking; done(outcome: Outcome): void };

/** A connection to one target that takes many queries. */
export type Connection = {
  readonly isOpen: boolean;
  readonly pendingCount: number;
  /** Responses that have come over it. */
  readonly answerCount: number;
  /** Called once, when it is open no more; before its queries fail. */
  onClose: (() => void) | undefined;
  ask(pending: Pending): Cancel;
  destroy(): void;
};

export type OpenConnection = (to: Destination) => Connection;

type Kept = { connection: Connection; idle: NodeJS.Timeout | undefined };

/** Connections that are kept between queries, some to each target. */
export class ConnectionPool {
  readonly #open: OpenConnection;
  readonly #idleMs: number;
  readonly #byTarget = new Map<string, Kept[]>();
  #count = 0;

  constructor(open: OpenConnection, idleMs = upstreamIdleMs) {
    this.#open = open;
    this.#idleMs = idleMs;
  }

  get connectionCount(): number {
    return this.#count;
  }

  readonly ask: Exchange = (asking, done) => {
    const kept = this.#keptFor(asking);
    if (!kept) {
      const refusal = setImmediate(done, { failure: "busy" } as const);
      return () => clearImmediate(refusal);
    }
    return this.#askOn(kept, { asking, done });
  };

  close(): void {
    for (const kept of [...this.#byTarget.values()].flat()) kept.connection.destroy();
  }

  #askOn(kept: Kept, { asking, done }: Pending): Cancel {
    const { connection } = kept;
    const before = connection.answerCount;
    clearTimeout(kept.idle);
    let again: Cancel | undefined;
    const leave = connection.ask({
      asking,
      done: (outcome) => {
        this.#rest(kept);
        // A server may close what it thinks idle just when we ask (RFC 7766 §6.2.4).
        const isStale = before > 0 && "failure" in outcome && outcome.failure === "closed";
        if (isStale) again = this.#askFresh({ asking, done });
        else done(outcome);
      },
    });
    return () => {
      leave();
      again?.();
      // Silent ever since we asked: the other end may be gone without a word.
      if (connection.isOpen && connection.answerCount === before) connection.destroy();
      this.#rest(kept);
    };
  }

  #askFresh({ asking, done }: Pending): Cancel {
    const kept = this.#count < upstreamConnectionTotalMax ? this.#add(asking) : undefined;
    if (kept) return this.#askOn(kept, { asking, done });
    done({ failure: "busy" });
    return () => {};
  }

  /** The connection with the fewest queries, or a new one where all have as many as they may. */
  #keptFor(to: Destination): Kept | undefined {
    const all = this.#byTarget.get(poolKey(to)) ?? [];
    const least = all.toSorted((a, b) => a.connection.pendingCount - b.connection.pendingCount)[0];
    if (least && least.connection.pendingCount < upstreamPipelineCountMax) return least;
    const mayAdd = all.length < upstreamConnectionCountMax;
    return mayAdd && this.#count < upstreamConnectionTotalMax ? this.#add(to) : undefined;
  }

  #add(to: Destination): Kept {
    const key = poolKey(to);
    const kept: Kept = { connection: this.#open(to), idle: undefined };
    this.#byTarget.set(key, [...(this.#byTarget.get(key) ?? []), kept]);
    this.#count++;
    kept.connection.onClose = () => {
      clearTimeout(kept.idle);
      this.#count--;
      const left = (this.#byTarget.get(key) ?? []).filter((each) => each !== kept);
      if (left.length > 0) this.#byTarget.set(key, left);
      else this.#byTarget.delete(key);
    };
    return kept;
  }

  /** Closes the connection in a while, if nobody asks over it. */
  #rest(kept: Kept): void {
    const { connection } = kept;
    clearTimeout(kept.idle);
    if (!connection.isOpen || connection.pendingCount > 0) return;
    kept.idle = setTimeout(() => connection.destroy(), this.#idleMs);
  }
}

function poolKey({ target, source }: Destination): string {
  return `${targetKey(target)} ${source ?? ""}`;
}
