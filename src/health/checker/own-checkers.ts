import type { Logger, LogLevel } from "../../telemetry/logger.ts";
import { decodeCheckList } from "./check-list.ts";
import type { CheckerDesk, LocationName } from "./checker-desk.ts";
import { CheckerThread } from "./checker-thread-handle.ts";
import { IdleChecker } from "./idle-checker.ts";
import { Membership } from "./membership.ts";

export type OwnCheckersOptions = {
  locations: readonly LocationName[];
  desk: CheckerDesk;
  scriptsAllowed: boolean;
  logger: Logger;
};

/** The checkers of this process: a thread for each of its locations that has had checks to run. */
export class OwnCheckers {
  readonly #locations: readonly OwnLocation[];

  constructor(options: OwnCheckersOptions) {
    this.#locations = options.locations.map((name) => new OwnLocation(name, options));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#locations.map((location) => location.stop()));
  }
}

class OwnLocation {
  readonly #name: LocationName;
  readonly #options: OwnCheckersOptions;
  readonly #logger: Logger;
  readonly #membership: Membership;
  readonly #idle: IdleChecker;
  #thread: CheckerThread | undefined;

  constructor(name: LocationName, options: OwnCheckersOptions) {
    const { desk, scriptsAllowed } = options;
    const logger = options.logger.child({ location: name.location });
    this.#name = name;
    this.#options = options;
    this.#logger = logger;
    this.#membership = new Membership({
      controlPlane: {
        report: (table) => desk.take({ ...name, address: null, table }),
        list: () => desk.listFor(name),
      },
      takeList: (octets) => this.#takeList(octets),
      onAway: (error) => logger.error({ err: error }, "verdicts are not taken"),
      onListError: (error) => logger.error({ err: error }, "cannot get list of checks"),
    });
    const onTable = (table: Uint8Array): void => void this.#membership.report(table);
    this.#idle = new IdleChecker({ scriptsAllowed, onTable });
  }

  async stop(): Promise<void> {
    this.#idle.stop();
    await this.#thread?.stop();
  }

  /** The first list with checks starts the thread, which stays. */
  #takeList(octets: Uint8Array): void {
    if (!this.#thread) {
      const { version, checks } = decodeCheckList(octets);
      if (checks.length === 0) return this.#idle.setListVersion(version);
      this.#idle.stop();
      this.#thread = this.#startThread();
    }
    this.#thread.setList(octets);
  }

  #startThread(): CheckerThread {
    const { location } = this.#name;
    const { scriptsAllowed } = this.#options;
    const logger = this.#logger;
    return new CheckerThread({
      ...{ location, scriptsAllowed, logLevel: logger.level as LogLevel },
      onTable: (table) => void this.#membership.report(table),
      onRestart: (error) => logger.error({ err: error }, "checker died and starts again"),
    });
  }
}
