import { createWriteStream, fstatSync, mkdirSync, openSync } from "node:fs";
import { readdirSync, renameSync, rmSync } from "node:fs";
import type { WriteStream } from "node:fs";
import { join } from "node:path";
import type { Logger } from "./logger.ts";

export type JsonLinesFileOptions = {
  directory: string;
  /** `queries`: the file is `queries.jsonl`. */
  name: string;
  /** What cannot be written, for the log: `query log`. */
  what: string;
  logger: Logger;
  fileSizeMax: number;
  /** Files kept, the one being written included. */
  fileCountMax: number;
};

/** Octets that may wait for the disk; lines past it are counted and dropped. */
const waitingSizeMax = 8 * 1024 * 1024;
/** After an error the file is opened again, but not for every line. */
const retryAfterMs = 5_000;

/**
 * Lines appended to `DIRECTORY/NAME.jsonl`. A full file is renamed `NAME.1.jsonl`, the one before
 * `NAME.2.jsonl` and so on, and the oldest is deleted. Nothing here throws or blocks: what cannot
 * be written is dropped and counted.
 */
export class JsonLinesFile {
  readonly #options: JsonLinesFileOptions;
  #stream: WriteStream | undefined;
  #size = 0;
  #retryAtMs = 0;
  #droppedCount = 0;

  constructor(options: JsonLinesFileOptions) {
    this.#options = options;
  }

  /** Lines that could not be written. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** @param json without the line's end */
  write(json: string): void {
    const line = `${json}\n`;
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
    const { directory, name } = this.#options;
    const path = join(directory, `${name}.jsonl`);
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
    const { directory, name, fileCountMax } = this.#options;
    const path = (number: number): string => join(directory, `${name}.${number}.jsonl`);
    const rotatedName = new RegExp(`^${name}\\.(\\d+)\\.jsonl$`);
    const numbers = readdirSync(directory)
      .map((file) => Number(rotatedName.exec(file)?.[1] ?? 0))
      .filter((number) => number > 0)
      .toSorted((a, b) => b - a);
    for (const number of numbers) {
      if (number + 1 >= fileCountMax) rmSync(path(number), { force: true });
      else renameSync(path(number), path(number + 1));
    }
    const current = join(directory, `${name}.jsonl`);
    if (fileCountMax === 1) rmSync(current, { force: true });
    else renameSync(current, path(1));
  }

  #onError(error: unknown): void {
    this.#retryAtMs = Date.now() + retryAfterMs;
    const { directory, logger, what } = this.#options;
    logger.error({ directory, error: String(error) }, `cannot write ${what}`);
  }
}
