import { present } from "../../src/base/assert.ts";
import { networkOf, parseCidr } from "../../src/base/ip.ts";
import { formatRdata } from "../../src/dns/rdata/rdata.ts";
import { encodeMessage } from "../../src/dns/wire/encode-message.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import type { Message } from "../../src/dns/wire/message.ts";
import { parseName } from "../../src/dns/wire/name.ts";
import { CLASS, EDNS_OPTION, OPCODE, RCODE, typeFromText } from "../../src/dns/wire/registries.ts";
import type { DnsClient } from "../support/dns-client.ts";

/** A question and on whose behalf it is asked. */
export type Asking = {
  name: string;
  /** A mnemonic; default `A`. */
  type?: string;
  /** `ADDRESS/LENGTH` of a client subnet option; without one the sender itself is the client. */
  client?: string | undefined;
};

export type Answered = {
  rcode: number;
  values: string[];
  ttls: number[];
  /** Of the client subnet option in the response; `undefined` without one. */
  scope: number | undefined;
};

/** The data of a client subnet option (RFC 7871 §6), host bits cleared. */
export function subnetOption(cidr: string): Uint8Array {
  const { address, prefixLength } = networkOf(present(parseCidr(cidr), `${cidr} is a CIDR block`));
  const octets = address.slice(0, (prefixLength + 7) >> 3);
  return Uint8Array.of(0, address.length === 4 ? 1 : 2, prefixLength, 0, ...octets);
}

/** The query as octets; `subnet` is the data of its client subnet option. */
export function queryFor(asking: Asking, subnet = asking.client && subnetOption(asking.client)) {
  const options = subnet ? [{ code: EDNS_OPTION.CLIENT_SUBNET, data: subnet }] : [];
  return encodeMessage({
    id: 1,
    opcode: OPCODE.QUERY,
    rcode: RCODE.NOERROR,
    flags: {},
    questions: [
      {
        name: parseName(asking.name),
        type: present(typeFromText(asking.type ?? "A"), "the type is known"),
        class: CLASS.IN,
      },
    ],
    answer: [],
    authority: [],
    additional: [],
    edns: { udpPayloadSize: 1232, version: 0, dnssecOk: false, options },
  });
}

/** What a response says, as far as routing is concerned. */
export function answeredBy(message: Message): Answered {
  const subnet = message.edns?.options.find(({ code }) => code === EDNS_OPTION.CLIENT_SUBNET);
  return {
    rcode: message.rcode,
    values: message.answer.map(({ type, rdata }) => formatRdata(type, rdata)),
    ttls: message.answer.map(({ ttl }) => ttl),
    scope: subnet?.data[3],
  };
}

/** Asks over UDP, or TCP. @throws Error where no response comes */
export async function askAs(
  client: DnsClient,
  asking: Asking & { tcp?: boolean },
): Promise<Answered> {
  const query = queryFor(asking);
  const response = await (asking.tcp ? client.askTcp(query) : client.askUdp(query));
  return answeredBy(decodeMessage(present(response, `${asking.name} is answered`)));
}
