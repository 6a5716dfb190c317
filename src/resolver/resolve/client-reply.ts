import { udpPayloadSizeDefault, udpPayloadSizeMin } from "../../base/limits.ts";
import type { Edns, EdnsOption } from "../../dns/wire/edns.ts";
import { encodeMessage } from "../../dns/wire/encode-message.ts";
import { FLAG, headerSize } from "../../dns/wire/message.ts";
import type { Message } from "../../dns/wire/message.ts";
import { EDNS_OPTION } from "../../dns/wire/registries.ts";
import type { Outcome } from "./outcome.ts";

export type ReplyOptions = {
  /** Octets of a response over UDP at most; undefined: over a stream, whatever fits. */
  udpPayloadSizeMax: number | undefined;
  /** AD and RA as they are to be told. */
  authentic: boolean;
  recursionAvailable: boolean;
  /** AA: the answer is of a zone, for whoever was referred here. */
  authoritative?: boolean;
};

export type Reply = { octets: Uint8Array; isTruncated: boolean };

/** The response to a query: what does not fit is left out as a whole, with TC. */
export function replyTo(query: Message, outcome: Outcome, options: ReplyOptions): Reply {
  const { answer, authority, rcode } = outcome;
  const { rd = false, cd = false } = query.flags;
  const { authentic, recursionAvailable, authoritative = false } = options;
  const message: Message = {
    ...{ id: query.id, opcode: query.opcode, rcode },
    flags: { qr: true, aa: authoritative, rd, ra: recursionAvailable, ad: authentic, cd },
    questions: query.questions,
    ...{ answer, authority, additional: [] },
    edns: ednsOf(query, outcome, options),
  };
  const octets = encodeMessage(message);
  if (octets.length <= sizeMaxFor(query, options)) return { octets, isTruncated: false };
  const short = { ...message, answer: [], authority: [], flags: { ...message.flags, tc: true } };
  return { octets: encodeMessage(short), isTruncated: true };
}

/** Octets that the client takes (RFC 6891 §6.2.5). */
function sizeMaxFor({ edns }: Message, { udpPayloadSizeMax }: ReplyOptions): number {
  if (udpPayloadSizeMax === undefined) return Infinity;
  if (!edns) return udpPayloadSizeMin;
  return Math.min(Math.max(edns.udpPayloadSize, udpPayloadSizeMin), udpPayloadSizeMax);
}

function ednsOf(query: Message, outcome: Outcome, options: ReplyOptions): Edns | undefined {
  if (!query.edns) return undefined;
  const { extendedError, subnet } = outcome;
  return {
    udpPayloadSize: options.udpPayloadSizeMax ?? udpPayloadSizeDefault,
    ...{ version: 0, dnssecOk: query.edns.dnssecOk },
    options: [
      ...(subnet ? [subnet] : []),
      ...(extendedError === undefined ? [] : [extendedErrorOption(extendedError)]),
    ],
  };
}

function extendedErrorOption(code: number): EdnsOption {
  return { code: EDNS_OPTION.EXTENDED_ERROR, data: Uint8Array.of(code >> 8, code & 255) };
}

/** A response without a question, for a message that was not understood; undefined: none. */
export function replyWithHeader(query: Uint8Array, rcode: number): Uint8Array | undefined {
  if (query.length < headerSize) return undefined;
  const octets = new Uint8Array(headerSize);
  const word = ((query[2] as number) << 8) | (query[3] as number);
  if ((word & FLAG.qr) !== 0) return undefined;
  const kept = word & (0x7800 | FLAG.rd | FLAG.cd);
  octets.set(query.subarray(0, 2));
  octets[2] = (FLAG.qr | kept) >> 8;
  octets[3] = (kept & 255) | (rcode & 15);
  return octets;
}
