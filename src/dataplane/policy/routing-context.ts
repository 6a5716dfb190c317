import type { LocationView } from "../geo/location-view.ts";
import { SAMPLE_BRANCHES_MAX, SAMPLE_LIMIT } from "./program.ts";
import { StatusTable } from "./status-table.ts";
import type { TraceBuffer } from "./trace-buffer.ts";

/** Targets of aliases that a context keeps: 8 KiB, so that they stay in the nearest cache. */
export const ALIAS_TARGET_MASK = 0xff;
export const ALIAS_TARGET_WORDS = 8;

export type RoutingContextOptions = {
  /** Where the resolver's address lies. */
  readonly packet: Uint8Array<ArrayBuffer>;
  /** Seed of the draws: 32 bits, not 0. */
  readonly randomSeed: number;
  /** What is up; default: everything. */
  readonly status?: StatusTable;
};

/**
 * All that a routed set's answer depends on, and what it came to: one a worker, used again for each
 * query.
 */
export class RoutingContext {
  readonly packet: Uint8Array<ArrayBuffer>;
  /** State of the generator: 32 bits, signed, never 0. */
  random: number;
  /** By slot: 1 healthy, 0 unhealthy (status-table.ts). */
  readonly health: Uint8Array;
  /** By load slot. */
  readonly loads: Int32Array;
  /** Where addresses are; `undefined`: of no client is anything known. */
  locations: LocationView | undefined = undefined;
  /** The time: whole minutes since 1970. */
  timeMinutes = 0;
  /** Where to write what is decided and why; `undefined` while answers are what counts. */
  trace: TraceBuffer | undefined = undefined;

  // Who asks
  /** Offset in `packet` of the resolver's address, and its family (ADDRESS_FAMILY); 0: unknown. */
  resolverOffset = 0;
  resolverFamily = 0;
  /** Family and prefix length of the client subnet option; 0: there is none. */
  subnetFamily = 0;
  subnetBits = 0;
  /** Its address; octets that were not sent are 0. */
  readonly subnet = new Uint8Array(16);

  // The client, once a program has asked for it (client-place.ts)
  /** 1 if the fields below are set. */
  clientKnown = 0;
  /** ADDRESS_FAMILY; 0: nobody knows who asks. An IPv4 address in an IPv6 one is IPv4. */
  clientFamily = 0;
  /** Bits of the address that are known. */
  clientBits = 0;
  /** Its address: the first 4 octets of IPv4, 16 of IPv6. */
  readonly client = new Uint8Array(16);
  /** What is to be added to a scope: 96 for an IPv4 address in an IPv6 one. */
  clientScopeExtra = 0;
  /** Row of the location table; 0: no place. −1: not looked up yet. */
  location = -1;
  /** Scope of that look-up. */
  locationScope = 0;
  /** Longest prefix that a decision hung on: bits, of the family that the option has. */
  scope = 0;

  // What it came to
  /** Blocks that the program of a routed set came to. */
  readonly leaves = new Int32Array(SAMPLE_LIMIT);
  leafCount = 0;
  /** Branches left in a draw without putting back. */
  readonly sample = new Int32Array(SAMPLE_BRANCHES_MAX);
  /** The branch that answers where none of the group last looked at is healthy; 0: none. */
  fallback = 0;
  /** Branches that may still be looked at for this set. */
  branchesLeft = 0;
  /**
   * Where aliases led lately (find-target.ts), by the low bits of the alias's offset: alias, view of
   * its zone, slot and value of the slot that the target was found by, its block. 0: nothing yet.
   */
  readonly aliasTargets = new Int32Array((ALIAS_TARGET_MASK + 1) * ALIAS_TARGET_WORDS);

  constructor(options: RoutingContextOptions) {
    const { packet, randomSeed, status = new StatusTable() } = options;
    this.packet = packet;
    this.random = randomSeed | 0 || 0x2545f491;
    this.health = status.health;
    this.loads = status.loads;
  }
}

/** Draws 0 ≤ n < count; count up to 2^31 − 1 (xorshift32, Marsaglia 2003). */
export function draw(context: RoutingContext, count: number): number {
  let x = context.random;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  context.random = x;
  return (x >>> 1) % count;
}
