import { join } from "node:path";
import type { HostedZone } from "../control/model/hosted-zone.ts";
import { queryLogDirectoryName } from "../control/model/query-logging.ts";
import type { QueryLogging } from "../control/model/query-logging.ts";
import type { StateReader } from "../control/state/state-reader.ts";
import type { QueryLogEntry } from "../dataplane/server/query-log-entry.ts";
import type { Logger } from "../telemetry/logger.ts";
import { QueryLogFile } from "../telemetry/query-log-file.ts";

/** What an edge location is called where there is but one. */
const edgeLocation = "LOCAL";

/** Writes the answered queries of zones with a query logging configuration to their files. */
export class QueryLogs {
  readonly #options: { directory: string; state: StateReader; logger: Logger };
  /** By directory: a log group may serve several zones. */
  readonly #files = new Map<string, QueryLogFile>();

  constructor(options: { directory: string; state: StateReader; logger: Logger }) {
    this.#options = options;
  }

  /** Lines that could not be written, of all files. */
  get droppedCount(): number {
    return [...this.#files.values()].reduce((sum, file) => sum + file.droppedCount, 0);
  }

  write(entry: QueryLogEntry, zoneId: string): void {
    const file = this.#fileOf(zoneId);
    if (!file) return;
    const { timeMs, qname, qtype, rcode, protocol, resolverIp, ednsClientSubnet } = entry;
    file.write({
      timeMs,
      hostedZoneId: zoneId,
      queryName: qname === "." ? qname : qname.slice(0, -1),
      queryType: qtype,
      responseCode: rcode,
      protocol,
      edgeLocation,
      resolverIp,
      ednsClientSubnet,
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }

  #fileOf(zoneId: string): QueryLogFile | undefined {
    const { state, directory, logger } = this.#options;
    const id = state.get<string>("queryLoggingByZone", [zoneId]);
    const config = id === undefined ? undefined : state.get<QueryLogging>("queryLogging", [id]);
    // Taken away since the query was answered, or the zone is gone.
    if (!config || !state.get<HostedZone>("hostedZone", [zoneId])) return undefined;
    const path = join(directory, queryLogDirectoryName(config.logGroupArn));
    const file = this.#files.get(path) ?? new QueryLogFile({ directory: path, logger });
    this.#files.set(path, file);
    return file;
  }
}
