import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Logger } from "../telemetry/logger.ts";
import type { DrainCause } from "./container-record.ts";

export type DrainMark = { atMs: number; cause: DrainCause };

/** Which containers were taken out before they stop, beyond the life of one watcher. */
export type DrainMarks = {
  get(containerId: string): DrainMark | undefined;
  set(containerId: string, mark: DrainMark): void;
  delete(containerId: string): void;
  /** Forgets all others. */
  keepOnly(containerIds: ReadonlySet<string>): void;
};

/**
 * Marks in a small file, written whole at each change. One that cannot be read or written is
 * logged and done without: a watcher that was killed then forgets its drains.
 */
export function drainMarksInFile(path: string, logger: Logger): DrainMarks {
  const marks = readMarks(path, logger);
  const save = (): void => {
    try {
      writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(marks)), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (error) {
      logger.warn({ err: error }, "Cannot write which containers are drained");
    }
  };
  return {
    get: (id) => marks.get(id),
    set(id, mark) {
      marks.set(id, mark);
      save();
    },
    delete(id) {
      if (marks.delete(id)) save();
    },
    keepOnly(ids) {
      const gone = [...marks.keys()].filter((id) => !ids.has(id));
      for (const id of gone) marks.delete(id);
      if (gone.length > 0) save();
    },
  };
}

function readMarks(path: string, logger: Logger): Map<string, DrainMark> {
  try {
    const read = JSON.parse(readFileSync(path, "utf8")) as Record<string, DrainMark>;
    const isGood = ({ atMs, cause }: DrainMark): boolean =>
      typeof atMs === "number" && (cause === "kill" || cause === "command");
    return new Map(Object.entries(read).filter(([, mark]) => isGood(mark)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      logger.warn({ err: error }, "Cannot read which containers are drained");
    }
    return new Map();
  }
}
