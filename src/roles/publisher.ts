import type { CompilerBatch, KeyedUpdate } from "../control/compiler/compiler.ts";
import type { Applied } from "../control/log/change-log.ts";
import { ZONE_FLAG } from "../dataplane/image/zone-table.ts";
import type { NameServer } from "../dataplane/server/name-server.ts";
import type { Health } from "../health/votes/health.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { QueryLogs } from "./query-logs.ts";

export type PublisherOptions = {
  nameServer: Pick<NameServer, "publish" | "onQueryLog">;
  /** Where one runs. It alone gets private zones. */
  resolver?: ZoneTaker | undefined;
  applied: Applied;
  health: Pick<Health, "written">;
  logger: Logger;
};

/** The resolver, as far as it takes zones. */
export type ZoneTaker = {
  /** Resolves when all its threads answer from these images, and go by the log up to an entry. */
  take(updates: readonly KeyedUpdate[], seq: number): Promise<void>;
};

/**
 * Brings what the compiler makes to the answering workers, and reports an entry of the log as
 * served once all of them serve it.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  /** For query logs: which hosted zone a key stands for. */
  readonly #zoneIds = new Map<number, string>();
  #last: Promise<void> = Promise.resolve();

  constructor(options: PublisherOptions & { queryLogs: QueryLogs }) {
    this.#options = options;
    options.nameServer.onQueryLog((entry) => {
      const zoneId = this.#zoneIds.get(entry.zoneKey);
      if (zoneId !== undefined) options.queryLogs.write(entry, zoneId);
    });
  }

  /**
   * Batches are handed over at once, in the order in which they are taken: waiting for the workers
   * in between would let changes that come faster than workers look pile up.
   */
  take(batch: CompilerBatch): void {
    const { logger } = this.#options;
    for (const note of batch.notes) logger.warn(note);
    this.#last = this.#publish(batch, this.#last);
    this.#last.catch((error: unknown) => logger.error({ err: error }, "cannot publish zones"));
  }

  /** Resolves when all that was taken is served. */
  idle(): Promise<void> {
    return this.#last;
  }

  async #publish({ seq, updates }: CompilerBatch, before: Promise<void>): Promise<void> {
    const { nameServer, resolver, applied, health } = this.#options;
    const open = updates.filter(({ isPrivate }) => !isPrivate);
    for (const { zoneKey, zoneId } of open) this.#zoneIds.set(zoneKey, zoneId);
    const zones = open.map(({ zoneKey, image, flags }) => ({
      zoneKey,
      image,
      queryLog: (flags & ZONE_FLAG.LOGGED) !== 0,
    }));
    // Also with nothing to hand over: a change made in place is served when every worker has
    // gone through its loop once more.
    const resolved = resolver?.take(updates, seq);
    await Promise.all([nameServer.publish(zones), resolved, health.written(seq), before]);
    for (const { zoneKey, image } of open) if (!image) this.#zoneIds.delete(zoneKey);
    applied.set(seq);
  }
}
