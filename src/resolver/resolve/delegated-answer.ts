import type { IpAddress } from "../../base/ip.ts";
import type { Message } from "../../dns/wire/message.ts";
import { CLASS, RCODE } from "../../dns/wire/registries.ts";
import { readClientQuery, transferTypes } from "./client-query.ts";
import { replyTo } from "./client-reply.ts";
import type { Asker } from "./image-answers.ts";
import { emptyStep } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { subnetIn } from "./subnet-option.ts";
import type { View } from "./view.ts";

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
  const query = readClientQuery(octets);
  if (!query || query instanceof Uint8Array) return query;
  const subnet = subnetIn(query);
  const message = view && messageOf(query, view, { address: asker.address, subnet });
  const outcome = message ? outcomeOf(message) : { ...emptyStep(refusalOf(query)), subnet };
  const { octets: response } = replyTo(query, outcome, {
    udpPayloadSizeMax: asker.udpPayloadSizeMax,
    authentic: false,
    recursionAvailable: false,
    authoritative: message?.flags.aa ?? false,
  });
  return response;
}

function outcomeOf(message: Message): Outcome {
  const answer = [...message.answer];
  const authority = [...message.authority];
  return { ...emptyStep(message.rcode), answer, authority, subnet: subnetIn(message) };
}

/** RFC 6891 §6.1.3: of a version that nobody here knows. */
function refusalOf({ edns }: Message): number {
  return edns && edns.version > 0 ? RCODE.BADVERS : RCODE.REFUSED;
}

function messageOf(query: Message, view: View, asker: Asker): Message | undefined {
  const [question] = query.questions;
  if (!question || question.class !== CLASS.IN || transferTypes.has(question.type))
    return undefined;
  if (query.edns && query.edns.version > 0) return undefined;
  return view.images.ask(question.name, question.type, asker);
}
