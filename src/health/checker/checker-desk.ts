/**
 * Where the tables of all checkers come in and their lists go out: the health thread, as the
 * threads and the API that hand over see it. Locations are known by name; a name is there from its
 * first table until it is forgotten.
 */
export type CheckerDesk = {
  /**
   * Takes what a location has found. The table is whole and valid (`VerdictTable.read` has
   * accepted it); it belongs to the desk from now on.
   * @returns the version of the list that the location should be running; 0 where it has none
   */
  take(report: CheckerReport): Promise<number>;
  /**
   * The checks of one location as `encodeCheckList` writes them; also of one that has not reported
   * yet. Octets, because they are made in the health thread and only pass through the API's.
   */
  listFor(location: LocationName): Promise<Uint8Array>;
  /** All that are known, in the order of their names. */
  locations(): Promise<CheckerLocation[]>;
  /**
   * Forgets a location that is gone, so that nobody waits for it.
   * @returns `live` where it still reports and so was not forgotten
   */
  forget(location: string): Promise<"forgotten" | "live" | "unknown">;
};

export type LocationName = {
  location: string;
  /** The AWS region that it stands for; `null`: none. */
  region: string | null;
};

export type CheckerReport = LocationName & {
  /** From where it joined; `null` for a thread of this process. */
  address: string | null;
  /** A verdict table; see verdict-table.ts. */
  table: Uint8Array;
};

/** How one location is doing. */
export type CheckerLocation = LocationName & {
  address: string | null;
  /** Whether its last table is young enough for its verdicts to count. */
  live: boolean;
  /** Unix milliseconds, for people to read. */
  lastSeenAtMs: number;
  /** The list that it runs, and the one that it should. */
  listVersion: number;
  listVersionWanted: number;
  /** As its last table's header says. */
  checkCount: number;
  probesPerSecond: number;
  lagMs: number;
};
