import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RCODE } from "../../dns/wire/registries.ts";
import { ResolverUnderTest } from "../../../test/support/resolver-under-test.ts";

const a = (name: string, address: string, ttl = 60): string => `${name} ${ttl} A ${address}`;
const soa = (apex: string, ttl = 300): string =>
  `${apex} ${ttl} SOA ns.test. host.test. 1 7200 900 1209600 ${ttl}`;

describe("the order of resolution", () => {
  it("goes from hosts entries over rules, private zones and public zones to upstreams", async () => {
    const resolver = new ResolverUnderTest({ zones: { "here.test.": "www 60 A 192.0.2.1\n" } });
    resolver.addView({
      hosts: { "db.corp.test.": "10.0.0.9" },
      rules: { "far.corp.test.": "10.9.9.9" },
      zones: { "corp.test.": "db 60 A 10.0.0.1\nweb 60 A 10.0.0.2\n" },
    });
    resolver.upstream.says("x.far.corp.test. A", { answer: a("x.far.corp.test.", "10.0.0.3") });
    resolver.upstream.says("www.example. A", { answer: a("www.example.", "203.0.113.1") });
    const ask = async (name: string): Promise<string | undefined> =>
      (await resolver.text(name, "A")).at(-1);
    assert.equal(await ask("db.corp.test."), "db.corp.test. 300 A 10.0.0.9");
    assert.equal(await ask("x.far.corp.test."), "x.far.corp.test. 60 A 10.0.0.3");
    assert.equal(await ask("web.corp.test."), "web.corp.test. 60 A 10.0.0.2");
    assert.equal(await ask("www.here.test."), "www.here.test. 60 A 192.0.2.1");
    assert.equal(await ask("www.example."), "www.example. 60 A 203.0.113.1");
    assert.deepEqual(resolver.upstream.asked, [
      "x.far.corp.test. A @10.9.9.9",
      "www.example. A @192.0.2.53",
    ]);
  });

  it("never falls through from a private zone, whatever the public says", async () => {
    const resolver = new ResolverUnderTest({ zones: { "corp.test.": "pub 60 A 192.0.2.1\n" } });
    resolver.addView({ zones: { "corp.test.": "web 60 A 10.0.0.2\n" } });
    const nothing = await resolver.ask("pub.corp.test.", "A");
    assert.equal(nothing.rcode, RCODE.NXDOMAIN);
    assert.equal(nothing.answer.length, 0);
    const noData = await resolver.ask("web.corp.test.", "AAAA");
    assert.equal(noData.rcode, RCODE.NOERROR);
    assert.equal(noData.authority.length, 1);
    assert.deepEqual(resolver.upstream.asked, []);
  });

  it("fails rather than fall through where a private zone has no image", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({ zones: { "corp.test.": "missing" } });
    assert.equal((await resolver.ask("web.corp.test.", "A")).rcode, RCODE.SERVFAIL);
    assert.deepEqual(resolver.upstream.asked, []);
  });

  it("takes the most specific private zone", async () => {
    const resolver = new ResolverUnderTest();
    const zones = { "test.": "a.b 60 A 10.0.0.1\n", "b.test.": "c 60 A 10.0.0.2\n" };
    resolver.addView({ zones });
    assert.deepEqual(await resolver.text("c.b.test.", "A"), ["0", "c.b.test. 60 A 10.0.0.2"]);
    assert.equal((await resolver.ask("a.b.test.", "A")).rcode, RCODE.NXDOMAIN);
  });

  it("lets a rule beat a private zone of the same name, and a longer zone a rule", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({
      rules: { "corp.test.": "10.9.9.9" },
      zones: { "corp.test.": "web 60 A 10.0.0.2\n", "dev.corp.test.": "web 60 A 10.0.0.3\n" },
    });
    resolver.upstream.says("web.corp.test. A", { answer: a("web.corp.test.", "10.5.5.5") });
    assert.deepEqual(await resolver.text("web.corp.test.", "A"), [
      "0",
      "web.corp.test. 60 A 10.5.5.5",
    ]);
    assert.deepEqual(await resolver.text("web.dev.corp.test.", "A"), [
      "0",
      "web.dev.corp.test. 60 A 10.0.0.3",
    ]);
  });

  it("carves names out of a rule by SYSTEM, for zones and upstreams alike", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({
      rules: { ".": "10.9.9.9", "corp.test.": "system", "x.corp.test.": "10.8.8.8" },
      zones: { "corp.test.": "web 60 A 10.0.0.2\n" },
    });
    resolver.addView({
      vpcId: "vpc-2",
      cidrs: ["172.16.0.0/12"],
      rules: { "test.": "10.9.9.9", "corp.test.": "system" },
    });
    resolver.upstream.otherwise((question) => ({
      answer: a(question.split(" ")[0] ?? "", "1.1.1.1"),
    }));
    await resolver.ask("web.corp.test.", "A");
    await resolver.ask("www.x.corp.test.", "A");
    await resolver.ask("other.test.", "A");
    await resolver.ask("web.corp.test.", "A", { from: "172.16.0.1" });
    await resolver.ask("web.test.", "A", { from: "172.16.0.1" });
    assert.deepEqual(resolver.upstream.asked, [
      "www.x.corp.test. A @10.8.8.8",
      "other.test. A @10.9.9.9",
      "web.corp.test. A @192.0.2.53",
      "web.test. A @10.9.9.9",
    ]);
  });

  it("keeps views apart: the same name, other answers, and nothing of another's cache", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({ zones: { "corp.test.": "web 60 A 10.0.0.1\n" } });
    resolver.addView({
      vpcId: "vpc-2",
      cidrs: ["172.16.0.0/12"],
      zones: { "corp.test.": "web 60 A 10.0.0.2\n" },
    });
    resolver.addView({
      vpcId: "vpc-3",
      cidrs: ["192.168.0.0/16"],
      rules: { "corp.test.": "10.3.3.3" },
    });
    resolver.upstream.says("web.corp.test. A", { answer: a("web.corp.test.", "10.0.0.3") });
    const ask = async (from: string): Promise<string | undefined> =>
      (await resolver.text("web.corp.test.", "A", { from })).at(-1);
    for (let i = 0; i < 2; i++) {
      assert.equal(await ask("192.168.0.1"), "web.corp.test. 60 A 10.0.0.3");
      assert.equal(await ask("172.16.0.1"), "web.corp.test. 60 A 10.0.0.2");
      assert.equal(await ask("10.0.0.1"), "web.corp.test. 60 A 10.0.0.1");
    }
    assert.equal(
      (await resolver.ask("web.corp.test.", "A", { from: "8.8.8.8" })).rcode,
      RCODE.REFUSED,
    );
  });

  it("goes past a delegation of a public zone to the upstreams", async () => {
    const resolver = new ResolverUnderTest({
      zones: { "here.test.": "sub 60 NS ns.other.test.\n" },
    });
    resolver.addView();
    resolver.upstream.says("www.sub.here.test. A", {
      answer: a("www.sub.here.test.", "192.0.2.7"),
    });
    assert.deepEqual(await resolver.text("www.sub.here.test.", "A"), [
      "0",
      "www.sub.here.test. 60 A 192.0.2.7",
    ]);
  });

  it("answers SERVFAIL for the public's names without upstream resolvers", async () => {
    const resolver = new ResolverUnderTest({ isAlone: true });
    resolver.addView();
    assert.equal((await resolver.ask("www.example.", "A")).rcode, RCODE.SERVFAIL);
  });
});

