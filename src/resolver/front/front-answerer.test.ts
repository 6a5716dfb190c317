import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseIp } from "../../base/ip.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import type { Message } from "../../dns/wire/message.ts";
import { formatName, parseName } from "../../dns/wire/name.ts";
import { EDNS_OPTION, RCODE, TYPE } from "../../dns/wire/registries.ts";
import { cacheEntry } from "../../../test/support/cache-answers.ts";
import { FrontUnderTest, cut, planned } from "../../../test/support/front-under-test.ts";
import type { Outcome } from "../../../test/support/front-under-test.ts";
import { apexRecords, queryOf } from "../../../test/support/zone-under-test.ts";
import { sumCounter } from "../../telemetry/counters.ts";
import { DomainSet } from "../firewall/domain-set.ts";
import { makeNameFilter } from "../firewall/name-filter.ts";
import { frontCounters } from "./front-counters.ts";
import { CUT } from "./hand-over.ts";

const zoneOf = (address: string) => `${apexRecords}www A ${address}\n*.wild A ${address}\n`;

/** The addresses of an answer; "handed over", or the response code, where there is none. */
function told({ response, handed }: Outcome): string {
  if (!response) return handed.length > 0 ? "handed over" : "nothing";
  if (response.rcode !== RCODE.NOERROR) return `rcode ${response.rcode}`;
  const addresses = response.answer.filter(({ type }) => type === TYPE.A);
  return addresses.map(({ rdata }) => rdata.join(".")).join(" ") || "no data";
}

function counted(front: FrontUnderTest, key: keyof typeof frontCounters.index): number {
  return sumCounter([front.counters], frontCounters.index[key]);
}

