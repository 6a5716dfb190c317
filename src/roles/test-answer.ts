import { present } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import { messageSizeMax, udpPayloadSizeDefault } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { TestAnswer, TestQuestion } from "../api/route53/api-context.ts";
import { ADDRESS_FAMILY } from "../dataplane/geo/locate.ts";
import { LocationView } from "../dataplane/geo/location-view.ts";
import type { ZoneImage } from "../dataplane/image/zone-image.ts";
import { ZoneTable } from "../dataplane/image/zone-table.ts";
import { processQuery, TRANSPORT } from "../dataplane/nameserver/process-query.ts";
import { QueryContext } from "../dataplane/nameserver/query-context.ts";
import type { StatusTable } from "../dataplane/policy/status-table.ts";
import { formatRdata } from "../dns/rdata/rdata.ts";
import { encodeMessage } from "../dns/wire/encode-message.ts";
import type { Edns } from "../dns/wire/edns.ts";
import { decodeMessage } from "../dns/wire/message.ts";
import type { Message } from "../dns/wire/message.ts";
import { parseName } from "../dns/wire/name.ts";
import {
  CLASS,
  EDNS_OPTION,
  OPCODE,
  RCODE,
  rcodeToText,
  TYPE,
  typeFromText,
} from "../dns/wire/registries.ts";

/** What an answer depends on besides zone and question. */
export type AnswerConditions = {
  status: StatusTable;
  /** Where addresses are (dataplane/geo/layout.ts); null: nobody knows. */
  locations: SharedArrayBuffer | null;
  clock: Clock;
  random: Random;
};

/** Whom the query comes from where the request does not say: a resolver in us-east-1. */
const defaultResolver = Uint8Array.of(3, 208, 0, 1);
const addressSizeMax = 16;

/**
 * Answers TestDNSAnswer: asks the name server code itself, over the image of the one zone that the
 * question names, first as over UDP and, where that is too small, as over TCP.
 */
export function testAnswer(
  image: ZoneImage,
  question: TestQuestion,
  conditions: AnswerConditions,
): TestAnswer {
  const overUdp = answerOver(image, question, { ...conditions, transport: TRANSPORT.UDP });
  const response = overUdp.flags.tc
    ? answerOver(image, question, { ...conditions, transport: TRANSPORT.TCP })
    : overUdp;
  const type = typeFromText(question.type);
  return {
    recordData: response.answer
      .filter((record) => record.type === type || record.type === TYPE.CNAME)
      .map((record) => formatRdata(record.type, record.rdata)),
    responseCode: rcodeToText(response.rcode),
    protocol: overUdp.flags.tc ? "TCP" : "UDP",
  };
}

function encodeQuery(question: TestQuestion): Uint8Array {
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

function ednsOf({ clientSubnet }: TestQuestion): Edns {
  const edns = { udpPayloadSize: udpPayloadSizeDefault, version: 0, dnssecOk: false };
  if (!clientSubnet) return { ...edns, options: [] };
  const { address, prefixLength } = clientSubnet;
  // RFC 7871 §6: family, source and scope prefix length, as many octets as the prefix needs.
  const family = address.length === 4 ? 1 : 2;
  const data = [0, family, prefixLength, 0, ...address.slice(0, (prefixLength + 7) >> 3)];
  const option = { code: EDNS_OPTION.CLIENT_SUBNET, data: Uint8Array.from(data) };
  return { ...edns, options: [option] };
}

function answerOver(
  image: ZoneImage,
  question: TestQuestion,
  conditions: AnswerConditions & { transport: number },
): Message {
  const { status, locations, clock, random, transport } = conditions;
  const query = encodeQuery(question);
  const resolver = question.resolver ?? defaultResolver;
  const responseOffset = addressSizeMax + query.length;
  const packet = new Uint8Array(responseOffset + messageSizeMax);
  packet.set(resolver);
  packet.set(query, addressSizeMax);
  const zones = new ZoneTable();
  zones.set(0, image);
  const context = new QueryContext({
    packet,
    zones,
    randomSeed: random.uint32() || 1,
    udpPayloadSizeMax: udpPayloadSizeDefault,
    status,
  });
  context.resolverFamily = resolver.length === 4 ? ADDRESS_FAMILY.IPV4 : ADDRESS_FAMILY.IPV6;
  context.locations = locations ? new LocationView(locations) : undefined;
  context.timeMinutes = Math.floor(clock.nowMs() / 60_000);
  const size = processQuery(context, addressSizeMax, query.length, responseOffset, transport);
  return decodeMessage(packet.slice(responseOffset, responseOffset + size));
}