describe("autodefined names", () => {
  const cases: readonly [name: string, type: string, answer: string[]][] = [
    ["localhost.", "A", ["0", "localhost. 300 A 127.0.0.1"]],
    ["localhost.", "AAAA", ["0", "localhost. 300 AAAA ::1"]],
    ["localhost.localdomain.", "A", ["0", "localhost.localdomain. 300 A 127.0.0.1"]],
    ["1.0.0.127.in-addr.arpa.", "PTR", ["0", "1.0.0.127.in-addr.arpa. 300 PTR localhost."]],
    ["9.0.0.10.in-addr.arpa.", "PTR", ["0", "9.0.0.10.in-addr.arpa. 300 PTR db.test."]],
  ];
  for (const [name, type, answer] of cases) {
    it(`has ${name} ${type}`, async () => {
      const resolver = new ResolverUnderTest();
      resolver.addView({ hosts: { "db.test.": "10.0.0.9" } });
      assert.deepEqual(await resolver.text(name, type), answer);
    });
  }

  it("deny reverse names of private networks, but not what is above a hosts entry's", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({ hosts: { "db.test.": "10.0.0.9" } });
    const rcode = async (name: string): Promise<number> => (await resolver.ask(name, "PTR")).rcode;
    assert.equal(await rcode("1.2.3.10.in-addr.arpa."), RCODE.NXDOMAIN);
    assert.equal(await rcode("0.10.in-addr.arpa."), RCODE.NOERROR);
    assert.equal(await rcode("5.168.192.in-addr.arpa."), RCODE.NXDOMAIN);
    assert.equal(await rcode("1.31.172.in-addr.arpa."), RCODE.NXDOMAIN);
    assert.deepEqual(resolver.upstream.asked, []);
  });

  it("give way to a private zone, to a rule, and to being switched off", async () => {
    const resolver = new ResolverUnderTest();
    const zones = { "1.10.in-addr.arpa.": "5.0 60 PTR web.test.\n" };
    resolver.addView({ zones, rules: { "168.192.in-addr.arpa.": "10.9.9.9" } });
    resolver.addView({ vpcId: "vpc-2", cidrs: ["172.16.0.0/12"], autodefinedReverse: false });
    assert.equal((await resolver.ask("5.0.1.10.in-addr.arpa.", "PTR")).answer.length, 1);
    await resolver.ask("1.1.168.192.in-addr.arpa.", "PTR");
    await resolver.ask("5.0.1.10.in-addr.arpa.", "PTR", { from: "172.16.0.1" });
    assert.deepEqual(resolver.upstream.asked, [
      "1.1.168.192.in-addr.arpa. PTR @10.9.9.9",
      "5.0.1.10.in-addr.arpa. PTR @192.0.2.53",
    ]);
  });

  it("leave other types of a hosts entry to whoever has the name", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({
      hosts: { "db.corp.test.": "10.0.0.9" },
      zones: { "corp.test.": 'db 60 TXT "x"\ndb 60 AAAA 2001:db8::1\n' },
    });
    assert.deepEqual(await resolver.text("db.corp.test.", "TXT"), [
      "0",
      'db.corp.test. 60 TXT "x"',
    ]);
    const ipv6 = await resolver.ask("db.corp.test.", "AAAA");
    assert.equal(ipv6.rcode, RCODE.NOERROR);
    assert.equal(ipv6.answer.length, 0, "the addresses are the entry's");
  });
});