describe("FrontAnswerer: views", () => {
  it("goes by the longest block around the source address", () => {
    const front = new FrontUnderTest();
    front.serve("Z1", "a.test.", zoneOf("192.0.2.1"));
    front.serve("Z2", "a.test.", zoneOf("192.0.2.2"));
    front.serve("Z3", "a.test.", zoneOf("192.0.2.3"));
    front.plan(
      { cidrs: ["10.0.0.0/8", "2001:db8::/32"], zones: [planned("Z1", "a.test.")] },
      { cidrs: ["10.1.0.0/16", "2001:db8:1::/48"], zones: [planned("Z2", "a.test.")] },
      { cidrs: ["10.1.2.3/32", "2001:db8:1::1/128"], zones: [planned("Z3", "a.test.")] },
    );
    const cases = [
      ["10.0.0.1", "192.0.2.1"],
      ["10.255.255.255", "192.0.2.1"],
      ["10.1.0.0", "192.0.2.2"],
      ["10.1.255.255", "192.0.2.2"],
      ["10.1.2.2", "192.0.2.2"],
      ["10.1.2.3", "192.0.2.3"],
      ["10.1.2.4", "192.0.2.2"],
      ["10.2.0.0", "192.0.2.1"],
      ["2001:db8::1", "192.0.2.1"],
      ["2001:db8:1::", "192.0.2.2"],
      ["2001:db8:1::1", "192.0.2.3"],
      ["2001:db8:1::2", "192.0.2.2"],
      ["2001:db8:1:ffff:ffff:ffff:ffff:ffff", "192.0.2.2"],
      ["2001:db8:2::", "192.0.2.1"],
      ["9.255.255.255", "rcode 5"],
      ["11.0.0.0", "rcode 5"],
      ["192.168.0.1", "rcode 5"],
      ["2001:db9::", "rcode 5"],
      ["::1", "rcode 5"],
    ] as const;
    for (const [from, expected] of cases) {
      assert.equal(told(front.ask("www.a.test.", "A", { from })), expected, from);
    }
    assert.equal(counted(front, "refusedClients"), 5);
  });

  it("is nobody's view where two have the same block, longer ones still are", () => {
    const front = new FrontUnderTest();
    front.serve("Z1", "a.test.", zoneOf("192.0.2.1"));
    const zones = [planned("Z1", "a.test.")];
    front.plan({ zones }, { zones: [] }, { cidrs: ["10.1.0.0/16"], zones });
    assert.equal(told(front.ask("www.a.test.", "A", { from: "10.0.0.1" })), "rcode 5");
    assert.equal(told(front.ask("www.a.test.", "A", { from: "10.1.0.1" })), "192.0.2.1");
  });

  it("goes by the listener where it is one VPC's alone, whatever the address", () => {
    const front = new FrontUnderTest([{}, { vpcId: "vpc-2" }, {}, { vpcId: "vpc-none" }]);
    front.serve("Z1", "a.test.", zoneOf("192.0.2.1"));
    front.serve("Z2", "a.test.", zoneOf("192.0.2.2"));
    front.plan(
      { zones: [planned("Z1", "a.test.")], listeners: ["127.0.0.1:5302"] },
      { cidrs: ["10.0.0.0/8"], zones: [planned("Z2", "a.test.")] },
    );
    const byListener = ["rcode 5", "192.0.2.2", "192.0.2.1", "rcode 5"];
    for (const [listener, expected] of byListener.entries()) {
      assert.equal(told(front.ask("www.a.test.", "A", { listener })), expected, String(listener));
    }
    const from = "203.0.113.9";
    assert.equal(told(front.ask("www.a.test.", "A", { listener: 1, from })), "192.0.2.2");
  });

  it("goes by the address that was asked where a wildcard stands for it", () => {
    const wildcard = { isUnspecified: true };
    const front = new FrontUnderTest([
      { address: "0.0.0.0:53", ...wildcard },
      { address: "[::]:53", ...wildcard },
    ]);
    front.serve("Z1", "a.test.", zoneOf("192.0.2.1"));
    front.serve("Z2", "a.test.", zoneOf("192.0.2.2"));
    const listeners = ["10.9.0.2:53", "10.9.0.3:54", "[2001:db8::53]:53"];
    front.plan(
      { zones: [planned("Z1", "a.test.")] },
      { cidrs: [], zones: [planned("Z2", "a.test.")], listeners },
    );
    const cases = [
      [0, "10.9.0.2", "10.0.0.1", "192.0.2.2"],
      [0, "10.9.0.2", "203.0.113.1", "192.0.2.2"],
      [0, "10.9.0.3", "10.0.0.1", "192.0.2.1"],
      [0, "10.9.0.1", "203.0.113.1", "rcode 5"],
      [1, "2001:db8::53", "2001:db8:9::1", "192.0.2.2"],
      [1, "2001:db8::54", "2001:db8:9::1", "rcode 5"],
    ] as const;
    for (const [listener, to, from, expected] of cases) {
      const outcome = front.ask("www.a.test.", "A", { listener, to, from });
      assert.equal(told(outcome), expected, `${from} → ${to}`);
    }
    const { handed } = front.ask("www.a.test.", "DS", {
      listener: 1,
      to: "2001:db8::53",
      from: "::1",
    });
    assert.equal(handed[0]?.socketFd, 41);
    assert.deepEqual(handed[0]?.control?.slice(16, 32), parseIp("2001:db8::53"));
  });

  it("forgets views that are removed, and all but the new ones where they replace all", () => {
    const front = new FrontUnderTest();
    front.serve("Z1", "a.test.", zoneOf("192.0.2.1"));
    front.plan({ zones: [planned("Z1", "a.test.")] });
    assert.equal(told(front.ask("www.a.test.")), "192.0.2.1");
    const gone = { views: [], removed: [1], replacesAll: false };
    front.answerer.views.update({ zones: [], views: gone });
    assert.equal(told(front.ask("www.a.test.")), "rcode 5");
    front.plan({ zones: [planned("Z1", "a.test.")] });
    front.answerer.views.update({ zones: [], views: { ...gone, removed: [], replacesAll: true } });
    assert.equal(told(front.ask("www.a.test.")), "rcode 5");
  });
});

