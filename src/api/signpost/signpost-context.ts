import type { Clock } from "../../base/clock.ts";
import type { ChangeLog } from "../../control/log/change-log.ts";
import type { StateReader } from "../../control/state/state-reader.ts";

/** One line of a master file that an import refused or noted. */
export type Finding = { line: number; message: string };
export type Findings = { count: number; lines: Finding[] };

export type ImportProgress = { stage: string; done: number; total?: number };

/** Either the zone is imported whole, or nothing is and `refused` says why. */
export type ImportOutcome =
  | { imported: { records: number; rrsets: number; warnings: Findings } }
  | { refused: Findings };

/** How the running server is; what `bin/signpost status` shows. */
export type ServerStatus = {
  version: string;
  uptimeSeconds: number;
  dns: string[];
  api: string;
  hostedZones: number;
  log: { head: number; served: number };
  workers: { wanted: number; live: number; restarts: number };
  healthy: boolean;
  problems: string[];
};

/** What Signpost's own operations work on. */
export type SignpostContext = {
  state: StateReader;
  log: ChangeLog;
  clock: Clock;
  status(): ServerStatus;
  /** Makes an empty public hosted zone and returns its id. */
  createHostedZone(name: string, accessKeyId: string): Promise<string>;
  /** Deletes a hosted zone that holds nothing but what it was made with. */
  deleteHostedZone(zoneId: string): Promise<void>;
  importZone(job: {
    zoneId: string;
    zoneName: string;
    replace: boolean;
    input: AsyncIterable<Uint8Array>;
    onProgress: (progress: ImportProgress) => void;
  }): Promise<ImportOutcome>;
  /** The hosted zone as the text of a master file. */
  exportZone(zoneId: string): AsyncIterable<string>;
};
