import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { queryOf } from "../../../test/support/zone-under-test.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import { lowerName, parseName } from "../../dns/wire/name.ts";
import { RCODE, TYPE } from "../../dns/wire/registries.ts";
import type { Firewall, FirewallVerdict } from "../firewall/firewall.ts";
import { makeNameFilter } from "../firewall/name-filter.ts";
import { nameKey } from "../../dns/wire/name-key.ts";
import { queryLogFields } from "./query-log.ts";
import { ResolverUnderTest, settle } from "../../../test/support/resolver-under-test.ts";
import type { TestView } from "../../../test/support/resolver-under-test.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
}

const many = Array.from({ length: 200 }, (_, i) => `big 60 A 10.0.${i >> 4}.${i & 15}\n`).join("");

function world(view: TestView = {}): ResolverUnderTest {
  const resolver = new ResolverUnderTest();
  resolver.addView({ zones: { "corp.test.": `web 60 A 10.0.0.1\n${many}` }, ...view });
  return resolver;
}

describe("messages that are no query", () => {
  const www = "03777777 00 0001 0001";
  const cases: readonly [what: string, query: string, rcode: number | undefined][] = [
    ["nothing", "", undefined],
    ["eleven octets", "abcd 0100 0001 0000 0000 00", undefined],
    ["a response", `abcd 8100 0001 0000 0000 0000 ${www}`, undefined],
    ["a STATUS request", `abcd 1100 0001 0000 0000 0000 ${www}`, RCODE.NOTIMP],
    ["an UPDATE", `abcd 2800 0001 0000 0000 0000 ${www}`, RCODE.NOTIMP],
    ["no question", "abcd 0100 0000 0000 0000 0000", RCODE.FORMERR],
    ["two questions", `abcd 0100 0002 0000 0000 0000 ${www} ${www}`, RCODE.FORMERR],
    ["half a question", "abcd 0100 0001 0000 0000 0000 0377", RCODE.FORMERR],
    ["octets after it", `abcd 0100 0001 0000 0000 0000 ${www} 00`, RCODE.FORMERR],
    [
      "two OPT records",
      `abcd 0100 0001 0000 0000 0002 ${www} ${"00 0029 04d0 00 00 0000 0000".repeat(2)}`,
      RCODE.FORMERR,
    ],
  ];
  for (const [what, query, rcode] of cases) {
    it(`${what}: ${rcode ?? "silence"}`, async () => {
      const response = await world().send(hex(query));
      assert.equal(response && decodeMessage(response).rcode, rcode);
      if (response) assert.deepEqual([...response.subarray(0, 2)], [0xab, 0xcd]);
    });
  }

  it("mutated queries are answered or not, but never break anything", async () => {
    const resolver = world();
    resolver.upstream.otherwise(() => ({ rcode: RCODE.NXDOMAIN }));
    const valid = queryOf("web.corp.test.", "A", { edns: { subnet: "10.0.0.0/24" } });
    const mutation = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(mutation, async (changes) => {
        const query = valid.slice();
        for (const [at, octet] of changes) query[at] = octet;
        const response = await resolver.send(query);
        if (response)
          assert.equal(
            decodeMessage(response).id,
            (query[0] as number) * 256 + (query[1] as number),
          );
      }),
      { numRuns: 500 },
    );
    assert.equal(resolver.core.openCount, 0);
  });
});

describe("queries that are refused", () => {
  it("zone transfers, other classes, other EDNS versions, strangers", async () => {
    const resolver = world();
    assert.equal((await resolver.ask("corp.test.", "AXFR")).rcode, RCODE.REFUSED);
    assert.equal((await resolver.ask("corp.test.", "IXFR")).rcode, RCODE.REFUSED);
    assert.equal((await resolver.ask("corp.test.", "A", { class: 3 })).rcode, RCODE.REFUSED);
    assert.equal(
      (await resolver.ask("corp.test.", "A", { edns: { version: 1 } })).rcode,
      RCODE.BADVERS,
    );
    const stranger = await resolver.ask("web.corp.test.", "A", { from: "192.0.2.1" });
    assert.deepEqual([stranger.rcode, stranger.flags.ra], [RCODE.REFUSED, false]);
  });

  it("ANY of others' names is not gathered (RFC 8482)", async () => {
    const resolver = world();
    const message = await resolver.ask("www.example.", "ANY");
    assert.equal(message.answer[0]?.type, TYPE.HINFO);
    assert.deepEqual(resolver.upstream.asked, []);
    assert.equal((await resolver.ask("web.corp.test.", "ANY")).answer[0]?.type, TYPE.A);
  });

  it("without RD what is not known here is not asked for", async () => {
    const resolver = world();
    resolver.upstream.says("www.example. A", { answer: "www.example. 60 A 192.0.2.1" });
    const query = queryOf("www.example.", "A");
    query[2] = 0;
    const rcode = async (): Promise<number> =>
      decodeMessage((await resolver.send(query)) ?? query).rcode;
    assert.equal(await rcode(), RCODE.REFUSED);
    assert.deepEqual(resolver.upstream.asked, []);
    await resolver.ask("www.example.", "A");
    assert.equal(await rcode(), RCODE.NOERROR);
  });
});

