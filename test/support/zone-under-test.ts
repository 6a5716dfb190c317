import { present } from "../../src/base/assert.ts";
import { networkOf, parseCidr } from "../../src/base/ip.ts";
import type { ImageRRset } from "../../src/dataplane/image/image-rrset.ts";
import { buildZoneImage } from "../../src/dataplane/image/zone-image-builder.ts";
import type { ZoneImageOptions } from "../../src/dataplane/image/zone-image-builder.ts";
import type { ZoneImage } from "../../src/dataplane/image/zone-image.ts";
import { ZoneTable } from "../../src/dataplane/image/zone-table.ts";
import { TRANSPORT, processQuery } from "../../src/dataplane/nameserver/process-query.ts";
import { QueryContext } from "../../src/dataplane/nameserver/query-context.ts";
import type { QueryContextOptions } from "../../src/dataplane/nameserver/query-context.ts";
import { formatRdata } from "../../src/dns/rdata/rdata.ts";
import { encodeMessage } from "../../src/dns/wire/encode-message.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import type { Message, ResourceRecord } from "../../src/dns/wire/message.ts";
import { formatName, lowerName, parseName } from "../../src/dns/wire/name.ts";
import { CLASS, EDNS_OPTION, typeFromText, typeToText } from "../../src/dns/wire/registries.ts";
import { ZoneFileReader } from "../../src/dns/zonefile/zone-file-reader.ts";

/** The sets of a master file's text, in the order of their first records. */
export function rrsetsOf(apex: string, text: string): ImageRRset[] {
  const sets = new Map<
    string,
    { owner: Uint8Array; type: number; ttl: number; rdatas: Uint8Array[] }
  >();
  const reader = new ZoneFileReader({
    origin: parseName(apex),
    defaultTtl: 300,
    onRecord({ owner, type, ttl, rdata }) {
      const key = `${formatName(lowerName(owner))} ${type}`;
      const set = sets.get(key);
      if (set) set.rdatas.push(rdata);
      else sets.set(key, { owner, type, ttl, rdatas: [rdata] });
    },
    onError(error) {
      throw new Error(`${apex} line ${error.line}: ${error.message}`);
    },
  });
  reader.push(text);
  reader.end();
  return [...sets.values()];
}

/** SOA and NS of a zone whose name servers are elsewhere. */
export const apexRecords =
  "@ 3600 SOA ns.test. host.test. 1 7200 900 1209600 300\n@ 3600 NS ns.test.\n";

export function imageOf(apex: string, text: string, options?: ZoneImageOptions): ZoneImage {
  return buildZoneImage(parseName(apex), rrsetsOf(apex, text), options);
}

/** How a question is asked. */
export type Asking = {
  tcp?: boolean;
  class?: number;
  /** Adds an OPT record. */
  edns?: {
    payloadSize?: number;
    version?: number;
    dnssecOk?: boolean;
    nsid?: boolean;
    subnet?: string;
  };
};

/** A name server without sockets: zones, a context, and questions as text. */
export class NameServerUnderTest {
  readonly zones = new ZoneTable();
  readonly packet = new Uint8Array(4 * 65_536);
  readonly context: QueryContext;

  constructor(options: Partial<QueryContextOptions> = {}) {
    this.context = new QueryContext({
      packet: this.packet,
      zones: this.zones,
      randomSeed: 1,
      udpPayloadSizeMax: 1232,
      ...options,
    });
  }

  /** Serves a zone of master-file text; keys count up from 1. */
  serve(apex: string, text: string): void {
    this.zones.set(this.zones.size + 1, imageOf(apex, text));
  }

  /** The response to a message; undefined if there is none. */
  process(query: Uint8Array, isTcp = false): Uint8Array | undefined {
    this.packet.set(query, 1000);
    const transport = isTcp ? TRANSPORT.TCP : TRANSPORT.UDP;
    const size = processQuery(this.context, 1000, query.length, 131_072, transport);
    return size === 0 ? undefined : this.packet.slice(131_072, 131_072 + size);
  }

  ask(name: string, type: string, asking: Asking = {}): Message {
    const response = this.process(queryOf(name, type, asking), asking.tcp);
    return decodeMessage(present(response, `${name} ${type} is answered`));
  }
}

/** The octets of a query with id 0x1234 and RD. */
export function queryOf(name: string, type: string, asking: Asking = {}): Uint8Array {
  const { edns } = asking;
  return encodeMessage({
    id: 0x1234,
    opcode: 0,
    rcode: 0,
    flags: { rd: true },
    questions: [
      {
        name: parseName(name),
        type: present(typeFromText(type), `${type} is a type`),
        class: asking.class ?? CLASS.IN,
      },
    ],
    answer: [],
    authority: [],
    additional: [],
    edns: edns && {
      udpPayloadSize: edns.payloadSize ?? 1232,
      version: edns.version ?? 0,
      dnssecOk: edns.dnssecOk ?? false,
      options: [
        ...(edns.nsid ? [{ code: 3, data: new Uint8Array(0) }] : []),
        ...(edns.subnet === undefined ? [] : [subnetOption(edns.subnet)]),
      ],
    },
  });
}

/** A client subnet option (RFC 7871 §6). @param text `ADDRESS/LENGTH` */
function subnetOption(text: string) {
  const { address, prefixLength } = networkOf(present(parseCidr(text), `${text} is a CIDR block`));
  const octets = address.slice(0, (prefixLength + 7) >> 3);
  const data = Uint8Array.of(0, address.length === 4 ? 1 : 2, prefixLength, 0, ...octets);
  return { code: EDNS_OPTION.CLIENT_SUBNET, data };
}

/** `owner ttl TYPE rdata`. */
export function recordText(record: ResourceRecord): string {
  const rdata = formatRdata(record.type, record.rdata);
  return `${formatName(record.owner)} ${record.ttl} ${typeToText(record.type)} ${rdata}`;
}

/** Sections as sorted text, after response code and flags: what tests compare. */
export function messageText(message: Message): string[] {
  const flags = Object.entries(message.flags).flatMap(([flag, isSet]) => (isSet ? [flag] : []));
  return [
    [message.rcode, ...flags].join(" "),
    ...message.answer.map((record) => `answer ${recordText(record)}`).sort(),
    ...message.authority.map((record) => `authority ${recordText(record)}`).sort(),
    ...message.additional.map((record) => `additional ${recordText(record)}`).sort(),
  ];
}
