import type { Logger, LogLevel } from "../../telemetry/logger.ts";
import type { CheckerDesk, LocationName } from "./checker-desk.ts";
import { CheckerThread } from "./checker-thread-handle.ts";
import { Membership } from "./membership.ts";

export type OwnCheckersOptions = {
  locations: readonly LocationName[];
  desk: CheckerDesk;
  scriptsAllowed: boolean;
  logger: Logger;
};

/** The checkers of this process: a thread for each of its locations. */
export class OwnCheckers {
  readonly #threads: CheckerThread[];

  constructor(options: OwnCheckersOptions) {
    this.#threads = options.locations.map((name) => startLocation(name, options));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}

function startLocation(name: LocationName, options: OwnCheckersOptions): CheckerThread {
  const { desk, scriptsAllowed } = options;
  const logger = options.logger.child({ location: name.location });
  const membership = new Membership({
    controlPlane: {
      report: (table) => desk.take({ ...name, address: null, table }),
      list: () => desk.listFor(name),
    },
    takeList: (octets) => thread.setList(octets),
    onAway: (error) => logger.error({ err: error }, "verdicts are not taken"),
    onListError: (error) => logger.error({ err: error }, "cannot get list of checks"),
  });
  const thread = new CheckerThread({
    ...{ location: name.location, scriptsAllowed, logLevel: logger.level as LogLevel },
    onTable: (table) => void membership.report(table),
    onRestart: (error) => logger.error({ err: error }, "checker died and starts again"),
  });
  return thread;
}
