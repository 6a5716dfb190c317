import type { Endpoint } from "../../dataplane/server/socket-address.ts";
import type { TcpOptions } from "../../dataplane/server/tcp-options.ts";
import type { NameFilter } from "../firewall/name-filter.ts";

/**
 * What the parts of the resolver tell each other:
 *
 *   front workers ── HandedQuery, through a ring in shared memory (hand-over-layout.ts) ──► resolver thread
 *   resolver thread ── the response, on the worker's own socket (client-replies.ts) ──► client
 *   resolver thread ── ViewChange ──► main thread ──► front workers
 *   main thread ── ResolverZoneUpdate ──► front workers and resolver thread
 */

/**
 * A query that a front worker could not answer by itself: of no zone of the view and not in the
 * cache, or one that needs the whole of the resolver's rules.
 */
export type HandedQuery = {
  /** The view of the client, see ViewPlan. */
  view: number;
  /**
   * The message as it came; only where part of a response was written on it (a chain of CNAME
   * records has led out of the zones, an entry of the cache has gone) its OPT record has the client's
   * subnet left and no other option.
   */
  query: Uint8Array;
  /** Socket address of the client (struct sockaddr), with what follows it up to 32 octets. */
  client: Uint8Array;
  /** Control data that names our address; where the listener has a wildcard address. */
  control: Uint8Array | undefined;
  /** Index in `ResolverStart.listeners`. */
  listener: number;
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
  /**
   * Clients by source address, on listeners that are not of one VPC. The longest block decides; of
   * a block that two views have, nobody is a client.
   */
  cidrs: readonly string[];
  /**
   * `ADDRESS:PORT` (`formatEndpoint`) that are this VPC's alone, besides listeners that were started
   * so: listeners, or addresses that one with a wildcard address stands for.
   */
  listeners: readonly string[];
  /**
   * The private zones it sees. One whose image is not there (yet, or because it does not compile)
   * has its queries handed over.
   */
  zones: readonly PlannedZone[];
  /**
   * Names (wire form, lower case) at and below which the front asks the cache partition, or hands
   * over where that is `CUT.HAND_OVER`: FORWARD rules, hosts entries, autodefined names. Below
   * `CUT.SYSTEM` there are private and public zones again as if no cut were above. The longest name
   * decides, cuts and zones alike; a cut beats a zone of the same name.
   */
  cuts: readonly { name: Uint8Array; partition: number }[];
  /** Of names that no zone and no cut covers. */
  publicPartition: number;
  /** Names that a firewall's rule may match are handed over; undefined: there is no firewall. */
  firewall: NameFilter | undefined;
  /** Every query is handed over: logs of it are wanted, or signatures checked. */
  handOverAll: boolean;
};

export type PlannedZone = {
  /** Id of the hosted zone, as in ResolverZoneUpdate. */
  zoneId: string;
  /** Wire form, lower case. */
  apex: Uint8Array;
};

/** Values of `partition` that are none. */
export const CUT = { HAND_OVER: -1, SYSTEM: -2 } as const;

/** What has changed in the plan. */
export type ViewChange = {
  /** New ones, and those that took the place of one with the same number. */
  views: readonly ViewPlan[];
  /** Numbers of views that are no more. */
  removed: readonly number[];
  /** No others than `views` are left: the resolver thread has started again. */
  replacesAll: boolean;
};

/** An image of a zone for the resolver, or null where it is served no more. */
export type ResolverZoneUpdate = {
  /** Of the zone as long as it lasts. */
  zoneKey: number;
  zoneId: string;
  /** Private zones are seen by the views that have them, public ones by all. */
  isPrivate: boolean;
  image: SharedArrayBuffer | null;
};

/** An address that the resolver listens on. */
export type ResolverListener = {
  /** As it was opened: with its port. */
  endpoint: Endpoint;
  /** Whoever asks here is of this VPC, whatever the source address. */
  vpcId?: string | undefined;
  /** The main thread's listening socket (dup it); undefined: the resolver thread opens its own. */
  tcpFd?: number | undefined;
};

/** What the resolver thread shares with the front, from its start. */
export type ResolverStart = {
  listeners: readonly ResolverListener[];
  /** There are no front workers: the thread receives UDP itself, at these addresses. */
  udpEndpoints: readonly Endpoint[];
  /** Memory of the answer cache, see cache/. It outlives the thread. */
  cache: SharedArrayBuffer;
  /** Memory of the hand-over rings. It outlives the thread. */
  handOver: SharedArrayBuffer;
  /** Octets of a UDP response, whatever the client offers. */
  udpPayloadSizeMax: number;
  tcp: TcpOptions;
};
