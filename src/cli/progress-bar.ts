/** Where a long piece of work stands. */
export type Progress = { stage: string; done: number; total?: number };

const barWidth = 30;

/** One line of text for a terminal: a bar where the total is known, else a count. */
export function progressLine(progress: Progress): string {
  const { stage, done, total } = progress;
  const count = done.toLocaleString("en-US");
  if (!total) return `${stage}  ${count}`;
  const share = Math.min(1, done / total);
  const filled = Math.round(share * barWidth);
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
  return `${stage}  ${bar}  ${Math.floor(share * 100)} %  ${count}`;
}

/** Draws over one line of a terminal; does nothing where the stream is none. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  #drawn = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(progress: Progress): void {
    if (!this.#stream.isTTY) return;
    this.#stream.write(`\r\u001b[2K${progressLine(progress)}`);
    this.#drawn = true;
  }

  /** Wipes the line, so that what follows starts clean. */
  clear(): void {
    if (this.#drawn) this.#stream.write("\r\u001b[2K");
    this.#drawn = false;
  }
}
