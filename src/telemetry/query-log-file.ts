import { createWriteStream, fstatSync, mkdirSync, openSync } from "node:fs";
import { readdirSync, renameSync, rmSync } from "node:fs";
import type { WriteStream } from "node:fs";
import { join } from "node:path";
import { queryLogFileCountMaxDefault, queryLogFileSizeMaxDefault } from "../base/limits.ts";
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

const currentName = "queries.jsonl";
const rotatedName = /^queries\.(\d+)\.jsonl$/;
/** Octets that may wait for the disk; lines past it are counted and dropped. */
const waitingSizeMax = 8 * 1024 * 1024;
/** After an error the file is opened again, but not for every line. */
const retryAfterMs = 5_000;

/**
 * Query logs as JSON lines in `DIRECTORY/queries.jsonl`. A full file is renamed
 * `queries.1.jsonl`, the one before `queries.2.jsonl` and so on, and the oldest is deleted.
 * Nothing here throws or blocks: what cannot be written is dropped and counted.
 */
export class QueryLogFile {
  readonly #options: Required<QueryLogFileOptions>;
  #stream: WriteStream | undefined;
  #size = 0;
  #retryAtMs = 0;
  #droppedCount = 0;

  constructor(options: QueryLogFileOptions) {
    this.#options = {
      fileSizeMax: queryLogFileSizeMaxDefault,
      fileCountMax: queryLogFileCountMaxDefault,
      ...options,
    };
  }

  /** Lines that could not be written. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  write(record: QueryLogRecord): void {
    const line = `${formatRecord(record)}\n`;
    if (this.#stream && this.#size + line.length > this.#options.fileSizeMax) this.#rotate();
    this.#stream ??= this.#open();
    if (!this.#stream || this.#stream.writableLength > waitingSizeMax) {
      this.#droppedCount++;
      return;
    }
    this.#size += line.length;
    this.#stream.write(line);
  }

  /** Resolves once every line taken is with the operating system. */
  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream) await new Promise<void>((resolve) => stream.end(resolve));
  }

  #open(): WriteStream | undefined {
    if (Date.now() < this.#retryAtMs) return undefined;
    const { directory } = this.#options;
    const path = join(directory, currentName);
    let fd;
    try {
      mkdirSync(directory, { recursive: true });
      fd = openSync(path, "a", 0o640);
      this.#size = fstatSync(fd).size;
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
    const stream = createWriteStream(path, { fd });
    stream.on("error", (error) => {
      if (this.#stream === stream) this.#stream = undefined;
      this.#onError(error);
    });
    return stream;
  }

  #rotate(): void {
    this.#stream?.end();
    this.#stream = undefined;
    try {
      this.#shiftFiles();
    } catch (error) {
      this.#onError(error);
    }
  }

  #shiftFiles(): void {
    const { directory, fileCountMax } = this.#options;
    const numbers = readdirSync(directory)
      .map((name) => Number(rotatedName.exec(name)?.[1] ?? 0))
      .filter((number) => number > 0)
      .toSorted((a, b) => b - a);
    for (const number of numbers) {
      const path = join(directory, `queries.${number}.jsonl`);
      if (number + 1 >= fileCountMax) rmSync(path, { force: true });
      else renameSync(path, join(directory, `queries.${number + 1}.jsonl`));
    }
    const current = join(directory, currentName);
    if (fileCountMax === 1) rmSync(current, { force: true });
    else renameSync(current, join(directory, "queries.1.jsonl"));
  }

  #onError(error: unknown): void {
    this.#retryAtMs = Date.now() + retryAfterMs;
    const { directory, logger } = this.#options;
    logger.error({ directory, error: String(error) }, "cannot write query log");
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
