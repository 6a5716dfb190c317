import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

import { encodeMessage } from "../../src/dns/wire/encode-message.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import type { Message } from "../../src/dns/wire/message.ts";

/** A response, octets as they are, or silence. */
export type Reply = (
  query: Message,
  transport: "udp" | "tcp",
) => Partial<Message> | Uint8Array | null;

export type ScriptedNameServer = {
  port: number;
  queries: Message[];
  stop(): Promise<void>;
};

/** A name server on 127.0.0.1 that answers as a test says; fields not given are the query's. */
export async function startScriptedNameServer(reply: Reply): Promise<ScriptedNameServer> {
  const queries: Message[] = [];
  const answer = (octets: Uint8Array, transport: "udp" | "tcp"): Uint8Array | null => {
    const query = decodeMessage(octets);
    queries.push(query);
    const given = reply(query, transport);
    if (given === null || given instanceof Uint8Array) return given;
    return encodeMessage({
      ...query,
      edns: undefined,
      ...given,
      flags: { qr: true, ...given.flags },
    });
  };
  const tcp = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (octets) => {
      const response = answer(octets.subarray(2), "tcp");
      if (!response) return;
      // In two pieces, cut in the length: a reader must put them together.
      socket.write(Uint8Array.of(response.length >> 8));
      setTimeout(() => {
        socket.write(Uint8Array.of(response.length & 255));
        socket.write(response);
      }, 5);
    });
  });
  await new Promise<void>((done) => tcp.listen({ host: "127.0.0.1", port: 0 }, done));
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket("udp4");
  udp.on("message", (octets, from) => {
    const response = answer(octets, "udp");
    if (response) udp.send(response, from.port, from.address);
  });
  await new Promise<void>((done) => udp.bind(port, "127.0.0.1", done));
  return {
    port,
    queries,
    async stop() {
      await new Promise<void>((done) => udp.close(done));
      await new Promise((done) => tcp.close(done));
    },
  };
}
