import { encodeMessage } from "../../src/dns/wire/encode-message.ts";
import type { Edns, EdnsOption } from "../../src/dns/wire/edns.ts";
import type { Message, MessageFlags } from "../../src/dns/wire/message.ts";
import { parseName } from "../../src/dns/wire/name.ts";
import { CLASS, EDNS_OPTION, OPCODE, RCODE, TYPE } from "../../src/dns/wire/registries.ts";

/** What a server must say. Flags that are not given must be clear, but for `rd`, `ad` and `cd`. */
export type Expectation = {
  readonly rcode: number;
  readonly aa: boolean;
  /** Whether the SOA is in the answer section. */
  readonly soa: boolean;
  /** `undefined`: no OPT record. Its version is 0 and its undefined flags are clear. */
  readonly edns?: { readonly dnssecOk: boolean };
  readonly rd?: boolean;
  /** Options that must not come back. */
  readonly optionsAbsent?: readonly number[];
};

/** One test of RFC 8906 §8, on the zone of `conformanceZone`. */
export type ConformanceCase = {
  readonly section: string;
  readonly name: string;
  readonly transport: "udp" | "tcp";
  readonly query: Uint8Array;
  readonly expected: Expectation;
};

/** The zone that the cases ask for; it is one of `test/differential/zones`. */
export const conformanceZone = "example.test.";

const id = 0x8906;
const udpPayloadSize = 1232;
const unknownOption = 100;
const unknownType = 1_000;
const unknownVersion = 100;
/** A flag of the OPT record that means nothing, as `dig +ednsflags=0x40` sets it. */
const unknownEdnsFlag = 0x40;
/** The Z bit of the header (RFC 1035 §4.1.1). */
const reservedFlag = 0x40;

const plainAnswer: Expectation = { rcode: RCODE.NOERROR, aa: true, soa: true };
const ednsAnswer: Expectation = { ...plainAnswer, edns: { dnssecOk: false } };
const badVersion: Expectation = {
  rcode: RCODE.BADVERS,
  aa: false,
  soa: false,
  edns: { dnssecOk: false },
};

/** All cases of RFC 8906 §8, in its order. */
export const conformanceCases: readonly ConformanceCase[] = [
  udp("8.1.1", "is the zone served", query(), plainAnswer),
  udp("8.1.2", "an unknown type", query({ type: unknownType }), { ...plainAnswer, soa: false }),
  udp("8.1.3.1", "CD=1", query({ flags: { cd: true } }), plainAnswer),
  udp("8.1.3.2", "AD=1", query({ flags: { ad: true } }), plainAnswer),
  udp("8.1.3.3", "the reserved header bit", withHeaderBits(query(), reservedFlag), plainAnswer),
  udp("8.1.3.4", "RD=1", query({ flags: { rd: true } }), { ...plainAnswer, rd: true }),
  udp("8.1.4", "an unknown opcode, header only", headerOnly(15), {
    rcode: RCODE.NOTIMP,
    aa: false,
    soa: false,
  }),
  { ...udp("8.1.5", "over TCP", query(), plainAnswer), transport: "tcp" },
  udp("8.2.1", "EDNS", query({ edns: {} }), ednsAnswer),
  udp("8.2.2", "an unknown EDNS version", query({ edns: { version: unknownVersion } }), badVersion),
  udp("8.2.3", "an unknown EDNS option", query({ edns: { options: [option(unknownOption)] } }), {
    ...ednsAnswer,
    optionsAbsent: [unknownOption],
  }),
  udp("8.2.4", "an unknown EDNS flag", withEdnsFlag(query({ edns: {} })), ednsAnswer),
  udp(
    "8.2.5",
    "an unknown EDNS version with an unknown flag",
    withEdnsFlag(query({ edns: { version: unknownVersion } })),
    badVersion,
  ),
  udp(
    "8.2.6",
    "an unknown EDNS version with an unknown option",
    query({ edns: { version: unknownVersion, options: [option(unknownOption)] } }),
    { ...badVersion, optionsAbsent: [unknownOption] },
  ),
  udp("8.2.7", "a truncated response has its OPT record", largeQuery(), {
    rcode: RCODE.NOERROR,
    aa: true,
    soa: false,
    edns: { dnssecOk: true },
  }),
  udp("8.2.8", "DO=1", query({ edns: { dnssecOk: true } }), {
    ...plainAnswer,
    edns: { dnssecOk: true },
  }),
  udp(
    "8.2.9",
    "an unknown EDNS version with DO=1",
    query({ edns: { version: unknownVersion, dnssecOk: true } }),
    { ...badVersion, edns: { dnssecOk: true } },
  ),
  udp(
    "8.2.10",
    "several known EDNS options",
    query({
      edns: {
        options: [
          option(EDNS_OPTION.NSID),
          option(EDNS_OPTION.CLIENT_SUBNET, 0, 1, 0, 0),
          option(EDNS_OPTION.EXPIRE),
          option(EDNS_OPTION.COOKIE, 1, 2, 3, 4, 5, 6, 7, 8),
        ],
      },
    }),
    ednsAnswer,
  ),
];

function udp(
  section: string,
  name: string,
  message: Uint8Array,
  expected: Expectation,
): ConformanceCase {
  return { section, name, transport: "udp", query: message, expected };
}

function query(
  options: {
    readonly name?: string;
    readonly type?: number;
    readonly flags?: MessageFlags;
    readonly edns?: Partial<Edns>;
  } = {},
): Uint8Array {
  const edns = { udpPayloadSize, version: 0, dnssecOk: false, options: [], ...options.edns };
  const message: Message = {
    id,
    opcode: OPCODE.QUERY,
    rcode: RCODE.NOERROR,
    flags: options.flags ?? {},
    questions: [
      {
        name: parseName(options.name ?? conformanceZone),
        type: options.type ?? TYPE.SOA,
        class: CLASS.IN,
      },
    ],
    answer: [],
    authority: [],
    additional: [],
    edns: options.edns ? edns : undefined,
  };
  return encodeMessage(message);
}

/** A query whose answer does not fit into 512 octets. */
function largeQuery(): Uint8Array {
  const edns = { udpPayloadSize: 512, dnssecOk: true };
  return query({ name: "a100.big.test.", type: TYPE.A, edns });
}

function option(code: number, ...data: readonly number[]): EdnsOption {
  return { code, data: Uint8Array.from(data) };
}

function headerOnly(opcode: number): Uint8Array {
  const message = new Uint8Array(12);
  new DataView(message.buffer).setUint16(0, id);
  message[2] = opcode << 3;
  return message;
}

function withHeaderBits(message: Uint8Array, bits: number): Uint8Array {
  message[3] = (message[3] as number) | bits;
  return message;
}

/** Sets a flag in the OPT record, which is the message's last and has no options. */
function withEdnsFlag(message: Uint8Array): Uint8Array {
  message[message.length - 3] = (message[message.length - 3] as number) | unknownEdnsFlag;
  return message;
}
