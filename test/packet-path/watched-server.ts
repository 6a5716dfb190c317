import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";

import { mixedQueries } from "../support/mixed-zones.ts";

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** What `mixed-server.ts` says when it has done what it was told. */
const doneWords = { start: "started", trace: "traced", stumble: "stumbled" } as const;
const answerTimeoutMs = 30_000;
/** Those that are answered: a client that counts answers would wait for others. */
const queries = Object.values(mixedQueries).filter((query) => query.length >= 12);

/** The name server of `mixed-server.ts` in a process of its own. */
export class WatchedServer {
  readonly #child: Child;
  readonly #lines: Interface;
  readonly #port: number;
  readonly #pid: number;
  /** Everything it has printed. */
  readonly output: readonly string[];

  private constructor(child: Child, lines: Interface, output: string[], listening: string) {
    this.#child = child;
    this.#lines = lines;
    this.output = output;
    const [, port, pid] = listening.split(" ");
    this.#port = Number(port);
    this.#pid = Number(pid);
  }

  /** Listens, and answers nothing yet. @param prefix of its command line, such as `strace -f` */
  static async open(prefix: readonly string[] = []): Promise<WatchedServer> {
    const script = join(import.meta.dirname, "mixed-server.ts");
    const node = [process.execPath, "--disable-warning=ExperimentalWarning", script];
    const [program, ...words] = [...prefix, ...node] as [string, ...string[]];
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    const output: string[] = [];
    lines.on("line", (line) => output.push(line));
    return new WatchedServer(child, lines, output, await lineOf(lines, child, "listening "));
  }

  /** Gives a command and waits until it is done. */
  async tell(command: keyof typeof doneWords): Promise<void> {
    const told = lineOf(this.#lines, this.#child, doneWords[command]);
    this.#child.stdin.write(`${command}\n`);
    await told;
  }

  /**
   * Sends queries of every kind in turn, a burst when the last one is answered.
   * @param atRest whether the server is stopped while a burst is sent, and finds it as a whole
   */
  async ask(count: number, burst: number, atRest = false): Promise<void> {
    const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
    await new Promise<void>((resolve) => socket.connect(this.#port, "127.0.0.1", resolve));
    try {
      for (let sent = 0; sent < count; sent += burst) {
        if (atRest) await this.#stopThreads();
        const answered = answersOf(socket, burst);
        for (let i = sent; i < sent + burst; i++) {
          socket.send(queries[i % queries.length] as Uint8Array);
        }
        if (atRest) process.kill(this.#pid, "SIGCONT");
        await answered;
      }
    } finally {
      socket.close();
    }
  }

  /** Stops all threads, which takes a moment while they are traced. */
  async #stopThreads(): Promise<void> {
    process.kill(this.#pid, "SIGSTOP");
    const folder = `/proc/${this.#pid}/task`;
    const isStopped = (thread: string): boolean =>
      /^State:\s*t/im.test(readFileSync(join(folder, thread, "status"), "utf8"));
    while (!readdirSync(folder).every(isStopped)) await setImmediate();
  }

  /** Ends it, and waits until all it printed has been read. */
  async stop(): Promise<void> {
    const closed = once(this.#child, "close");
    this.#child.stdin.end("stop\n");
    await closed;
  }
}

function answersOf(socket: Socket, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let answered = 0;
    const timer = setTimeout(() => {
      reject(new Error(`${answered} of ${count} queries answered within ${answerTimeoutMs} ms`));
    }, answerTimeoutMs);
    const onMessage = (): void => {
      answered++;
      if (answered < count) return;
      clearTimeout(timer);
      socket.off("message", onMessage);
      resolve();
    };
    socket.on("message", onMessage);
  });
}

/** The next line with a beginning. @throws Error where the process ends before */
function lineOf(lines: Interface, child: Child, beginning: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const onEnd = (): void => reject(new Error(`it ended without saying ${beginning}`));
    const onLine = (line: string): void => {
      if (!line.startsWith(beginning)) return;
      lines.off("line", onLine);
      child.off("close", onEnd);
      resolve(line);
    };
    child.once("close", onEnd);
    lines.on("line", onLine);
  });
}
