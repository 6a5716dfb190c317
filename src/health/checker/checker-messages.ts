import type { LogLevel } from "../../telemetry/logger.ts";

/** What a checker thread is started with. */
export type CheckerThreadData = {
  location: string;
  scriptsAllowed: boolean;
  logLevel: LogLevel;
};

export type ToCheckerThread =
  /** A list as `encodeCheckList` writes it. */
  { kind: "list"; list: Uint8Array } | { kind: "stop" };

/** Every half second. */
export type FromCheckerThread = { table: Uint8Array };