describe("FrontAnswerer: zones", () => {
  it("answers from private zones with RA, without AA, in the letters of the question", () => {
    const front = new FrontUnderTest();
    front.serve("Z1", "a.test.", zoneOf("192.0.2.1"));
    front.plan({ zones: [planned("Z1", "a.test.")] });
    const { response } = front.ask("wWw.A.tesT.");
    assert.deepEqual(response?.flags, {
      ...{ qr: true, aa: false, tc: false, rd: true, ra: true, ad: false, cd: false },
    });
    assert.equal(formatName(response?.questions[0]?.name ?? parseName(".")), "wWw.A.tesT.");
    assert.equal(told(front.ask("no.a.test.")), "rcode 3");
    assert.equal(told(front.ask("www.a.test.", "TXT")), "no data");
    assert.equal(told(front.ask("x.wild.a.test.")), "192.0.2.1");
  });

  it("looks for the longest name among private zones, cuts and public zones", () => {
    const front = new FrontUnderTest();
    front.serve("Z1", "a.test.", zoneOf("192.0.2.1"));
    front.serve("Z2", "zone.cut.a.test.", zoneOf("192.0.2.2"));
    front.serve("P1", "a.test.", zoneOf("198.51.100.1"), false);
    front.serve("P2", "public.a.test.", zoneOf("198.51.100.2"), false);
    front.serve("P3", "p.test.", zoneOf("198.51.100.3"), false);
    front.serve("Z4", "same.test.", zoneOf("192.0.2.4"));
    front.plan({
      zones: [
        planned("Z1", "a.test."),
        planned("Z2", "zone.cut.a.test."),
        planned("Z4", "same.test."),
      ],
      cuts: [
        cut("cut.a.test.", CUT.HAND_OVER),
        cut("system.cut.a.test.", CUT.SYSTEM),
        cut("same.test.", CUT.HAND_OVER),
        cut("p.test.", CUT.HAND_OVER),
        cut("system.p.test.", CUT.SYSTEM),
      ],
    });
    const cases = [
      ["www.a.test.", "192.0.2.1"],
      ["www.cut.a.test.", "handed over"],
      ["cut.a.test.", "handed over"],
      ["www.zone.cut.a.test.", "192.0.2.2"],
      ["no.zone.cut.a.test.", "rcode 3"],
      // As if the cut were not there: the zone around it has no such name.
      ["www.system.cut.a.test.", "rcode 3"],
      // Never from the public zone below a private one.
      ["www.public.a.test.", "rcode 3"],
      ["www.same.test.", "handed over"],
      ["www.p.test.", "handed over"],
      ["www.system.p.test.", "rcode 3"],
      ["www.elsewhere.test.", "handed over"],
    ] as const;
    for (const [name, expected] of cases) assert.equal(told(front.ask(name)), expected, name);
  });

  it("never looks elsewhere for names of a private zone that has no image", () => {
    const front = new FrontUnderTest();
    front.serve("P1", "a.test.", zoneOf("198.51.100.1"), false);
    front.serve("Z0", "test.", zoneOf("192.0.2.9"));
    front.plan({ zones: [planned("Z0", "test."), planned("Z1", "a.test.")] });
    assert.equal(told(front.ask("www.a.test.")), "handed over");
    const key = front.serve("Z1", "a.test.", zoneOf("192.0.2.1"));
    assert.equal(told(front.ask("www.a.test.")), "192.0.2.1");
    front.withdraw("Z1", key);
    assert.equal(told(front.ask("www.a.test.")), "handed over");
    assert.equal(told(front.ask("www.test.")), "192.0.2.9");
  });

  it("goes by the newest plan of a view, and loses no zone that stays", () => {
    const front = new FrontUnderTest();
    front.serve("Z1", "a.test.", zoneOf("192.0.2.1"));
    front.serve("Z2", "b.test.", zoneOf("192.0.2.2"));
    const [a, b] = [planned("Z1", "a.test."), planned("Z2", "b.test.")];
    const answers = () => ["www.a.test.", "www.b.test."].map((name) => told(front.ask(name)));
    front.plan({ zones: [a, b] });
    assert.deepEqual(answers(), ["192.0.2.1", "192.0.2.2"]);
    front.plan({ zones: [b] });
    assert.deepEqual(answers(), ["handed over", "192.0.2.2"]);
    front.serve("Z1", "a.test.", zoneOf("192.0.2.3"));
    assert.deepEqual(answers(), ["handed over", "192.0.2.2"]);
    front.plan({ zones: [a, b], cuts: [cut("b.test.", CUT.HAND_OVER)] });
    assert.deepEqual(answers(), ["192.0.2.3", "handed over"]);
    front.plan({ zones: [a, b] });
    assert.deepEqual(answers(), ["192.0.2.3", "192.0.2.2"]);
  });

  it("hands over chains that lead out of the zones, and referrals", () => {
    const front = new FrontUnderTest();
    const zone = `${zoneOf("192.0.2.1")}
in CNAME www
out CNAME www.elsewhere.test.
public CNAME www.p.test.
cut CNAME www.cut.a.test.
sub NS ns.elsewhere.test.
`;
    front.serve("Z1", "a.test.", zone);
    front.serve("P1", "p.test.", `${zoneOf("198.51.100.1")}private CNAME www.a.test.\n`, false);
    front.plan({ zones: [planned("Z1", "a.test.")], cuts: [cut("cut.a.test.", 7)] });
    assert.equal(told(front.ask("in.a.test.")), "192.0.2.1");
    assert.equal(told(front.ask("www.p.test.")), "198.51.100.1");
    for (const name of ["out.a.test.", "public.a.test.", "cut.a.test.", "private.p.test."]) {
      const all = { payloadSize: 1_400, dnssecOk: true, nsid: true };
      const subnets = [{ subnet: "192.0.2.0/24" }, { ...all, subnet: "2001:db8::/33" }];
      for (const edns of [undefined, all, ...subnets]) {
        const asking = edns ? { edns } : {};
        const { response, handed } = front.ask(name, "A", asking);
        assert.equal(response, undefined, name);
        const query = decodeMessage(handed[0]?.query ?? new Uint8Array());
        const wanted = decodeMessage(queryOf(name, "A", asking)).edns;
        assert.equal(formatName(query.questions[0]?.name ?? parseName(".")), name);
        assert.equal(query.id, 0x1234);
        assert.deepEqual(query.flags.rd, true);
        assert.deepEqual(withSubnetAlone(query.edns), withSubnetAlone(wanted));
        assert.deepEqual([query.answer, query.authority, query.additional], [[], [], []]);
      }
    }
    assert.equal(told(front.ask("x.sub.a.test.")), "handed over");
  });

  it("hands over names that the firewall may match, and chains to them", () => {
    const front = new FrontUnderTest();
    const aliases = "good CNAME www\nfirst CNAME second\nsecond CNAME X.bad\n";
    front.serve("Z1", "a.test.", `${zoneOf("192.0.2.1")}${aliases}x.bad A 192.0.2.1\n`);
    const zones = [planned("Z1", "a.test.")];
    const view = { zones, publicPartition: 3 };
    front.plan({
      ...view,
      firewall: makeNameFilter([new DomainSet(["*.bad.a.test.", "c.test."])]),
    });
    for (const name of ["b.test.", "c.test."]) {
      front.writer.put(cacheEntry(name, { partition: 3, fill: 1 }));
    }
    for (const name of ["www.a.test.", "good.a.test."]) {
      assert.equal(told(front.ask(name)), "192.0.2.1", name);
    }
    assert.equal(told(front.ask("bad.a.test.")), "no data");
    for (const name of ["x.bad.a.test.", "X.BAD.a.test.", "y.x.bad.a.test.", "first.a.test."]) {
      assert.equal(told(front.ask(name)), "handed over", name);
    }
    assert.ok(front.ask("b.test.", "TXT").response);
    assert.equal(told(front.ask("c.test.", "TXT")), "handed over");
    front.plan({ ...view, firewall: makeNameFilter([new DomainSet(["*."])]) });
    assert.equal(told(front.ask("www.a.test.")), "handed over");
    front.plan(view);
    assert.equal(told(front.ask("x.bad.a.test.")), "192.0.2.1");
  });

  it("hands over DS, and all where it shall", () => {
    const front = new FrontUnderTest();
    front.serve("Z1", "a.test.", zoneOf("192.0.2.1"));
    const zones = [planned("Z1", "a.test.")];
    front.plan({ zones }, { cidrs: ["10.1.0.0/16"], zones, handOverAll: true });
    assert.equal(told(front.ask("www.a.test.")), "192.0.2.1");
    assert.equal(told(front.ask("www.a.test.", "DS")), "handed over");
    assert.equal(told(front.ask("www.a.test.", "A", { from: "10.1.0.1" })), "handed over");
    assert.equal(front.ask("www.a.test.", "A", { from: "10.1.0.1" }).handed[0]?.view, 2);
  });
});