describe("chains", () => {
  it("go on over private zones, public zones, rules and upstreams", async () => {
    const resolver = new ResolverUnderTest({ zones: { "here.test.": "b 60 CNAME c.far.test.\n" } });
    resolver.addView({
      rules: { "far.test.": "10.9.9.9" },
      zones: {
        "corp.test.": "a 60 CNAME b.here.test.\n",
        "end.test.": "e 30 A 10.0.0.5\n",
      },
    });
    resolver.upstream.says("c.far.test. A", { answer: "c.far.test. 60 CNAME d.example." });
    resolver.upstream.says("d.example. A", {
      answer: `d.example. 60 CNAME e.end.test.\n${a("e.end.test.", "6.6.6.6")}`,
    });
    assert.deepEqual(await resolver.text("a.corp.test.", "A"), [
      "0",
      "a.corp.test. 60 CNAME b.here.test.",
      "b.here.test. 60 CNAME c.far.test.",
      "c.far.test. 60 CNAME d.example.",
      "d.example. 60 CNAME e.end.test.",
      "e.end.test. 30 A 10.0.0.5",
    ]);
  });

  it("take a server's word for what it is asked for only", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({ zones: { "corp.test.": "web 60 A 10.0.0.1\n" } });
    resolver.upstream.says("www.example. A", {
      answer: `www.example. 60 CNAME web.corp.test.\n${a("web.corp.test.", "6.6.6.6")}`,
    });
    assert.deepEqual(await resolver.text("www.example.", "A"), [
      "0",
      "web.corp.test. 60 A 10.0.0.1",
      "www.example. 60 CNAME web.corp.test.",
    ]);
  });

  it("end in NXDOMAIN with the last name's denial", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({ zones: { "corp.test.": "a 60 CNAME gone\n" } });
    const message = await resolver.ask("a.corp.test.", "A");
    assert.equal(message.rcode, RCODE.NXDOMAIN);
    assert.equal(message.answer.length, 1);
    assert.equal(message.authority.length, 1);
  });

  it("that loop end in SERVFAIL, in zones and over servers", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({
      zones: { "corp.test.": "a 60 CNAME b\nb 60 CNAME a\nc 60 CNAME x.example.\n" },
    });
    resolver.upstream.says("x.example. A", { answer: "x.example. 60 CNAME c.corp.test." });
    assert.equal((await resolver.ask("a.corp.test.", "A")).rcode, RCODE.SERVFAIL);
    assert.equal((await resolver.ask("c.corp.test.", "A")).rcode, RCODE.SERVFAIL);
  });

  it("without end cost a bounded number of questions", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView();
    let next = 0;
    resolver.upstream.otherwise((question) => ({
      answer: `${question.split(" ")[0]} 60 CNAME n${++next}.example.`,
    }));
    assert.equal((await resolver.ask("n0.example.", "A")).rcode, RCODE.SERVFAIL);
    assert.ok(resolver.upstream.asked.length <= 20, `${resolver.upstream.asked.length} questions`);
  });

  it("do not go on for a CNAME question", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({ zones: { "corp.test.": "a 60 CNAME b.example.\n" } });
    assert.deepEqual(await resolver.text("a.corp.test.", "CNAME"), [
      "0",
      "a.corp.test. 60 CNAME b.example.",
    ]);
    assert.deepEqual(resolver.upstream.asked, []);
  });
});

