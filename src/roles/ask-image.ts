import { messageSizeMax, udpPayloadSizeDefault } from "../base/limits.ts";
import type { Cidr, IpAddress } from "../base/ip.ts";
import type { Random } from "../base/random.ts";
import { present } from "../base/assert.ts";
import { ADDRESS_FAMILY } from "../dataplane/geo/locate.ts";
import { LocationView } from "../dataplane/geo/location-view.ts";
import type { ZoneImage, ZoneView } from "../dataplane/image/zone-image.ts";
import { ZoneTable } from "../dataplane/image/zone-table.ts";
import { TRANSPORT, processQuery } from "../dataplane/nameserver/process-query.ts";
import { QueryContext } from "../dataplane/nameserver/query-context.ts";
import type { StatusTable } from "../dataplane/policy/status-table.ts";
import type { TraceBuffer } from "../dataplane/policy/trace-buffer.ts";
import { encodeMessage } from "../dns/wire/encode-message.ts";
import type { Edns } from "../dns/wire/edns.ts";
import { decodeMessage } from "../dns/wire/message.ts";
import type { Message } from "../dns/wire/message.ts";
import { parseName } from "../dns/wire/name.ts";
import { CLASS, EDNS_OPTION, OPCODE, RCODE, typeFromText } from "../dns/wire/registries.ts";

/** A question to one zone, and whom it comes from. */
export type ImageQuestion = {
  /** Like `ResourceRecordSet.name`. */
  name: string;
  /** A mnemonic, `A`. */
  type: string;
  /** Absent: nobody knows. */
  resolver?: IpAddress | undefined;
  /** EDNS Client Subnet, host bits cleared. */
  clientSubnet?: Cidr | undefined;
};

/** What an answer depends on besides zone and question. */
export type ImageConditions = {
  status: StatusTable;
  /** Where addresses are (dataplane/geo/layout.ts); null: nobody knows. */
  locations: SharedArrayBuffer | null;
  random: Random;
  /** When it is asked: milliseconds since 1970. */
  atMs: number;
  /** Where to note what is decided and why. */
  trace?: TraceBuffer;
};

export type ImageAnswer = {
  message: Message;
  /** Over UDP, or over TCP where that is too small. */
  protocol: "UDP" | "TCP";
  /** As the query left it. */
  context: QueryContext;
  zone: ZoneView;
};

const addressSizeMax = 16;

/** Asks the name server code itself, over the image of one zone, as over UDP and then TCP. */
export function askImage(
  image: ZoneImage,
  question: ImageQuestion,
  conditions: ImageConditions,
): ImageAnswer {
  const overUdp = askOver(image, question, { ...conditions, transport: TRANSPORT.UDP });
  if (!overUdp.message.flags.tc) return { ...overUdp, protocol: "UDP" };
  const { trace } = conditions;
  if (trace) trace.size = 0;
  const overTcp = askOver(image, question, { ...conditions, transport: TRANSPORT.TCP });
  return { ...overTcp, protocol: "TCP" };
}

function askOver(
  image: ZoneImage,
  question: ImageQuestion,
  conditions: ImageConditions & { transport: number },
): Omit<ImageAnswer, "protocol"> {
  const { status, locations, random, atMs, transport, trace } = conditions;
  const query = encodeQuery(question);
  const responseOffset = addressSizeMax + query.length;
  const packet = new Uint8Array(responseOffset + messageSizeMax);
  packet.set(question.resolver ?? []);
  packet.set(query, addressSizeMax);
  const zones = new ZoneTable();
  zones.set(0, image);
  const randomSeed = random.uint32() || 1;
  const udpPayloadSizeMax = udpPayloadSizeDefault;
  const context = new QueryContext({ packet, zones, randomSeed, udpPayloadSizeMax, status });
  context.resolverFamily = familyOf(question.resolver);
  context.locations = locations ? new LocationView(locations) : undefined;
  context.timeMinutes = Math.floor(atMs / 60_000);
  context.trace = trace;
  const size = processQuery(context, addressSizeMax, query.length, responseOffset, transport);
  const message = decodeMessage(packet.slice(responseOffset, responseOffset + size));
  return { message, context, zone: present(zones.get(0), "the zone is served") };
}

function familyOf(address: IpAddress | undefined): number {
  if (!address) return 0;
  return address.length === 4 ? ADDRESS_FAMILY.IPV4 : ADDRESS_FAMILY.IPV6;
}

function encodeQuery(question: ImageQuestion): Uint8Array {
  const name = parseName(question.name, { escapeRadix: 8 });
  const type = present(typeFromText(question.type), `${question.type} is a type`);
  return encodeMessage({
    id: 0,
    opcode: OPCODE.QUERY,
    rcode: RCODE.NOERROR,
    flags: {},
    questions: [{ name, type, class: CLASS.IN }],
    answer: [],
    authority: [],
    additional: [],
    edns: ednsOf(question),
  });
}

function ednsOf({ clientSubnet }: ImageQuestion): Edns {
  const edns = { udpPayloadSize: udpPayloadSizeDefault, version: 0, dnssecOk: false };
  if (!clientSubnet) return { ...edns, options: [] };
  const { address, prefixLength } = clientSubnet;
  // RFC 7871 §6: family, source and scope prefix length, as many octets as the prefix needs.
  const family = address.length === 4 ? ADDRESS_FAMILY.IPV4 : ADDRESS_FAMILY.IPV6;
  const data = [0, family, prefixLength, 0, ...address.slice(0, (prefixLength + 7) >> 3)];
  const option = { code: EDNS_OPTION.CLIENT_SUBNET, data: Uint8Array.from(data) };
  return { ...edns, options: [option] };
}