describe("FrontAnswerer: cache", () => {
  const txt = (front: FrontUnderTest, name: string, asking = {}) => front.ask(name, "TXT", asking);

  it("answers from the partition of the cut, or the public one, and no other", () => {
    const front = new FrontUnderTest();
    front.plan({ publicPartition: 3, cuts: [cut("a.test.", 4)] });
    front.writer.put(cacheEntry("x.a.test.", { partition: 3, fill: 3 }));
    front.writer.put(cacheEntry("x.b.test.", { partition: 4, fill: 4 }));
    assert.equal(told(txt(front, "x.a.test.")), "handed over");
    assert.equal(told(txt(front, "x.b.test.")), "handed over");
    front.writer.put(cacheEntry("x.a.test.", { partition: 4, fill: 4 }));
    front.writer.put(cacheEntry("x.b.test.", { partition: 3, fill: 3 }));
    assert.equal(txt(front, "x.a.test.").response?.answer[0]?.rdata[5], 4);
    assert.equal(txt(front, "x.b.test.").response?.answer[0]?.rdata[5], 3);
    assert.deepEqual(
      [counted(front, "cacheHits"), counted(front, "cacheMisses"), counted(front, "handedOver")],
      [2, 2, 2],
    );
  });

  it("counts TTLs down, keeps letters, id and EDNS, and hands over what has expired", () => {
    const front = new FrontUnderTest();
    front.plan({});
    front.writer.put(cacheEntry("x.test.", { ttl: 100, at: 50 }));
    front.answerer.setTime(0, 80.5);
    const { response } = txt(front, "X.tEst.", { edns: { payloadSize: 4_000 } });
    assert.equal(response?.id, 0x1234);
    assert.equal(formatName(response?.answer[0]?.owner ?? parseName(".")), "X.tEst.");
    assert.deepEqual([response?.answer[0]?.ttl, response?.authority[0]?.ttl], [70, 170]);
    assert.equal(response?.edns?.udpPayloadSize, 1232);
    assert.deepEqual(response?.flags, {
      ...{ qr: true, aa: false, tc: false, rd: true, ra: true, ad: false, cd: false },
    });
    front.answerer.setTime(0, 150);
    assert.equal(told(txt(front, "x.test.")), "handed over");
  });

  it("gives what does not fit over TCP only", () => {
    const front = new FrontUnderTest();
    front.plan({});
    front.writer.put(cacheEntry("x.test.", { texts: 4, textSize: 100 }));
    const short = txt(front, "x.test.").response;
    assert.deepEqual(
      [short?.flags.tc, short?.answer.length, short?.authority.length],
      [true, 0, 0],
    );
    const whole = txt(front, "x.test.", { edns: { payloadSize: 1_232 } }).response;
    assert.deepEqual([whole?.flags.tc, whole?.answer.length], [false, 4]);
  });

  it("asks for what is about to expire once, and answers meanwhile", () => {
    const front = new FrontUnderTest();
    front.plan({});
    front.writer.put(cacheEntry("x.test.", { ttl: 100, prefetchAtSeconds: 90 }));
    front.answerer.setTime(0, 89);
    assert.equal(txt(front, "x.test.").handed.length, 0);
    front.answerer.setTime(0, 95);
    const query = queryOf("x.test.", "TXT");
    const { response, handed } = txt(front, "x.test.");
    assert.equal(response?.answer[0]?.ttl, 5);
    assert.deepEqual(
      handed.map(({ isPrefetch, query: octets }) => [isPrefetch, octets]),
      [[true, query]],
    );
    assert.equal(txt(front, "x.test.").handed.length, 0);
  });

  it("tells variants apart, and AD to those who ask for it", () => {
    const front = new FrontUnderTest();
    front.plan({});
    const entry = cacheEntry("x.test.", { variant: 1 });
    const response = Uint8Array.from(entry.response, (octet, i) =>
      i === 3 ? octet | 0x20 : octet,
    );
    front.writer.put({ ...entry, response });
    assert.equal(told(txt(front, "x.test.")), "handed over");
    assert.equal(txt(front, "x.test.", { edns: { dnssecOk: true } }).response?.flags.ad, true);
    front.writer.put({ ...entry, key: { ...entry.key, variant: 0 }, response });
    assert.equal(txt(front, "x.test.").response?.flags.ad, false);
    const asksForAd = queryOf("x.test.", "TXT");
    asksForAd[3] = (asksForAd[3] ?? 0) | 0x20;
    assert.equal(front.process(asksForAd).response?.flags.ad, true);
  });

  it("hands over what does not desire recursion, and drops when the thread is behind", () => {
    const front = new FrontUnderTest();
    front.plan({});
    front.writer.put(cacheEntry("x.test."));
    const query = queryOf("x.test.", "TXT");
    query[2] = 0;
    assert.equal(told(front.process(query)), "handed over");
    const { bytes } = front.arena;
    const many = queryOf("y.test.", "TXT");
    bytes.set(many, 1_000);
    for (let i = 0; i < 5_000; i++) front.answerer.answer(1_000, many.length, 1_000);
    const [handed, dropped] = [counted(front, "handedOver"), counted(front, "dropped")];
    assert.equal(handed + dropped, 5_001);
    assert.ok(dropped > 1_000 && handed > 1_000, `${handed} handed over, ${dropped} dropped`);
  });
});

describe("FrontAnswerer: messages", () => {
  it("answers as the name server does what is no question of a resolver", () => {
    const front = new FrontUnderTest();
    front.plan({});
    assert.equal(told(front.ask("a.test.", "AXFR")), "rcode 5");
    assert.equal(told(front.ask("a.test.", "A", { class: 3 })), "rcode 5");
    assert.equal(told(front.ask("a.test.", "MAILB")), "rcode 4");
    assert.equal(told(front.ask("a.test.", "A", { edns: { version: 1 } })), "rcode 16");
    assert.equal(told(front.process(queryOf("a.test.", "A").slice(0, 20))), "rcode 1");
    assert.equal(told(front.process(new Uint8Array(5))), "nothing");
    const response = queryOf("a.test.", "A");
    response[2] = 0x80;
    assert.equal(told(front.process(response)), "nothing");
  });
});

/** EDNS without the options that a query may lose on its way to the thread. */
function withSubnetAlone(edns: Message["edns"]): Message["edns"] {
  const options = edns?.options.filter(({ code }) => code === EDNS_OPTION.CLIENT_SUBNET);
  return edns && { ...edns, options: options ?? [] };
}
