import { messageSizeMax } from "../../base/limits.ts";
import { decodeMessage, FLAG, headerSize, MessageError } from "../../dns/wire/message.ts";
import type { Message } from "../../dns/wire/message.ts";
import { equalNames } from "../../dns/wire/name.ts";
import { RCODE } from "../../dns/wire/registries.ts";
import type { WireQuery } from "./wire-query.ts";

/**
 * Why octets are not the response to a query. `id` and `source` say that they come from elsewhere;
 * the others were written by somebody who knows the query's id, or by a server that is broken.
 */
export type Mismatch = "source" | "id" | "header" | "question" | "case" | "oversize" | "malformed";

/** What is known of the query that octets may be the response to. */
export type Expected = {
  query: WireQuery;
  id: number;
  /** Over UDP the size that was offered; default: any. */
  sizeMax?: number;
  /** Whether a name in another case is taken: over TCP nobody can have guessed. */
  anyCase: boolean;
};

/** Errors that a server may report without the question: it could not, or would not, read it. */
const bareRcodes: readonly number[] = [RCODE.FORMERR, RCODE.SERVFAIL, RCODE.NOTIMP, RCODE.REFUSED];

/**
 * The response in these octets, if they are the one to this query (RFC 5452 §9.1): same id, same
 * question to the letter, well formed. What they hold besides is not judged here.
 */
export function matchResponse(octets: Uint8Array, expected: Expected): Message | Mismatch {
  if (octets.length < headerSize) return "malformed";
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  if (view.getUint16(0) !== expected.id) return "id";
  if (octets.length > (expected.sizeMax ?? messageSizeMax)) return "oversize";
  const flags = view.getUint16(2);
  const opcode = (flags >>> 11) & 15;
  if ((flags & FLAG.qr) === 0 || opcode !== 0) return "header";
  const wrong = wrongQuestion(view, expected, flags & 15);
  if (wrong) return wrong;
  try {
    const message = decodeMessage(octets);
    return hasItsQuestion(message, expected.query) ? message : "question";
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    return "malformed";
  }
}

/** Looks at the question where it must stand, before anything else of the message is read. */
function wrongQuestion(view: DataView, expected: Expected, rcode: number): Mismatch | undefined {
  const { wireName, question } = expected.query;
  const count = view.getUint16(4);
  if (count === 0) return bareRcodes.includes(rcode) ? undefined : "question";
  const nameEnd = headerSize + wireName.length;
  if (count !== 1 || view.byteLength < nameEnd + 4) return "question";
  if (view.getUint16(nameEnd) !== question.type) return "question";
  if (view.getUint16(nameEnd + 2) !== question.class) return "question";
  let isExact = true;
  for (let i = 0; i < wireName.length; i++) {
    isExact &&= view.getUint8(headerSize + i) === wireName[i];
  }
  if (isExact) return undefined;
  const name = new Uint8Array(view.buffer, view.byteOffset + headerSize, wireName.length);
  if (!equalNames(name, wireName)) return "question";
  return expected.anyCase ? undefined : "case";
}

/** The same of the decoded message, so that nothing rests on two readers agreeing. */
function hasItsQuestion({ questions }: Message, { question }: WireQuery): boolean {
  const [echoed] = questions;
  if (!echoed) return true;
  return echoed.type === question.type && equalNames(echoed.name, question.name);
}
