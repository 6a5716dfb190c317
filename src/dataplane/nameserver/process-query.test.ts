import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  NameServerUnderTest,
  apexRecords,
  messageText,
  queryOf,
} from "../../../test/support/zone-under-test.ts";
import { seededRandom } from "../../base/random.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import { ZONE_FLAG } from "../image/zone-table.ts";
import { TRANSPORT, processQuery } from "./process-query.ts";
import { COUNTED_RCODES, COUNTED_TYPES, COUNTER, COUNTER_COUNT } from "./query-counters.ts";

const records = `
www A 192.0.2.1
${Array.from({ length: 60 }, (_, i) => `big A 10.0.0.${i}\n`).join("")}
huge TXT ${`"${"x".repeat(250)}" `.repeat(20)}
`;

function serving(options?: ConstructorParameters<typeof NameServerUnderTest>[0]) {
  const server = new NameServerUnderTest(options);
  server.serve("z.test.", `$TTL 60\n${apexRecords}${records}`);
  return server;
}

/** A message of octets in hexadecimal; spaces are for the reader. */
function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
}

function hexOf(octets: Uint8Array | undefined): string | undefined {
  return octets && Buffer.from(octets).toString("hex");
}

/** Every count that an outcome is one of. */
function outcomes(counters: Float64Array): number {
  let sum =
    (counters[COUNTER.droppedShort] as number) + (counters[COUNTER.droppedResponse] as number);
  for (let i = 0; i < COUNTED_RCODES; i++) sum += counters[COUNTER.rcode + i] as number;
  return sum;
}

const www = "03777777 017a 0474657374 00 0001 0001";
const header = (counts: string, flags = "0100"): string => `abcd ${flags} ${counts}`;
const one = header("0001 0000 0000 0000");
const withOpt = header("0001 0000 0000 0001");
const opt = "00 0029 04d0 00 00 0000 0000";

/** Malformed messages: FORMERR with the header alone, or silence. */
const malformed: Readonly<
  Record<string, [query: string, counter: "formerr" | "short" | "response"]>
> = {
  nothing: ["", "short"],
  "eleven octets": ["abcd 0100 0001 0000 0000 00", "short"],
  "a response": [`${header("0001 0000 0000 0000", "8100")} ${www}`, "response"],
  "a response of twelve octets": ["abcd 8000 0000 0000 0000 0000", "response"],
  "no question": [header("0000 0000 0000 0000"), "formerr"],
  "two questions": [`${header("0002 0000 0000 0000")} ${www} ${www}`, "formerr"],
  "a question that is not there": [one, "formerr"],
  "a name cut short": [`${one} 037777`, "formerr"],
  "a name without its root": [`${one} 03777777`, "formerr"],
  "no type": [`${one} 03777777 00`, "formerr"],
  "half a class": [`${one} 03777777 00 0001 00`, "formerr"],
  "a label of 64": [`${one} 40 ${"61".repeat(64)} 00 0001 0001`, "formerr"],
  "a label type of old": [`${one} 41 01 00 0001 0001`, "formerr"],
  "a pointer to itself": [`${one} c00c 0001 0001`, "formerr"],
  "a pointer into the header": [`${one} c000 0001 0001`, "formerr"],
  "a name of 256": [
    `${one} ${`3f${"61".repeat(63)}`.repeat(3)} 3e${"61".repeat(62)} 00 0001 0001`,
    "formerr",
  ],
  "an octet more": [`${one} ${www} 00`, "formerr"],
  "an answer that is not there": [`${header("0001 0001 0000 0000")} ${www}`, "formerr"],
  "an OPT that is not there": [`${withOpt} ${www}`, "formerr"],
  "65535 records that are not there": [`${header("0001 ffff ffff ffff")} ${www}`, "formerr"],
  "an OPT cut short": [`${withOpt} ${www} 00 0029 04d0 00 00 0000 00`, "formerr"],
  "an OPT longer than the message": [`${withOpt} ${www} 00 0029 04d0 00 00 0000 0004`, "formerr"],
  "an OPT and an octet": [`${withOpt} ${www} ${opt} 00`, "formerr"],
  "two OPTs": [`${header("0001 0000 0000 0002")} ${www} ${opt} ${opt}`, "formerr"],
  "an OPT among the answers": [`${header("0001 0001 0000 0000")} ${www} ${opt}`, "formerr"],
  "an OPT with a name": [`${withOpt} ${www} 0161 00 0029 04d0 00 00 0000 0000`, "formerr"],
  "an OPT behind a pointer": [`${withOpt} ${www} c00c 0029 04d0 00 00 0000 0000`, "formerr"],
  "an option cut short": [`${withOpt} ${www} 00 0029 04d0 00 00 0000 0003 000300`, "formerr"],
  "an option longer than its OPT": [
    `${withOpt} ${www} 00 0029 04d0 00 00 0000 0005 0003 0002 00`,
    "formerr",
  ],
};

