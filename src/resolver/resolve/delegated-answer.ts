import type { IpAddress } from "../../base/ip.ts";
import { decodeMessage, headerSize } from "../../dns/wire/message.ts";
import type { Message } from "../../dns/wire/message.ts";
import { CLASS, EDNS_OPTION, OPCODE, RCODE, TYPE } from "../../dns/wire/registries.ts";
import { bare, replyTo, replyWithHeader } from "./client-reply.ts";
import type { Outcome } from "./outcome.ts";
import type { View } from "./view.ts";

const transferTypes = new Set<number>([TYPE.AXFR, TYPE.IXFR]);

/**
 * What a name server says that delegations outside refer to: answers of the private zones of a VPC
 * with authority, and of no other names.
 * @param asker whether over UDP: how many octets may be sent; undefined over a stream
 */
export function delegatedAnswer(
  octets: Uint8Array,
  view: View | undefined,
  asker: { address: IpAddress; udpPayloadSizeMax: number | undefined },
): Uint8Array | undefined {
  const query = read(octets);
  if (!query || query instanceof Uint8Array) return query;
  const message = view && messageOf(query, view, asker.address);
  const outcome: Outcome = message
    ? { ...bare(message.rcode), answer: [...message.answer], authority: [...message.authority] }
    : bare(RCODE.REFUSED);
  const { octets: response } = replyTo(query, outcome, {
    udpPayloadSizeMax: asker.udpPayloadSizeMax,
    authentic: false,
    recursionAvailable: false,
    authoritative: message?.flags.aa ?? false,
  });
  return response;
}

function read(octets: Uint8Array): Message | Uint8Array | undefined {
  if (octets.length < headerSize || ((octets[2] as number) & 0x80) !== 0) return undefined;
  if (((octets[2] as number) & 0x78) !== OPCODE.QUERY << 3) {
    return replyWithHeader(octets, RCODE.NOTIMP);
  }
  try {
    const query = decodeMessage(octets);
    return query.questions.length === 1 ? query : replyWithHeader(octets, RCODE.FORMERR);
  } catch {
    return replyWithHeader(octets, RCODE.FORMERR);
  }
}

function messageOf(query: Message, view: View, address: IpAddress): Message | undefined {
  const [question] = query.questions;
  if (!question || question.class !== CLASS.IN || transferTypes.has(question.type))
    return undefined;
  const subnet = query.edns?.options.find(({ code }) => code === EDNS_OPTION.CLIENT_SUBNET);
  return view.images.ask(question.name, question.type, { address, subnet });
}
