import type { MessagePort } from "node:worker_threads";
import type { CompileProblem } from "./compile-problem.ts";
import type { CompileResult } from "./zone-compiler.ts";

/** What the compiler's thread is started with. */
export type CompilerThreadData = {
  dataDir: string;
  /** To the store: its commits drive the compiler. */
  storePort: MessagePort;
  /** Whether images of private zones are made, too. */
  privateZones: boolean;
  /** One of LOCATIONS (wanted-locations.ts). */
  locations: Int32Array<SharedArrayBuffer>;
};

/** From the main thread to the compiler's thread. */
export type ToCompiler =
  /** Asks for the image of a zone, served or not. */
  | { kind: "imageOf"; id: number; zoneId: string }
  /** Asks the thread to keep what the next start can use, and to end. */
  | { kind: "stop" };

/** From the compiler's thread to the main thread. */
export type FromCompiler =
  /** While all zones are compiled at start. */
  | { kind: "progress"; done: number; total: number }
  | { kind: "updates"; batch: ImageUpdates }
  /** A set asks for clients' places: the thread waits until all who answer have a location table. */
  | { kind: "locations" }
  /** Every zone has been compiled once, or has an alarm. */
  | { kind: "ready" }
  | { kind: "image"; id: number; image: SharedArrayBuffer | null };

/** Another image of a zone, or none any more. Changes made in place are not among the updates. */
export type ImageUpdate = {
  zoneId: string;
  /** As in `HostedZone.name`. */
  zoneName: string;
  /** For the resolver only. */
  isPrivate: boolean;
  image: SharedArrayBuffer | null;
  /** Bits of ZONE_FLAG. */
  flags: number;
};

/** What one turn of the compiler has done. */
export type ImageUpdates = {
  /**
   * Once the updates are taken over, everything up to this entry of the log is served, but for
   * zones with an alarm.
   */
  seq: number;
  updates: ImageUpdate[];
  /** All zones that do not compile at present, where that has changed. */
  alarms?: CompileProblem[];
  /** Sets that have no answer yet, and why; a sample where there are many. */
  notes: string[];
  counts: CompilerCounts;
};

/** Since the thread began. */
export type CompilerCounts = {
  /** Whole zones compiled. */
  compiled: number;
  /** Changes made in place, each of one or more names of a zone. */
  patched: number;
  /** Compilations and changes that were refused. */
  failed: number;
};

/** The one message of a build thread; `head` is the last entry of the log on the zone. */
export type BuildResult = { result: CompileResult; head: number };

/** What a build thread is started with. */
export type BuildThreadData = { dataDir: string; zoneId: string };