describe("rules that lead back", () => {
  const listener = (address: string, port: number, vpcId?: string) => ({
    endpoint: { address, port },
    vpcId,
  });
  it("are found out before a packet is sent", async () => {
    const resolver = new ResolverUnderTest({ listeners: [listener("127.0.0.1", 5300, "vpc-1")] });
    resolver.addView({ rules: { "loop.test.": "127.0.0.1:5300" } });
    assert.equal((await resolver.ask("x.loop.test.", "A")).rcode, RCODE.SERVFAIL);
    assert.deepEqual(resolver.upstream.asked, []);
  });

  it("may lead to another VPC, unless that leads back", async () => {
    const listeners = [
      listener("127.0.0.1", 5301, "vpc-1"),
      listener("127.0.0.2", 5302, "vpc-2"),
      listener("0.0.0.0", 5303),
    ];
    const resolver = new ResolverUnderTest({ listeners });
    const rules = {
      "loop.test.": "127.0.0.2:5302",
      "fine.test.": "127.0.0.2:5302",
      "nobody.test.": "127.0.0.9:5303",
    };
    resolver.addView({ rules });
    resolver.addView({
      ...{ vpcId: "vpc-2", cidrs: [], rules: { "loop.test.": "127.0.0.1:5301" } },
      zones: { "fine.test.": "x 60 A 10.0.0.1\n" },
    });
    await resolver.ask("x.fine.test.", "A");
    assert.deepEqual(resolver.upstream.asked, ["x.fine.test. A @127.0.0.2"]);
    assert.equal((await resolver.ask("x.loop.test.", "A")).rcode, RCODE.SERVFAIL);
    assert.equal((await resolver.ask("x.nobody.test.", "A")).rcode, RCODE.SERVFAIL);
    assert.equal(resolver.upstream.asked.length, 1);
  });
});

describe("delegations", () => {
  const zone = "sub 60 NS ns1.sub\nsub 60 NS ns.else.test.\nns1.sub 60 A 10.7.7.7\n";

  it("are followed where a DELEGATE rule has the name server, without recursion", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({ zones: { "corp.test.": zone }, delegate: ["ns1.sub.corp.test."] });
    resolver.upstream.says("www.sub.corp.test. A", { answer: a("www.sub.corp.test.", "10.0.0.1") });
    assert.deepEqual(await resolver.text("www.sub.corp.test.", "A"), [
      "0",
      "www.sub.corp.test. 60 A 10.0.0.1",
    ]);
    assert.deepEqual(resolver.upstream.asked, ["www.sub.corp.test. A @10.7.7.7"]);
    assert.equal(resolver.upstream.queries[0]?.recursionDesired, false);
  });

  it("end in SERVFAIL without one", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({ zones: { "corp.test.": zone }, delegate: ["ns2.sub.corp.test."] });
    assert.equal((await resolver.ask("www.sub.corp.test.", "A")).rcode, RCODE.SERVFAIL);
    assert.deepEqual(resolver.upstream.asked, []);
  });

  it("look up name servers elsewhere, a few of them and no more (NXNS)", async () => {
    const resolver = new ResolverUnderTest();
    const servers = Array.from({ length: 50 }, (_, i) => `sub 60 NS ns${i}.evil.test.\n`).join("");
    resolver.addView({ zones: { "corp.test.": servers }, delegate: ["evil.test."] });
    resolver.upstream.otherwise((question) => ({
      rcode: RCODE.NXDOMAIN,
      authority: soa(question.includes("evil") ? "evil.test." : "."),
    }));
    assert.equal((await resolver.ask("www.sub.corp.test.", "A")).rcode, RCODE.SERVFAIL);
    assert.ok(resolver.upstream.asked.length <= 6, `${resolver.upstream.asked.length} questions`);
  });

  it("that lead on and on cost a bounded number of questions", async () => {
    const resolver = new ResolverUnderTest();
    resolver.addView({ zones: { "corp.test.": zone }, delegate: ["corp.test."] });
    let depth = 0;
    resolver.upstream.otherwise((question) => {
      const name = question.split(" ")[0] ?? "";
      depth++;
      return {
        authority: Array.from(
          { length: 9 },
          (_, i) => `${name} 60 NS n${depth}x${i}.sub.corp.test.`,
        ).join("\n"),
      };
    });
    assert.equal((await resolver.ask("a.b.c.sub.corp.test.", "A")).rcode, RCODE.SERVFAIL);
    assert.ok(resolver.upstream.asked.length <= 32, `${resolver.upstream.asked.length} questions`);
  });
});
