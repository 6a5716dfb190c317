import { encodeMessage } from "../../src/dns/wire/encode-message.ts";
import type { Message } from "../../src/dns/wire/message.ts";
import { formatName, type Name } from "../../src/dns/wire/name.ts";
import { CLASS, OPCODE, RCODE, typeToText } from "../../src/dns/wire/registries.ts";
import type { DnsClient } from "../support/dns-client.ts";

/** How a question is asked: UDP without EDNS (512 octets), with (1232), with DO, or over TCP. */
export type Mode = "plain" | "edns" | "dnssec-ok" | "tcp";
export const modes: readonly Mode[] = ["plain", "edns", "dnssec-ok", "tcp"];

/** One question of the corpus. */
export type Query = {
  readonly name: Name;
  readonly type: number;
  readonly mode: Mode;
  readonly recursionDesired: boolean;
};

const udpPayloadSize = 1232;

/** The query as a message with id 0. */
export function queryMessage({ name, type, mode, recursionDesired }: Query): Message {
  const dnssecOk = mode === "dnssec-ok";
  const edns = { udpPayloadSize, version: 0, dnssecOk, options: [] };
  return {
    id: 0,
    opcode: OPCODE.QUERY,
    rcode: RCODE.NOERROR,
    flags: { rd: recursionDesired },
    questions: [{ name, type, class: CLASS.IN }],
    answer: [],
    authority: [],
    additional: [],
    edns: dnssecOk || mode === "edns" ? edns : undefined,
  };
}

const encoded = new WeakMap<Query, Uint8Array>();

/** The octets of a query's message, encoded once: every server is asked with the same. */
export function queryOctets(query: Query): Uint8Array {
  const known = encoded.get(query);
  if (known) return known;
  const octets = encodeMessage(queryMessage(query));
  encoded.set(query, octets);
  return octets;
}

/** Asks over UDP or TCP as the query says. @returns the response's octets, if one came */
export function ask(client: DnsClient, query: Query): Promise<Uint8Array | undefined> {
  const message = queryOctets(query);
  return query.mode === "tcp" ? client.askTcp(message) : client.askUdp(message);
}

/** The query as a person would type it. */
export function describeQuery(query: Query): string {
  return `${formatName(query.name)} ${typeToText(query.type)} (${query.mode})`;
}
