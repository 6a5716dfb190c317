import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { CheckList, CheckSpec } from "../src/health/checker/check-spec.ts";

/** The address of an endpoint, on loopback: 127.1.0.1 and on. */
export function endpointAddress(index: number): string {
  return `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}

/** A server of HTTP endpoints in a process of its own, on core 1. */
export class Endpoints {
  readonly port: number;
  /** Requests answered, as of the last second. */
  answered = 0;
  readonly count: number;
  #child: ChildProcess | undefined;

  constructor(where: { port: number; count: number }) {
    this.port = where.port;
    this.count = where.count;
  }

  async start(): Promise<void> {
    const root = join(import.meta.dirname, "..");
    const script = join(import.meta.dirname, "http-endpoints.ts");
    const node = [join(root, "tools/node"), script, String(this.port), String(this.count)];
    const child = spawn("taskset", ["-c", "1", ...node], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => (this.answered = Number(line)));
    await once(lines, "line");
  }

  /** Connections are refused from now on. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** Connections are made until the backlog is full, and nothing is answered, from now on. */
  hang(): void {
    this.#child?.kill("SIGSTOP");
  }
}

/** HTTP checks with Route 53's time limits. */
export function httpChecks(
  count: number,
  { port, intervalMs, version }: { port: number; intervalMs: number; version: number },
): CheckList {
  const checks = Array.from({ length: count }, (_, i): CheckSpec => {
    return {
      slot: i + 1,
      healthCheckId: `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`,
      ...{ version, intervalMs, upThreshold: 1, downThreshold: 1 },
      probe: {
        ...{ kind: "http", tls: false, sni: false, path: `/health/${i}`, host: "service.test" },
        ...{ address: endpointAddress(i), port },
        ...{ connectTimeoutMs: 4_000, responseTimeoutMs: 2_000, bodyTimeoutMs: 2_000 },
      },
    };
  });
  return { version, checks, allow: ["127.0.0.0/8"] };
}
