/**
 * A query that a front worker could not answer by itself: of no zone of the view and not in the
 * cache, or one that needs the whole of the resolver's rules. The resolver thread answers the client
 * on the worker's own socket.
 */
export type HandedQuery = {
  /** The view of the client, see ViewPlan. */
  view: number;
  /** The message as it came. */
  query: Uint8Array;
  /** Socket address of the client (struct sockaddr), and control data that names our address. */
  client: Uint8Array;
  control: Uint8Array | undefined;
  /** Which of the worker's sockets. */
  socketFd: number;
  /** Nobody waits: an entry of the cache is about to expire. */
  isPrefetch: boolean;
};

/** What the front of the resolver knows of a VPC; changed as a whole. */
export type ViewPlan = {
  /** Small whole number, never used again while the process runs. */
  view: number;
  vpcId: string;
  /** Clients by source address, on listeners that are not of one VPC. */
  cidrs: readonly string[];
  /** Listeners (`ADDRESS:PORT`) that are this VPC's alone. */
  listeners: readonly string[];
  /** Keys of the private zones it sees (ZoneUpdate.zoneKey). */
  zoneKeys: readonly number[];
  /**
   * Names (wire form, lower case) at and below which the front asks the cache partition, or hands
   * over where that is −1: FORWARD rules, hosts entries, autodefined names. `partition` −2 takes a
   * name out again (SYSTEM).
   */
  cuts: readonly { name: Uint8Array; partition: number }[];
  /** Of names that no zone and no cut covers. */
  publicPartition: number;
  /** Suffixes that firewall rules name: queries at or below them are handed over. */
  firewallNames: readonly Uint8Array[];
  /** Every query is handed over: logs of it are wanted, or signatures checked. */
  handOverAll: boolean;
};