describe("responses", () => {
  it("have the query's id, question in its case, RD and CD, RA, and never AA", async () => {
    const query = queryOf("WeB.Corp.TEST.", "A");
    query[3] = 0x10;
    const response = await world().send(query);
    const message = decodeMessage(response ?? query);
    assert.deepEqual(message.questions[0]?.name, parseName("WeB.Corp.TEST."));
    const { qr, rd, ra, cd, aa, ad } = message.flags;
    assert.deepEqual(
      { qr, rd, ra, cd, aa, ad },
      { qr: true, rd: true, ra: true, cd: true, aa: false, ad: false },
    );
  });

  it("over UDP are as large as the client takes, 512 without EDNS, our limit at most", async () => {
    const resolver = world();
    const plain = await resolver.ask("big.corp.test.", "A");
    assert.deepEqual([plain.flags.tc, plain.answer.length], [true, 0]);
    const large = await resolver.ask("big.corp.test.", "A", { edns: { payloadSize: 4_000 } });
    assert.equal(large.flags.tc, true);
    const stream = await resolver.ask("big.corp.test.", "A", { transport: "TCP" });
    assert.deepEqual([stream.flags.tc, stream.answer.length], [false, 200]);
    assert.equal(resolver.core.counts.truncated, 2);
  });

  it("say that they are checked where the servers do and the client asks", async () => {
    const resolver = world();
    resolver.upstream.otherwise((question) => ({
      answer: `${question.split(" ")[0]} 60 A 192.0.2.1`,
      ad: true,
    }));
    const flag = async (name: string, octet: number, dnssecOk: boolean) => {
      const query = queryOf(name, "A", { edns: { dnssecOk } });
      query[3] = octet;
      return decodeMessage((await resolver.send(query)) ?? query).flags.ad;
    };
    assert.equal(await flag("a.example.", 0, false), false);
    assert.equal(await flag("a.example.", 0x20, false), true);
    assert.equal(await flag("b.example.", 0, true), true);
    assert.equal(await flag("web.corp.test.", 0x20, true), false);
  });

  it("leave it to the servers to check signatures where the VPC wants that", async () => {
    const resolver = world({ validates: true });
    resolver.upstream.otherwise((question) => ({
      answer: `${question.split(" ")[0]} 60 A 192.0.2.1`,
      ad: true,
    }));
    const query = queryOf("www.example.", "A", { edns: { dnssecOk: true } });
    query[3] = 0x10;
    const message = decodeMessage((await resolver.send(query)) ?? query);
    assert.equal(message.flags.ad, false);
    const [asked] = resolver.upstream.queries;
    assert.deepEqual([asked?.dnssecOk, asked?.checkingDisabled], [false, false]);
  });

  it("where nobody checks them, are a problem that is told", async () => {
    const resolver = world({ validates: true });
    resolver.upstream.says(". SOA", { answer: ". 60 SOA a. b. 1 1 1 1 60", ad: true });
    assert.deepEqual(await resolver.core.findProblems(), []);
    resolver.upstream.says(". SOA", { answer: ". 60 SOA a. b. 1 1 1 1 60" });
    assert.match((await resolver.core.findProblems())[0] ?? "", /vpc-1 wants DNSSEC validation/);
    resolver.addView();
    assert.deepEqual(await resolver.core.findProblems(), []);
  });

  it("hold up where there are too many", async () => {
    const resolver = world();
    resolver.upstream.isHeld = true;
    resolver.upstream.otherwise((question) => ({
      answer: `${question.split(" ")[0]} 60 A 192.0.2.1`,
    }));
    const answers = Array.from({ length: 20_100 }, (_, i) =>
      resolver.ask(`n${i % 50}.example.`, "A"),
    );
    await settle();
    assert.equal(resolver.core.openCount, 20_000);
    resolver.upstream.release();
    const rcodes = (await Promise.all(answers)).map(({ rcode }) => rcode);
    assert.equal(rcodes.filter((rcode) => rcode === RCODE.SERVFAIL).length, 100);
    assert.equal(resolver.core.openCount, 0);
  });
});

