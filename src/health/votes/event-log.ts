import { healthEventQueueCountMax } from "../../base/limits.ts";
import type { EventBody, HealthEvent } from "../../control/model/health-event.ts";
import type { JsonLinesFile } from "../../telemetry/json-lines-file.ts";
import { EventIds } from "./event-id.ts";
import type { HealthDatabase } from "./health-database.ts";

/** How long events are worked on before other things have a turn. */
const sliceMs = 5;

type Draft = { atMs: number; body: () => EventBody };

export type EventLogParts = {
  database: Pick<HealthDatabase, "write" | "addEvent" | "lastEventId">;
  file: Pick<JsonLinesFile, "write" | "droppedCount">;
  /** Those that are written, some at a time, in order. */
  onEvents(events: HealthEvent[]): void;
  onProblem(what: string): void;
  /** Runs a function soon, after what waits. */
  later?: (f: () => void) => void;
};

/**
 * Who saw what, when, and what answers otherwise because of it: JSON lines in files, the newest in
 * the database. Events are taken at once and written in slices, so that a failure of everything
 * holds up no status; what comes faster than it can be written is dropped and counted.
 */
export class EventLog {
  readonly #parts: EventLogParts;
  readonly #ids: EventIds;
  readonly #later: (f: () => void) => void;
  #queue: Draft[] = [];
  #isRunning = false;
  #droppedCount = 0;

  constructor(parts: EventLogParts) {
    this.#parts = parts;
    this.#later = parts.later ?? setImmediate;
    this.#ids = new EventIds(parts.database.lastEventId());
  }

  /** Events that could not be written, here or to the file. */
  get droppedCount(): number {
    return this.#droppedCount + this.#parts.file.droppedCount;
  }

  /** @param body made when its turn comes: what is costly about an event is done there */
  add(atMs: number, body: () => EventBody): void {
    if (this.#queue.length >= healthEventQueueCountMax) {
      this.#droppedCount++;
      return;
    }
    this.#queue.push({ atMs, body });
    this.#run();
  }

  /** Writes all that waits. */
  flush(): void {
    while (this.#queue.length > 0) this.#writeSlice(Infinity);
  }

  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#later(() => {
      this.#isRunning = false;
      this.#writeSlice(sliceMs);
      if (this.#queue.length > 0) this.#run();
    });
  }

  #writeSlice(timeMs: number): void {
    const untilMs = performance.now() + timeMs;
    const events: HealthEvent[] = [];
    let i = 0;
    for (; i < this.#queue.length; i++) {
      if (i > 0 && performance.now() > untilMs) break;
      const { atMs, body } = this.#queue[i] as Draft;
      const common = { id: this.#ids.next(atMs), at: new Date(atMs).toISOString() };
      events.push({ ...common, ...body() });
    }
    this.#queue.splice(0, i);
    this.#keep(events);
    if (events.length > 0) this.#parts.onEvents(events);
  }

  #keep(events: readonly HealthEvent[]): void {
    const { database, file, onProblem } = this.#parts;
    const lines = events.map((event) => JSON.stringify(event));
    for (const line of lines) file.write(line);
    try {
      database.write(() => events.forEach((event, i) => database.addEvent(event, lines[i] ?? "")));
    } catch (error) {
      this.#droppedCount += events.length;
      onProblem(`Cannot keep events in health.db: ${String(error)}`);
    }
  }
}
