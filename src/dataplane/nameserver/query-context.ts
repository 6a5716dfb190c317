import { assert } from "../../base/assert.ts";
import {
  chainLengthMax,
  labelCountMax,
  nsidSizeMax,
  udpPayloadSizeMin,
} from "../../base/limits.ts";
import type { ZoneView } from "../image/zone-image.ts";
import type { ZoneTable } from "../image/zone-table.ts";
import { RoutingContext } from "../policy/routing-context.ts";
import type { RoutingContextOptions } from "../policy/routing-context.ts";
import { COUNTER_COUNT } from "./query-counters.ts";
import { AA } from "./response-codes.ts";

export type QueryContextOptions = RoutingContextOptions & {
  readonly zones: ZoneTable;
  /** Octets of a response over UDP at most, whatever the client offers; at least 512. */
  readonly udpPayloadSizeMax: number;
  /** Name server identifier (RFC 5001), at most `nsidSizeMax` octets; without it the option is ignored. */
  readonly nsid?: Uint8Array;
  /** Answers as a resolver does: RA instead of AA. */
  readonly isResolver?: boolean;
  /** Asked about further names of a chain; none: the zones answer for all that they hold. */
  readonly chainGate?: ChainGate;
  /** COUNTER_COUNT slots, written by this context alone. Default: its own. */
  readonly counters?: Float64Array;
};

/** Says of each further name of a chain, which is hashed, whether the zones may answer for it. */
export type ChainGate = { admits(context: QueryContext): boolean };

/**
 * All state of answering: one a worker, used again for each query. `packet` is where queries lie and
 * responses are written; not shared memory. Offsets are octets in `packet`,
 * positions are octets from the start of the response.
 */
export class QueryContext extends RoutingContext {
  readonly view: DataView<ArrayBuffer>;
  /** Where the name at hand is looked for; all that a context is given have one hash seed. */
  zones: ZoneTable;
  readonly counters: Float64Array;
  readonly chainGate: ChainGate | undefined;
  /** AA of an answer from a zone: 0 or 4. */
  readonly authority: number;
  readonly udpPayloadSizeMax: number;
  readonly nsid: Uint8Array;

  // The query
  queryOffset = 0;
  queryEnd = 0;
  responseOffset = 0;
  /** Offset in `packet` after the question, in the query. */
  questionEnd = 0;
  qtype = 0;
  qclass = 0;
  /** The key word (layout.ts) of the type asked for. */
  qkey = 0;
  /** Octets of the question's name; 0 before one was read. */
  qnameSize = 0;
  /** Of the zone that holds the question's name, −1 if none is served; for the query log. */
  zoneKey = -1;
  /** Flags of that zone (ZONE_FLAG). */
  zoneFlags = 0;
  /** Of the response: 0–15, or 16 BADVERS. */
  rcode = 0;

  // EDNS (RFC 6891)
  /** 1 if the query has an OPT record. */
  hasEdns = 0;
  ednsVersion = 0;
  /** UDP payload size the client takes: 512–65,535. */
  ednsPayloadSize = 0;
  /** The DO bit: 0 or 0x80. */
  ednsDnssecOk = 0;
  /** 1 if the query asks for the name server's identifier and there is one. */
  ednsNsid = 0;
  /**
   * Offset of the data of a client subnet option (RFC 7871 §6) in the query, and its size; 0 if there
   * is none. Gone once the response is written over the query.
   */
  ednsSubnetOffset = 0;
  ednsSubnetSize = 0;

  // The name at hand: the question's, then that of each step of a chain
  /** In lower case, root label included. */
  readonly name = new Uint8Array(260);
  readonly nameView = new DataView(this.name.buffer);
  nameSize = 0;
  /** 0–127; the root's not counted. */
  labelCount = 0;
  /** By label from the left, the root's at `labelCount`: offset in `name`. */
  readonly labelStart = new Int32Array(labelCountMax + 1);
  /** By label: position in the response where the suffix it begins can be pointed to. */
  readonly labelPosition = new Int32Array(labelCountMax + 1);
  /** By label: hash of the suffix it begins. */
  readonly suffixHash = new Int32Array(labelCountMax + 1);
  /** The zone that holds the name. */
  zone: ZoneView | undefined = undefined;
  /** Index of the label that begins the zone's apex. */
  apexLabel = 0;
  /** Steps of the chain so far; hash and size of the name that each began with. */
  chainLength = 0;
  readonly chainHash = new Int32Array(chainLengthMax + 1);
  readonly chainNameSize = new Int32Array(chainLengthMax + 1);
  /** DNAME records written so far: zone key and node that each is from, and its offset. */
  dnameCount = 0;
  readonly dnameZoneKey = new Int32Array(chainLengthMax + 1);
  readonly dnameNode = new Int32Array(chainLengthMax + 1);
  readonly dnameRecord = new Int32Array(chainLengthMax + 1);
  /** Position in the response of the name that the chain goes on with. */
  nextPosition = 0;

  // The response
  /** Offset where the next record goes. */
  cursor = 0;
  /** Offset that no record may pass: room for OPT is kept. */
  limit = 0;
  answerCount = 0;
  authorityCount = 0;
  additionalCount = 0;
  /** AA: 0 or 4. */
  authoritative = 0;
  /** TC: 0 or 2. */
  truncated = 0;
  /** RA, and AD: bits of the header's fourth octet. */
  recursion = 0;
  /** 1 where the answer is not all here: a chain leads out of the zones, or a cut refers to others. */
  unfinished = 0;

  constructor(options: QueryContextOptions) {
    super(options);
    const { nsid = new Uint8Array(0), counters = new Float64Array(COUNTER_COUNT) } = options;
    assert(options.udpPayloadSizeMax >= udpPayloadSizeMin, "UDP responses may have 512 octets");
    assert(nsid.length <= nsidSizeMax, "NSID is short");
    assert(counters.length >= COUNTER_COUNT, "all counters have a slot");
    this.view = new DataView(
      options.packet.buffer,
      options.packet.byteOffset,
      options.packet.byteLength,
    );
    this.zones = options.zones;
    this.chainGate = options.chainGate;
    this.authority = options.isResolver === true ? 0 : AA;
    this.counters = counters;
    this.udpPayloadSizeMax = options.udpPayloadSizeMax;
    this.nsid = nsid;
  }
}