/** A firewall with a verdict for each name, `redirect:NAME` for those that answers lead to. */
function firewallOf(verdicts: Record<string, FirewallVerdict | Error>, failOpen = false): Firewall {
  const byKey = new Map(
    Object.entries(verdicts).map(([name, verdict]) => [
      name.startsWith("redirect:")
        ? `r${nameKey(parseName(name.slice(9)))}`
        : nameKey(parseName(name)),
      verdict,
    ]),
  );
  const look = (key: string): FirewallVerdict => {
    const verdict = byKey.get(key) ?? { action: "PASS" };
    if (verdict instanceof Error) throw verdict;
    return verdict;
  };
  return {
    mayMatch: (name) => byKey.has(nameKey(name)),
    judge: (name) => {
      assert.deepEqual(name, lowerName(name));
      return look(nameKey(name));
    },
    judgeRedirection: (_, name) => look(`r${nameKey(name)}`),
    failOpen,
    filter: makeNameFilter([]),
  };
}

const rule = { ruleGroupId: "g", ruleName: "r", domainListId: "l", trustsRedirections: false };
const block = (response: "NODATA" | "NXDOMAIN"): FirewallVerdict => ({
  ...{ action: "BLOCK", ...rule, block: { response } },
});

describe("the firewall", () => {
  it("blocks with NXDOMAIN, NODATA or another answer, before zones, hosts and cache", async () => {
    const override: FirewallVerdict = {
      ...{ action: "BLOCK", ...rule },
      block: { response: "OVERRIDE", target: parseName("sink.corp.test."), ttlSeconds: 7 },
    };
    const firewall = firewallOf({
      "web.corp.test.": block("NXDOMAIN"),
      "db.corp.test.": block("NODATA"),
      "bad.example.": override,
    });
    const resolver = world({
      ...{ firewall, hosts: { "db.corp.test.": "10.0.0.9" } },
      zones: { "corp.test.": "web 60 A 10.0.0.1\nsink 60 A 10.0.0.66\n" },
    });
    assert.deepEqual(await resolver.text("Web.corp.test.", "A"), ["3"]);
    assert.deepEqual(await resolver.text("db.corp.test.", "A"), ["0"]);
    assert.deepEqual(await resolver.text("bad.example.", "A"), [
      "0",
      "bad.example. 7 CNAME sink.corp.test.",
      "sink.corp.test. 60 A 10.0.0.66",
    ]);
    assert.deepEqual(resolver.upstream.asked, []);
    assert.equal(resolver.core.counts.blocked, 3);
  });

  it("looks at the names that an answer leads to, whoever gave it", async () => {
    const firewall = firewallOf({ "redirect:tracker.example.": block("NXDOMAIN") });
    const resolver = world({ firewall, zones: { "corp.test.": "a 60 CNAME tracker.example.\n" } });
    resolver.upstream.says("www.example. A", {
      answer: "www.example. 60 CNAME tracker.example.\ntracker.example. 60 A 6.6.6.6",
    });
    resolver.upstream.says("tracker.example. A", { answer: "tracker.example. 60 A 6.6.6.6" });
    assert.deepEqual(await resolver.text("www.example.", "A"), ["3"]);
    assert.deepEqual(await resolver.text("a.corp.test.", "A"), ["3"]);
    assert.equal((await resolver.ask("tracker.example.", "A")).rcode, RCODE.NOERROR);
    assert.equal((await resolver.text("www.example.", "A")).length, 1, "nor from the cache");
  });

  it("lets ALERT and ALLOW through and tells the log", async () => {
    const firewall = firewallOf({
      "web.corp.test.": { action: "ALERT", ...rule },
      "big.corp.test.": { action: "ALLOW", ...rule },
    });
    const resolver = world({ firewall, logs: true });
    assert.equal((await resolver.text("web.corp.test.", "A")).length, 2);
    await resolver.ask("big.corp.test.", "A", { transport: "TCP" });
    const actions = resolver.logged.map(({ outcome }) => outcome.firewall?.action);
    assert.deepEqual(actions, ["ALERT", "ALLOW"]);
  });

  it("that cannot be evaluated lets through or fails, as it is told", async () => {
    const verdicts = { "web.corp.test.": new Error("unreadable") };
    const closed = world({ firewall: firewallOf(verdicts) });
    assert.equal((await closed.ask("web.corp.test.", "A")).rcode, RCODE.SERVFAIL);
    assert.equal((await closed.ask("big.corp.test.", "A")).rcode, RCODE.NOERROR);
    const open = world({ firewall: firewallOf(verdicts, true) });
    assert.equal((await open.ask("web.corp.test.", "A")).rcode, RCODE.NOERROR);
  });
});

