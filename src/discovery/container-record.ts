import { containerStopMaxMs } from "../base/limits.ts";
import type { Container } from "./container.ts";
import type { DrainMark } from "./drained-file.ts";

/** Who took a container out while it still runs. */
export type DrainCause = "kill" | "command";

/** What the watcher remembers of one container. Times are wall times of the engine. */
export type ContainerRecord = {
  readonly id: string;
  name: string;
  /** As last inspected. */
  startedAtMs: number;
  stopSignal: number;
  diedAtMs: number;
  drained: DrainMark | undefined;
  /** Keys of the instances it has or has had. */
  instances: Set<string>;
  /** Whether Cloud Map could not say where some of it belongs: then what is there stays. */
  isUnresolved: boolean;
  /** Last reported. */
  problems: string;
  /** When it was last inspected, in monotonic time. */
  inspectedMs: number;
  isDirty: boolean;
  refreshing: Promise<void> | undefined;
};

export function newRecord(id: string, drained?: DrainMark): ContainerRecord {
  return {
    id,
    name: id.slice(0, 12),
    startedAtMs: 0,
    stopSignal: 15,
    diedAtMs: -Infinity,
    drained,
    instances: new Set(),
    isUnresolved: false,
    problems: "",
    inspectedMs: -Infinity,
    isDirty: false,
    refreshing: undefined,
  };
}

/** Whether it runs: an answer of the engine may be older than the event of its death. */
export function isAlive(record: ContainerRecord, container: Container | undefined): boolean {
  return container !== undefined && container.isRunning && container.startedAtMs > record.diedAtMs;
}

/**
 * Whether it is out although it runs: until it is started again, or, where a signal was the
 * cause, until it has survived that for long.
 */
export function isDrained({ drained, startedAtMs }: ContainerRecord, nowMs: number): boolean {
  if (!drained || drained.atMs < startedAtMs) return false;
  return drained.cause === "command" || nowMs - drained.atMs < containerStopMaxMs;
}