describe("processQuery() on malformed messages", () => {
  const server = serving();
  const { counters } = server.context;
  const index = {
    formerr: COUNTER.rcode + 1,
    short: COUNTER.droppedShort,
    response: COUNTER.droppedResponse,
  };
  for (const [what, [query, counter]] of Object.entries(malformed)) {
    it(`${counter}: ${what}`, () => {
      for (const isTcp of [false, true]) {
        const before = counters[index[counter]] as number;
        const response = server.process(hex(query), isTcp);
        const expected = counter === "formerr" ? "abcd81010000000000000000" : undefined;
        assert.equal(hexOf(response), expected);
        assert.equal(counters[index[counter]], before + 1);
        assert.equal(counters[COUNTER.received], outcomes(counters));
      }
    });
  }

  it("takes a name of 255 octets, and records that mean nothing", () => {
    const name = `${`3f${"61".repeat(63)}`.repeat(3)} 3d${"61".repeat(61)} 00`;
    const refused = server.process(hex(`${one} ${name} 0001 0001`));
    assert.equal(refused?.[3], 5);
    const record = "c00c 0001 0001 00000000 0004 01020304";
    const query = `${header("0001 0001 0001 0002")} ${www} ${record} ${record} ${opt} ${record}`;
    const response = decodeMessage(server.process(hex(query)) as Uint8Array);
    assert.equal(response.answer.length, 1);
    assert.ok(response.edns);
  });

  it("survives random octets, each with an outcome", () => {
    const random = seededRandom(7);
    const good = queryOf("www.z.test.", "A", { edns: { nsid: true } });
    for (let i = 0; i < 30_000; i++) {
      const query = good.slice(0, (random.uint32() % good.length) + 1);
      for (let j = random.uint32() % 4; j > 0; j--) {
        query[random.uint32() % query.length] = random.uint32();
      }
      server.process(query, i % 2 === 0);
    }
    assert.equal(counters[COUNTER.received], outcomes(counters));
    assert.equal(counters.length, COUNTER_COUNT);
  });
});

describe("processQuery() on queries it does not answer", () => {
  const server = serving();
  const status = (type: string, asking = {}): string =>
    messageText(server.ask("www.z.test.", type, asking)).join("; ");

  it("NOTIMP to other opcodes, whatever follows the header (RFC 8906 §3.1.4)", () => {
    for (let opcode = 1; opcode < 16; opcode++) {
      const flags = (opcode << 11).toString(16).padStart(4, "0");
      const reply = ((opcode << 11) | 0x8004).toString(16);
      for (const rest of ["", www, "ff"]) {
        const query = `${header("0001 0000 0000 0000", flags)} ${rest}`;
        assert.equal(hexOf(server.process(hex(query))), `abcd${reply}0000000000000000`);
      }
    }
  });

  it("REFUSED to other classes", () => {
    for (const qclass of [0, 2, 3, 4, 254, 255, 65_535]) {
      assert.equal(status("A", { class: qclass }), "5 qr rd");
    }
  });

  it("REFUSED to transfers, NOTIMP to the mail types of old", () => {
    assert.equal(status("AXFR"), "5 qr rd");
    assert.equal(status("AXFR", { tcp: true }), "5 qr rd");
    assert.equal(status("IXFR"), "5 qr rd");
    assert.equal(status("MAILA"), "4 qr rd");
    assert.equal(status("MAILB"), "4 qr rd");
  });

  it("REFUSED for zones that are not served", () => {
    const before = server.context.counters[COUNTER.noZone] as number;
    assert.deepEqual(messageText(server.ask("www.other.test.", "A")), ["5 qr rd"]);
    assert.equal(server.context.counters[COUNTER.noZone], before + 1);
    assert.equal(server.context.zoneKey, -1);
  });
});

