import { decodeMessage, headerSize } from "../../dns/wire/message.ts";
import type { Message } from "../../dns/wire/message.ts";
import { OPCODE, RCODE, TYPE } from "../../dns/wire/registries.ts";
import { replyWithHeader } from "./client-reply.ts";
import { subnetOptionOf } from "./subnet-option.ts";

/** Zones are not transferred: neither of these is answered. */
export const transferTypes: ReadonlySet<number> = new Set([TYPE.AXFR, TYPE.IXFR]);

/**
 * The query that a client sent; the response where it needs nothing but its header; undefined where
 * there is none at all.
 */
export function readClientQuery(octets: Uint8Array): Message | Uint8Array | undefined {
  if (octets.length < headerSize || ((octets[2] as number) & 0x80) !== 0) return undefined;
  if (((octets[2] as number) & 0x78) !== OPCODE.QUERY << 3) {
    return replyWithHeader(octets, RCODE.NOTIMP);
  }
  try {
    const query = decodeMessage(octets);
    // One question (RFC 9619).
    const isSound = query.questions.length === 1 && subnetOptionOf(query) !== "malformed";
    return isSound ? query : replyWithHeader(octets, RCODE.FORMERR);
  } catch {
    return replyWithHeader(octets, RCODE.FORMERR);
  }
}
