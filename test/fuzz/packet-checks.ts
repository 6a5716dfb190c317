import type { Random } from "../../src/base/random.ts";
import { encodeMessage } from "../../src/dns/wire/encode-message.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import type { Name } from "../../src/dns/wire/name.ts";
import { modes, queryMessage } from "../differential/query.ts";
import type { InProcessServer } from "./in-process-server.ts";
import { mutate } from "./mutate.ts";

/** Options of a run; the same ones give the same packets. */
export type FuzzOptions = {
  readonly server: InProcessServer;
  readonly packets: number;
  readonly random: Random;
};

const headerSize = 12;
const qrFlag = 0x80;
const opcodeMask = 0x78;
/** Queries that are mutated, drawn from all names and types. */
const seedCount = 2_000;
const udpPayloadSizeMax = 1_232;

/**
 * Sends mutated queries through the packet path and checks each response.
 * @returns how many packets were answered and dropped
 * @throws Error with the packet in hexadecimal where a response is wrong or an exception comes out
 */
export function fuzz({ server, packets, random }: FuzzOptions): {
  readonly answered: number;
  readonly dropped: number;
} {
  const seeds = seedQueries(server.owners, random);
  let answered = 0;
  for (let i = 0; i < packets; i++) {
    const seed = seeds[random.uint32() % seeds.length] as Uint8Array;
    const packet = mutate(seed, random);
    const transport = (random.uint32() & 3) === 0 ? "tcp" : "udp";
    try {
      const response = server.answer(packet, transport);
      checkResponse(packet, response, transport);
      if (response) answered++;
    } catch (error) {
      const hex = Buffer.from(packet).toString("hex");
      throw new Error(`packet ${i} over ${transport}: ${hex}`, { cause: error });
    }
  }
  return { answered, dropped: packets - answered };
}

/** A name and one of its types. */
export type OwnedType = { readonly name: Name; readonly type: number };

/** Valid queries of every kind for names that exist. */
export function seedQueries(owners: readonly OwnedType[], random: Random): Uint8Array[] {
  return Array.from({ length: seedCount }, (_, i) => {
    const { name, type } = owners[random.uint32() % owners.length] as OwnedType;
    const mode = modes[i % modes.length] as (typeof modes)[number];
    return encodeMessage({
      ...queryMessage({ name, type, mode, recursionDesired: (i & 4) !== 0 }),
      id: random.uint32() & 0xffff,
    });
  });
}

/** @throws Error where the response is not one that this query may get */
export function checkResponse(
  query: Uint8Array,
  response: Uint8Array | undefined,
  transport: "udp" | "tcp",
): void {
  const mustDrop = query.length < headerSize || ((query[2] as number) & qrFlag) !== 0;
  if (mustDrop !== (response === undefined)) {
    throw new Error(mustDrop ? "answered what is no query" : "dropped a query");
  }
  if (!response) return;
  decodeMessage(response);
  if (response[0] !== query[0] || response[1] !== query[1]) throw new Error("another id");
  if (((response[2] as number) & qrFlag) === 0) throw new Error("QR clear");
  if ((((response[2] as number) ^ (query[2] as number)) & opcodeMask) !== 0) {
    throw new Error("another opcode");
  }
  if (transport === "udp" && response.length > udpPayloadSizeMax) {
    throw new Error(`${response.length} octets over UDP`);
  }
}