describe("processQuery() header bits", () => {
  const server = serving();
  for (const [query, response, what] of [
    ["0000", "8400", "none"],
    ["0100", "8500", "RD is copied, RA stays clear"],
    ["0010", "8410", "CD is copied (RFC 4035 §3.1.6)"],
    ["0020", "8400", "AD is not"],
    ["0040", "8400", "Z is not"],
    ["0080", "8400", "RA is not"],
    ["0600", "8400", "AA and TC of a query mean nothing"],
    ["000f", "8400", "nor does its response code"],
  ] as const) {
    it(`${query} → ${response}: ${what}`, () => {
      const reply = server.process(hex(`${header("0001 0000 0000 0000", query)} ${www}`));
      assert.equal(hexOf(reply)?.slice(0, 24), `abcd${response}0001000100000000`);
    });
  }

  it("answers in the memory of the query too", () => {
    const query = queryOf("wWw.z.test.", "A", { edns: {} });
    const apart = server.process(query);
    const { packet, context } = server;
    packet.set(query, 500);
    const size = processQuery(context, 500, query.length, 500, TRANSPORT.UDP);
    assert.deepEqual(packet.slice(500, 500 + size), apart);
    assert.equal(context.qnameSize, 12);
  });
});

describe("processQuery() EDNS (RFC 6891)", () => {
  const server = serving({ nsid: new TextEncoder().encode("ns-1") });

  it("adds an OPT record only where the query has one", () => {
    assert.equal(server.ask("www.z.test.", "A").edns, undefined);
    assert.deepEqual(server.ask("www.z.test.", "A", { edns: {} }).edns, {
      udpPayloadSize: 1232,
      version: 0,
      dnssecOk: false,
      options: [],
    });
    assert.equal(server.ask("www.z.test.", "A", { edns: { dnssecOk: true } }).edns?.dnssecOk, true);
    assert.ok(server.ask("no.z.test.", "A", { edns: {} }).edns);
    assert.ok(server.ask("www.other.test.", "A", { edns: {} }).edns);
  });

  it("BADVERS to versions above 0", () => {
    for (const version of [1, 255]) {
      const { rcode, edns, answer, questions } = server.ask("www.z.test.", "A", {
        edns: { version },
      });
      assert.deepEqual([rcode, edns?.version, answer.length, questions.length], [16, 0, 0, 1]);
    }
  });

  it("tells its identifier when asked (RFC 5001)", () => {
    const { edns } = server.ask("www.z.test.", "A", { edns: { nsid: true } });
    assert.deepEqual(edns?.options, [{ code: 3, data: new TextEncoder().encode("ns-1") }]);
    const silent = serving().ask("www.z.test.", "A", { edns: { nsid: true } });
    assert.deepEqual(silent.edns?.options, []);
  });
});

describe("processQuery() client subnet (RFC 7871)", () => {
  const server = serving();
  const ask = (data: string): Uint8Array | undefined => {
    const size = data.replaceAll(" ", "").length / 2;
    const sizes = [size + 4, size].map((octets) => octets.toString(16).padStart(4, "0"));
    const opt = `00 0029 04d0 00 00 0000 ${sizes[0]} 0008 ${sizes[1]} ${data}`;
    return server.process(hex(`${withOpt} ${www} ${opt}`));
  };

  it("repeats the option with scope 0 where the answer is everybody's", () => {
    const options: readonly string[] = [
      "0001 18 00 c00002",
      "0001 00 00",
      "0001 11 00 c00080",
      "0002 38 00 20010db8000100",
      "0000 00 00",
    ];
    for (const option of options) {
      const { rcode, edns, answer } = decodeMessage(ask(option) as Uint8Array);
      assert.equal(rcode, 0, option);
      assert.equal(answer.length, 1);
      assert.deepEqual(edns?.options, [{ code: 8, data: hex(option) }]);
    }
    assert.equal(server.ask("www.z.test.", "A", { edns: {} }).edns?.options.length, 0);
  });

  it("is FORMERR where it is malformed (§7.2.1)", () => {
    const malformed: Readonly<Record<string, string>> = {
      "a family nobody knows": "0003 18 00 c00002",
      "family 0 with an address": "0000 08 00 c0",
      "too few octets": "0001 18 00 c000",
      "too many octets": "0001 18 00 c0000200",
      "octets without a prefix": "0001 00 00 00",
      "a prefix longer than an address": "0001 21 00 c000020100",
      "the same for IPv6": "0002 81 00 20010db8000000000000000000000000 00",
      "bits beyond the prefix": "0001 14 00 c00001",
      "a scope": "0001 18 18 c00002",
      "no prefix length": "0001",
      nothing: "",
    };
    for (const [what, data] of Object.entries(malformed)) {
      assert.equal((ask(data) as Uint8Array)[3], 1, what);
    }
  });

  it("is FORMERR where it is there twice", () => {
    const twice = "00 0029 04d0 00 00 0000 0010 0008 0004 0001 0000 0008 0004 0001 0000";
    const response = server.process(hex(`${withOpt} ${www} ${twice}`));
    assert.equal((response as Uint8Array)[3], 1);
  });
});

