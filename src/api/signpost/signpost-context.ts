import type { Notifier } from "../../health/notifications/notifier.ts";
import type { ApiContext } from "../route53/api-context.ts";
import type { LocationData } from "./location-data.ts";
import type { ExplainQuestion, Explanation } from "./explanation.ts";

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
  dns: readonly string[];
  /** Where names of VPCs are resolved; nowhere where no resolver runs. */
  resolver: readonly string[];
  api: string;
  hostedZones: number;
  /** Sequence number of the newest entry, and the one that every answering worker serves. */
  log: { head: number; served: number };
  workers: { wanted: number; live: number; restarts: number };
  healthy: boolean;
  problems: readonly string[];
};

/** What Signpost's own operations work on; the role supplies it. */
export type SignpostContext = {
  route53: ApiContext;
  locations: LocationData;
  notifier: Notifier;
  status(): ServerStatus;
  /** Asks the name server code itself, and notes what it looked at. */
  explain(question: ExplainQuestion): Promise<Explanation>;
  /** @throws ServiceError where the import cannot be done, whatever the file says */
  importZone(job: {
    zoneId: string;
    zoneName: string;
    replace: boolean;
    input: AsyncIterable<Uint8Array>;
    onProgress: (progress: ImportProgress) => void;
  }): Promise<ImportOutcome>;
  /** The hosted zone as the text of a master file. */
  exportZone(zone: { zoneId: string; zoneName: string }): AsyncIterable<string>;
  /**
   * Makes the domains in a file those of a firewall's domain list, or adds them.
   * @param job `list` is its id, or its name where that is the only one's
   * @throws ServiceError of Route 53 Resolver
   */
  importDomains(job: {
    list: string;
    mode: "add" | "replace";
    file: AsyncIterable<Uint8Array>;
  }): Promise<{ id: string; name: string; domainCount: number }>;
};
