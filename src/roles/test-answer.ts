import { present } from "../base/assert.ts";
import { messageSizeMax, udpPayloadSizeDefault } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { TestAnswer, TestQuestion } from "../api/route53/api-context.ts";
import type { ZoneImage } from "../dataplane/image/zone-image.ts";
import { ZoneTable } from "../dataplane/image/zone-table.ts";
import { processQuery, TRANSPORT } from "../dataplane/nameserver/process-query.ts";
import { QueryContext } from "../dataplane/nameserver/query-context.ts";
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

/**
 * Answers TestDNSAnswer: asks the name server code itself, over the image of the one zone that the
 * question names, first as over UDP and, where that is too small, as over TCP.
 */
export function testAnswer(image: ZoneImage, question: TestQuestion, random: Random): TestAnswer {
  const query = encodeQuery(question);
  const overUdp = answerOver(image, query, { transport: TRANSPORT.UDP, random });
  const response = overUdp.flags.tc
    ? answerOver(image, query, { transport: TRANSPORT.TCP, random })
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
  query: Uint8Array,
  { transport, random }: { transport: number; random: Random },
): Message {
  const zones = new ZoneTable();
  zones.set(0, image);
  const packet = new Uint8Array(query.length + messageSizeMax);
  packet.set(query);
  const context = new QueryContext({
    packet,
    zones,
    randomSeed: random.uint32() || 1,
    udpPayloadSizeMax: udpPayloadSizeDefault,
  });
  const size = processQuery(context, 0, query.length, query.length, transport);
  return decodeMessage(packet.slice(query.length, query.length + size));
}
