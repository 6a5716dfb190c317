import { formatName, parseName, type Name } from "../../src/dns/wire/name.ts";
import { TYPE, typeToText } from "../../src/dns/wire/registries.ts";
import type { DnsClient } from "./dns-client.ts";

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

/** The query's message, with id 0. */
export function encodeQuery(query: Query): Uint8Array {
  const edns = query.mode === "edns" || query.mode === "dnssec-ok";
  const message = new Uint8Array(12 + query.name.length + 4 + (edns ? 11 : 0));
  const view = new DataView(message.buffer);
  view.setUint16(2, query.recursionDesired ? 0x0100 : 0);
  view.setUint16(4, 1);
  message.set(query.name, 12);
  let at = 12 + query.name.length;
  view.setUint16(at, query.type);
  view.setUint16(at + 2, 1);
  at += 4;
  if (edns) {
    view.setUint16(10, 1);
    view.setUint16(at + 1, TYPE.OPT);
    view.setUint16(at + 3, udpPayloadSize);
    view.setUint16(at + 7, query.mode === "dnssec-ok" ? 0x8000 : 0);
  }
  return message;
}

/** The query as a person would type it. */
export function describeQuery(query: Query): string {
  return `${formatName(query.name)} ${typeToText(query.type)} (${query.mode})`;
}

export function ask(client: DnsClient, query: Query): Promise<Uint8Array | undefined> {
  const message = encodeQuery(query);
  return query.mode === "tcp" ? client.askTcp(message) : client.askUdp(message);
}

/** Whether the server answers for the zone's SOA with authority. */
export async function zoneIsServed(client: DnsClient, origin: string): Promise<boolean> {
  const name = parseName(origin);
  const query: Query = { name, type: TYPE.SOA, mode: "plain", recursionDesired: false };
  const response = await ask(client, query);
  if (!response || response.length < 12) return false;
  const view = new DataView(response.buffer, response.byteOffset);
  const authoritative = (view.getUint16(2) & 0x0400) !== 0;
  return authoritative && (view.getUint16(2) & 15) === 0 && view.getUint16(6) > 0;
}
