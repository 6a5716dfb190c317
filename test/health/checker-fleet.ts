import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HealthCheckExtension } from "../../src/control/model/health-check-extension.ts";
import { startChecker } from "../support/checker-process.ts";
import type { CheckerProcess } from "../support/checker-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

/**
 * A shell script that a check runs: it fails at the locations that have a file in a directory. Its
 * parent is the checker, whose command line says where it is.
 */
const script = `
location=$(tr '\\0' '\\n' < /proc/$PPID/cmdline | sed -n '/^--location$/{n;p;}')
test ! -e "$0/$location"
`;

/** Processes of `signpost checker`, each with a view of its own of the endpoints it checks. */
export class CheckerFleet {
  readonly #signpost: () => SignpostProcess;
  readonly #directory = mkdtempSync(join(tmpdir(), "checker-fleet-"));
  readonly #checkers = new Map<string, CheckerProcess>();

  /** @param signpost whom they join; another one after it has started again */
  constructor(signpost: () => SignpostProcess) {
    this.#signpost = signpost;
  }

  /** Starts checkers that are not there, all at once, and waits until they have joined. */
  async start(locations: readonly string[]): Promise<void> {
    const { api, dataDir } = this.#signpost();
    await Promise.all(
      locations.map(async (location) => {
        const place = ["--location", location, "--join", api, "--data", dataDir];
        const checker = startChecker([...place, "--allow-scripts", "--log-level", "warn"]);
        this.#checkers.set(location, checker);
        await checker.ready;
      }),
    );
  }

  /** What makes a check that finds healthy wherever no failure is set. */
  get extension(): HealthCheckExtension {
    const args = ["-c", script, this.#directory];
    return {
      ...{ intervalSeconds: 1, upThreshold: 1, downThreshold: 1 },
      probe: { kind: "script", command: "/bin/sh", args, timeoutMs: 5_000 },
    };
  }

  /** From now on the endpoint fails as seen from these locations, and from no others. */
  failAt(locations: readonly string[]): void {
    for (const location of this.#checkers.keys()) {
      const path = join(this.#directory, location);
      if (locations.includes(location)) writeFileSync(path, "");
      else rmSync(path, { force: true });
    }
  }

  /** Ends one as a crash does. */
  async kill(location: string): Promise<void> {
    await this.#checkers.get(location)?.kill("SIGKILL");
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#checkers.keys()].map((location) => this.kill(location)));
    rmSync(this.#directory, { recursive: true });
  }
}