describe("DNS64", () => {
  const zones = {
    "corp.test.":
      "four 60 A 10.0.0.1\nboth 60 A 10.0.0.1\nboth 60 AAAA 2001:db8::1\nmapped 60 AAAA ::ffff:10.0.0.2\nmapped 60 A 10.0.0.3\nalias 60 CNAME four\n",
  };
  const cases: readonly [name: string, type: string, answer: string[]][] = [
    ["four.corp.test.", "AAAA", ["four.corp.test. 60 AAAA 64:ff9b::a00:1"]],
    ["both.corp.test.", "AAAA", ["both.corp.test. 60 AAAA 2001:db8::1"]],
    ["mapped.corp.test.", "AAAA", ["mapped.corp.test. 60 AAAA 64:ff9b::a00:3"]],
    [
      "alias.corp.test.",
      "AAAA",
      ["alias.corp.test. 60 CNAME four.corp.test.", "four.corp.test. 60 AAAA 64:ff9b::a00:1"],
    ],
    ["four.corp.test.", "A", ["four.corp.test. 60 A 10.0.0.1"]],
  ];
  for (const [name, type, answer] of cases) {
    it(`answers ${name} ${type}`, async () => {
      const resolver = world({ zones, dns64: true });
      assert.deepEqual(await resolver.text(name, type), ["0", ...answer]);
    });
  }

  it("is for those who want it, and who do not check signatures themselves", async () => {
    const none = await world({ zones }).ask("four.corp.test.", "AAAA");
    assert.equal(none.answer.length, 0);
    const query = queryOf("four.corp.test.", "AAAA", { edns: { dnssecOk: true } });
    query[3] = 0x10;
    const own = await world({ zones, dns64: true }).send(query);
    assert.equal(decodeMessage(own ?? query).answer.length, 0);
  });

  it("denies what is not there at all", async () => {
    const resolver = world({ zones, dns64: true });
    assert.equal((await resolver.ask("no.corp.test.", "AAAA")).rcode, RCODE.NXDOMAIN);
  });

  it("makes addresses where the servers fail to deny any, and keeps them", async () => {
    const resolver = world({ dns64: true });
    resolver.upstream.says("www.example. AAAA", { authority: "example. 30 SOA a. b. 1 1 1 1 30" });
    resolver.upstream.says("www.example. A", { answer: "www.example. 90 A 192.0.2.1" });
    resolver.upstream.says("web.example. AAAA", { fails: "timeout" });
    resolver.upstream.says("web.example. A", { answer: "web.example. 90 A 192.0.2.1" });
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(await resolver.text("www.example.", "AAAA"), [
        "0",
        "www.example. 30 AAAA 64:ff9b::c000:201",
      ]);
    }
    assert.equal(resolver.upstream.asked.length, 2);
    assert.deepEqual(await resolver.text("web.example.", "AAAA"), [
      "0",
      "web.example. 90 AAAA 64:ff9b::c000:201",
    ]);
  });

  it("leads reverse names to those of the IPv4 addresses", async () => {
    const resolver = world({ dns64: true, hosts: { "db.test.": "10.0.0.9" } });
    const name = "9.0.0.0.0.0.A.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa.";
    assert.deepEqual(await resolver.text(name, "PTR"), [
      "0",
      `${name} 600 CNAME 9.0.0.10.in-addr.arpa.`,
      "9.0.0.10.in-addr.arpa. 300 PTR db.test.",
    ]);
  });
});

describe("query logs", () => {
  it("have the fields of Route 53 Resolver's, and each question once", async () => {
    const resolver = world({ logs: true });
    resolver.upstream.says("www.example. A", { answer: "www.example. 60 A 192.0.2.1" });
    await resolver.ask("www.example.", "A");
    await resolver.ask("www.example.", "A");
    await resolver.ask("web.corp.test.", "A");
    assert.equal(resolver.logged.length, 2, "hits of the cache are no news");
    const [first] = resolver.logged;
    assert.ok(first);
    assert.deepEqual(queryLogFields(first, Date.UTC(2026, 0, 2, 3, 4, 5, 678)), {
      version: "1.100000",
      account_id: "000000000000",
      region: "us-east-1",
      vpc_id: "vpc-1",
      query_timestamp: "2026-01-02T03:04:05Z",
      query_name: "www.example.",
      query_type: "A",
      query_class: "IN",
      rcode: "NOERROR",
      answers: [{ Rdata: "192.0.2.1", Type: "A", Class: "IN" }],
      srcaddr: "10.0.0.1",
      srcport: "5000",
      transport: "UDP",
      srcids: {},
    });
  });

  it("name the firewall's rule", async () => {
    const resolver = world({
      logs: true,
      firewall: firewallOf({ "x.example.": block("NXDOMAIN") }),
    });
    await resolver.ask("x.example.", "A");
    const [first] = resolver.logged;
    assert.ok(first);
    const fields = queryLogFields(first, 0);
    assert.equal(fields["firewall_rule_action"], "BLOCK");
    assert.equal(fields["firewall_rule_group_id"], "g");
    assert.equal(fields["firewall_domain_list_id"], "l");
  });
});
