import type { LogLevel } from "../../telemetry/logger.ts";

/** What a checker thread is started with. */
export type CheckerThreadData = {
  location: string;
  scriptsAllowed: boolean;
  logLevel: LogLevel;
};

/** A list as `encodeCheckList` writes it. */
export type ToCheckerThread = { list: Uint8Array };

/** Every half second. */
export type FromCheckerThread = { table: Uint8Array };
