import { queryLogFileCountMaxDefault, queryLogFileSizeMaxDefault } from "../base/limits.ts";
import { JsonLinesFile } from "./json-lines-file.ts";
import type { Logger } from "./logger.ts";

/** The fields of Route 53's query logs, version 1.0. */
export type QueryLogRecord = {
  timeMs: number;
  hostedZoneId: string;
  /** Without trailing dot, as Route 53 logs it. */
  queryName: string;
  queryType: string;
  responseCode: string;
  protocol: "UDP" | "TCP";
  edgeLocation: string;
  resolverIp: string;
  /** `-` for none. */
  ednsClientSubnet: string;
};

export type QueryLogFileOptions = {
  directory: string;
  logger: Logger;
  fileSizeMax?: number;
  fileCountMax?: number;
};

/** Query logs as JSON lines in `DIRECTORY/queries.jsonl`, and in files of that name with a number. */
export class QueryLogFile {
  readonly #file: JsonLinesFile;

  constructor(options: QueryLogFileOptions) {
    this.#file = new JsonLinesFile({
      ...{ name: "queries", what: "query log" },
      fileSizeMax: queryLogFileSizeMaxDefault,
      fileCountMax: queryLogFileCountMaxDefault,
      ...options,
    });
  }

  /** Lines that could not be written. */
  get droppedCount(): number {
    return this.#file.droppedCount;
  }

  write(record: QueryLogRecord): void {
    this.#file.write(formatRecord(record));
  }

  /** Resolves once every line taken is with the operating system. */
  close(): Promise<void> {
    return this.#file.close();
  }
}

function formatRecord(record: QueryLogRecord): string {
  return JSON.stringify({
    version: "1.0",
    queryTimestamp: new Date(record.timeMs).toISOString(),
    hostedZoneId: record.hostedZoneId,
    queryName: record.queryName,
    queryType: record.queryType,
    responseCode: record.responseCode,
    protocol: record.protocol,
    edgeLocation: record.edgeLocation,
    resolverIp: record.resolverIp,
    ednsClientSubnet: record.ednsClientSubnet,
  });
}
