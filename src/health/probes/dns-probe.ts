import { createSocket } from "node:dgram";
import type { Socket as UdpSocket } from "node:dgram";
import { randomInt } from "node:crypto";

import { messageSizeMax, udpPayloadSizeDefault } from "../../base/limits.ts";
import { formatRdata, parseRdata } from "../../dns/rdata/rdata.ts";
import { encodeMessage } from "../../dns/wire/encode-message.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import type { Message, Question } from "../../dns/wire/message.ts";
import { equalNames, parseName, rootName } from "../../dns/wire/name.ts";
import { nameLayout } from "../../dns/wire/rdata-names.ts";
import { CLASS, OPCODE, RCODE, rcodeToText, typeFromText } from "../../dns/wire/registries.ts";
import { framed } from "../../dns/wire/stream-frame.ts";
import type { Attempt } from "./attempt.ts";
import { endWithError, openTcp } from "./connection.ts";
import type { DnsProbeSpec } from "./probe-spec.ts";
import { Reason } from "./reason.ts";

/**
 * Asks a name server one question, with recursion desired. Success is the expected response code
 * and, with `expect`, the expected record among the answers. An answer over UDP that says it is
 * truncated is asked for again over TCP, in what is left of the time.
 */
export function probeDns(attempt: Attempt, spec: DnsProbeSpec, address: string): void {
  const asked = askedBy(spec);
  attempt.deadline(spec.timeoutMs);
  if (spec.transport === "tcp") askTcp(attempt, { spec, asked, address });
  else askUdp(attempt, { spec, asked, address });
}

type Asked = {
  id: number;
  question: Question;
  query: Uint8Array;
  rcode: string;
  /** The text of the record that is expected. */
  wanted: string | undefined;
};
type Asking = { spec: DnsProbeSpec; asked: Asked; address: string };

/** @throws Error where the specification is none */
function askedBy({ qname, qtype, rcode, expect }: DnsProbeSpec): Asked {
  const type = typeFromText(qtype);
  if (type === undefined) throw new Error(`Cannot ask: ${qtype} is no record type`);
  const id = randomInt(0x1_0000);
  const question = { name: parseName(qname, rootName), type, class: CLASS.IN };
  const query = encodeMessage({
    id,
    opcode: OPCODE.QUERY,
    rcode: RCODE.NOERROR,
    flags: { rd: true },
    questions: [question],
    answer: [],
    authority: [],
    additional: [],
    edns: { udpPayloadSize: udpPayloadSizeDefault, version: 0, dnssecOk: false, options: [] },
  });
  const wanted =
    expect === undefined ? undefined : textOf(type, parseRdata(type, expect, rootName));
  return { id, question, query, rcode: rcode.toUpperCase(), wanted };
}

/** A datagram may be lost: the query goes again when this share of the time is over. */
const resendShare = 0.4;

function askUdp(attempt: Attempt, { spec, asked, address }: Asking): void {
  attempt.limit(spec.timeoutMs, Reason.dnsTimeout);
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  const startedAt = performance.now();
  let isOpen = true;
  const close = (): void => {
    if (isOpen) socket.close();
    isOpen = false;
  };
  attempt.closes(close);
  socket.on("error", (error) => endWithError(attempt, error));
  socket.on("message", (octets) =>
    attempt.step(() => {
      const response = responseIn(octets, asked);
      if (response === "foreign") return;
      attempt.firstByteMs = performance.now() - startedAt;
      if (response === "malformed") return attempt.end(Reason.badResponse);
      if (!response.flags.tc) return judge(attempt, asked, response);
      close();
      askTcp(attempt, { spec, asked, address });
    }),
  );
  // Connected, the socket takes datagrams of the endpoint alone, and hears of refusals.
  socket.connect(spec.port, address, () =>
    attempt.step(() => sendTwice(attempt, socket, { spec, query: asked.query })),
  );
}

type Sent = { spec: DnsProbeSpec; query: Uint8Array };

function sendTwice(attempt: Attempt, socket: UdpSocket, { spec, query }: Sent): void {
  // What is wrong with a sending comes as the socket's error.
  const send = (): void => socket.send(query, (error) => error && endWithError(attempt, error));
  send();
  const timer = setTimeout(() => attempt.step(send), spec.timeoutMs * resendShare);
  attempt.closes(() => clearTimeout(timer));
  socket.once("close", () => clearTimeout(timer));
}

function askTcp(attempt: Attempt, { spec, asked, address }: Asking): void {
  const { port, timeoutMs } = spec;
  openTcp(attempt, { address, port, connectTimeoutMs: timeoutMs }, (socket) => {
    attempt.limit(timeoutMs, Reason.dnsTimeout);
    const sentAt = performance.now();
    socket.write(framed(asked.query));
    let received = Buffer.alloc(0);
    socket.on("data", (octets) =>
      attempt.step(() => {
        if (received.length === 0) attempt.firstByteMs = performance.now() - sentAt;
        if (received.length > messageSizeMax + 2) return attempt.end(Reason.badResponse);
        received = Buffer.concat([received, octets]);
        if (received.length < 2 || received.length < received.readUInt16BE(0) + 2) return;
        const message = received.subarray(2, received.readUInt16BE(0) + 2);
        const response = responseIn(message, asked);
        if (typeof response === "string") return attempt.end(Reason.badResponse);
        judge(attempt, asked, response);
      }),
    );
  });
}

/** The response to what was asked (RFC 5452 §9.1); octets that are none are told apart. */
function responseIn(
  octets: Uint8Array,
  { id, question }: Asked,
): Message | "foreign" | "malformed" {
  if (octets.length < 2 || (((octets[0] ?? 0) << 8) | (octets[1] ?? 0)) !== id) return "foreign";
  let message: Message;
  try {
    message = decodeMessage(octets);
  } catch {
    return "malformed";
  }
  const echoed = message.questions[0];
  if (!message.flags.qr) return "foreign";
  // A server that refuses or cannot read the query may leave the question out.
  if (!echoed) return message.rcode === RCODE.NOERROR ? "malformed" : message;
  const isOurs = echoed.type === question.type && equalNames(echoed.name, question.name);
  return isOurs ? message : "foreign";
}

function judge(attempt: Attempt, asked: Asked, response: Message): void {
  if (rcodeToText(response.rcode) !== asked.rcode) {
    return attempt.end(Reason.dnsWrongRcode, response.rcode);
  }
  const { wanted, question } = asked;
  const found =
    wanted === undefined ||
    response.answer.some(
      ({ type, rdata }) => type === question.type && textOf(type, rdata) === wanted,
    );
  attempt.end(found ? Reason.dnsAnswered : Reason.dnsWrongAnswer, response.rcode);
}

/** A value in text form, for comparison: names in lower case; `undefined` where it is malformed. */
function textOf(type: number, rdata: Uint8Array): string | undefined {
  try {
    const text = formatRdata(type, rdata);
    return nameLayout(type) ? text.toLowerCase() : text;
  } catch {
    return undefined;
  }
}