describe("processQuery() sizes", () => {
  const answerSize = 12 + 12 + 60 * 16;

  it("truncates at 512, at what the client takes and at the maximum", () => {
    const server = serving({ udpPayloadSizeMax: 1100 });
    const isTruncated = (asking: object, name = "big.z.test.", type = "A"): boolean => {
      const message = server.ask(name, type, asking);
      assert.equal(message.flags.tc === true, message.answer.length === 0);
      return message.flags.tc === true;
    };
    assert.equal(isTruncated({}), true);
    assert.equal(isTruncated({ edns: { payloadSize: 0 } }), true);
    assert.equal(isTruncated({ edns: { payloadSize: 512 } }), true);
    assert.equal(isTruncated({ edns: { payloadSize: answerSize + 14 } }), true);
    assert.equal(isTruncated({ edns: { payloadSize: answerSize + 15 } }), false);
    assert.equal(isTruncated({ edns: { payloadSize: 4096 } }, "huge.z.test.", "TXT"), true);
    assert.equal(isTruncated({ tcp: true }, "huge.z.test.", "TXT"), false);
    const { counters } = server.context;
    assert.equal(counters[COUNTER.truncated], 5);
  });

  it("answers the rest whole: response code, AA and OPT", () => {
    const { rcode, flags, edns, questions } = serving().ask("huge.z.test.", "TXT", { edns: {} });
    assert.deepEqual([rcode, flags.aa, flags.tc, questions.length], [0, true, true, 1]);
    assert.ok(edns);
  });
});

describe("processQuery() counts and what a query log needs", () => {
  it("counts types, response codes and kinds of answers", () => {
    const server = serving();
    const { counters } = server.context;
    for (const type of COUNTED_TYPES) server.ask("www.z.test.", `TYPE${type}`, { edns: {} });
    server.ask("www.z.test.", "TYPE256");
    server.ask("www.z.test.", "TYPE65535");
    server.ask("no.z.test.", "A");
    const types = counters.slice(COUNTER.type);
    assert.deepEqual([...types], [2, ...COUNTED_TYPES.slice(1).map(() => 1), 2]);
    assert.equal(counters[COUNTER.edns], COUNTED_TYPES.length);
    assert.equal(counters[COUNTER.rcode + 3], 1);
    assert.equal(counters[COUNTER.noData], COUNTED_TYPES.length);
    assert.equal(counters[COUNTER.received], outcomes(counters));
  });

  it("leaves zone, name, type and response code in the context", () => {
    const server = serving();
    const zone = server.zones.get(1);
    assert.ok(zone);
    zone.flags = ZONE_FLAG.LOGGED;
    server.ask("no.z.test.", "MX");
    const { zoneKey, zoneFlags, qnameSize, qtype, rcode } = server.context;
    assert.deepEqual([zoneKey, zoneFlags, qnameSize, qtype, rcode], [1, 1, 11, 15, 3]);
    server.process(hex("abcd"));
    assert.deepEqual([server.context.zoneKey, server.context.zoneFlags], [-1, 0]);
  });
});
