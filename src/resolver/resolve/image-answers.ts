import { randomInt } from "node:crypto";
import type { IpAddress } from "../../base/ip.ts";
import { messageSizeMax, udpPayloadSizeDefault } from "../../base/limits.ts";
import { ADDRESS_FAMILY } from "../../dataplane/geo/locate.ts";
import type { LocationView } from "../../dataplane/geo/location-view.ts";
import type { ZoneImage } from "../../dataplane/image/zone-image.ts";
import { ZoneTable } from "../../dataplane/image/zone-table.ts";
import { TRANSPORT, processQuery } from "../../dataplane/nameserver/process-query.ts";
import { QueryContext } from "../../dataplane/nameserver/query-context.ts";
import type { StatusTable } from "../../dataplane/policy/status-table.ts";
import type { EdnsOption } from "../../dns/wire/edns.ts";
import { encodeMessage } from "../../dns/wire/encode-message.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import type { Message } from "../../dns/wire/message.ts";
import type { Name } from "../../dns/wire/name.ts";
import { CLASS, OPCODE, RCODE } from "../../dns/wire/registries.ts";
import { nameKey, suffixKeys } from "../../dns/wire/name-key.ts";

/** Whoever asks, as far as routed sets go by it. */
export type Asker = {
  address: IpAddress;
  /** Client subnet (RFC 7871), as it came. */
  subnet?: EdnsOption | undefined;
};

/** What answers of images depend on besides zones and question. */
export type ImageConditions = {
  status: StatusTable;
  locations: LocationView | undefined;
  nowMs(): number;
};

const queryOffset = 16;
const queryRoom = 1_024;
const responseOffset = queryOffset + queryRoom;
/** One does for all: an answer is made without a pause. */
const packet = new Uint8Array(responseOffset + messageSizeMax);

/** Zones that answer together, by the name server's own code. */
export class ImageAnswers {
  readonly #zones = new ZoneTable();
  /** By name: the keys of the zones that have it as their apex. */
  readonly #keysByApex = new Map<string, Set<number>>();
  readonly #context: QueryContext;
  readonly #conditions: ImageConditions;

  constructor(conditions: ImageConditions) {
    this.#conditions = conditions;
    this.#context = new QueryContext({
      packet,
      zones: this.#zones,
      randomSeed: randomInt(1, 2 ** 31),
      udpPayloadSizeMax: udpPayloadSizeDefault,
      status: conditions.status,
    });
  }

  /** Puts a zone in, or another image of it; undefined takes it out. */
  set(zoneKey: number, image: ZoneImage | undefined): void {
    const before = this.#zones.get(zoneKey);
    if (before) this.#forgetApex(nameKey(before.apex()), zoneKey);
    this.#zones.set(zoneKey, image);
    const after = this.#zones.get(zoneKey);
    if (!after) return;
    const apex = nameKey(after.apex());
    this.#keysByApex.set(apex, (this.#keysByApex.get(apex) ?? new Set()).add(zoneKey));
  }

  /** Whether a zone holds the name. */
  covers(name: Name): boolean {
    for (const key of suffixKeys(nameKey(name))) if (this.#keysByApex.has(key)) return true;
    return false;
  }

  #forgetApex(apex: string, zoneKey: number): void {
    const keys = this.#keysByApex.get(apex);
    keys?.delete(zoneKey);
    if (keys?.size === 0) this.#keysByApex.delete(apex);
  }

  /** The answer; undefined where no zone holds the name. */
  ask(name: Name, type: number, asker: Asker): Message | undefined {
    if (!this.covers(name)) return undefined;
    const context = this.#context;
    const query = encodeQuery(name, type, asker);
    packet.set(asker.address);
    packet.set(query, queryOffset);
    const isIpv4 = asker.address.length === 4;
    context.resolverFamily = isIpv4 ? ADDRESS_FAMILY.IPV4 : ADDRESS_FAMILY.IPV6;
    context.resolverOffset = 0;
    context.locations = this.#conditions.locations;
    context.timeMinutes = Math.floor(this.#conditions.nowMs() / 60_000);
    const { TCP } = TRANSPORT;
    const size = processQuery(context, queryOffset, query.length, responseOffset, TCP);
    const message = decodeMessage(packet.slice(responseOffset, responseOffset + size));
    return message.rcode === RCODE.REFUSED ? undefined : message;
  }
}

function encodeQuery(name: Name, type: number, { subnet }: Asker): Uint8Array {
  return encodeMessage({
    ...{ id: 0, opcode: OPCODE.QUERY, rcode: RCODE.NOERROR, flags: {} },
    questions: [{ name, type, class: CLASS.IN }],
    ...{ answer: [], authority: [], additional: [] },
    edns: {
      ...{ udpPayloadSize: udpPayloadSizeDefault, version: 0, dnssecOk: false },
      options: subnet ? [subnet] : [],
    },
  });
}
