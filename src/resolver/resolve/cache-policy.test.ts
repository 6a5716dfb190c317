import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RCODE } from "../../dns/wire/registries.ts";
import { ResolverUnderTest, settle } from "../../../test/support/resolver-under-test.ts";
import type { ResolverWorld } from "../../../test/support/resolver-under-test.ts";

const soaText = (apex: string, ttl: number, minimum: number): string =>
  `${apex} ${ttl} SOA ns.test. host.test. 1 7200 900 1209600 ${minimum}`;

/** A resolver with one VPC whose only server says what the test wants. */
function world(options?: ResolverWorld): ResolverUnderTest {
  const resolver = new ResolverUnderTest(options);
  resolver.addView();
  return resolver;
}

/** TTL of the first record of the answer, else of the authority section. */
async function ttlOf(resolver: ResolverUnderTest, name: string): Promise<number | undefined> {
  const message = await resolver.ask(name, "A");
  return (message.answer[0] ?? message.authority[0])?.ttl;
}

describe("positive answers", () => {
  it("count down, and are asked for again when their time is over", async () => {
    const resolver = world({ settings: { prefetch: false } });
    resolver.upstream.says("www.example. A", {
      answer: "www.example. 60 A 192.0.2.1\nwww.example. 60 A 192.0.2.2",
    });
    assert.equal(await ttlOf(resolver, "www.example."), 60);
    await resolver.advance(20);
    assert.equal(await ttlOf(resolver, "WWW.example."), 40);
    await resolver.advance(39);
    assert.equal(await ttlOf(resolver, "www.example."), 1);
    assert.equal(resolver.upstream.asked.length, 1);
    await resolver.advance(1);
    assert.equal(await ttlOf(resolver, "www.example."), 60);
    assert.equal(resolver.upstream.asked.length, 2);
  });

  it("last as long as their shortest record", async () => {
    const resolver = world({ settings: { prefetch: false } });
    resolver.upstream.says("www.example. A", {
      answer: "www.example. 300 CNAME x.example.\nx.example. 10 A 192.0.2.1",
    });
    await resolver.ask("www.example.", "A");
    await resolver.advance(10);
    await resolver.ask("www.example.", "A");
    assert.equal(resolver.upstream.asked.length, 2);
  });

  it("have their TTLs between the limits", async () => {
    const resolver = world({ settings: { ttlMinSeconds: 30, ttlMaxSeconds: 100 } });
    resolver.upstream.says("short.example. A", { answer: "short.example. 1 A 192.0.2.1" });
    resolver.upstream.says("long.example. A", { answer: "long.example. 9999 A 192.0.2.1" });
    assert.equal(await ttlOf(resolver, "short.example."), 30);
    assert.equal(await ttlOf(resolver, "long.example."), 100);
  });

  it("with TTL 0 are not kept", async () => {
    const resolver = world();
    resolver.upstream.says("www.example. A", { answer: "www.example. 0 A 192.0.2.1" });
    for (let i = 0; i < 2; i++) assert.equal(await ttlOf(resolver, "www.example."), 0);
    assert.equal(resolver.upstream.asked.length, 2);
  });

  it("of one type, one client's DO or one name are not those of another", async () => {
    const resolver = world();
    resolver.upstream.otherwise((question) => ({
      answer: `${question.split(" ")[0]} 60 ${question.endsWith("AAAA") ? "AAAA ::1" : "A 192.0.2.1"}`,
    }));
    await resolver.ask("www.example.", "A");
    await resolver.ask("www.example.", "AAAA");
    await resolver.ask("www.example.", "A", { edns: { dnssecOk: true } });
    await resolver.ask("example.", "A");
    assert.equal(resolver.upstream.asked.length, 4);
  });

  it("are shared by VPCs that differ in other names only", async () => {
    const resolver = world();
    resolver.addView({
      vpcId: "vpc-2",
      cidrs: ["172.16.0.0/12"],
      hosts: { "x.test.": "10.0.0.1" },
    });
    resolver.upstream.says("www.example. A", { answer: "www.example. 60 A 192.0.2.1" });
    await resolver.ask("www.example.", "A");
    await resolver.ask("www.example.", "A", { from: "172.16.0.1" });
    assert.equal(resolver.upstream.asked.length, 1);
  });

  it("give way to a public zone that is served here since then", async () => {
    const resolver = world();
    resolver.upstream.says("www.new.test. A", { answer: "www.new.test. 60 A 192.0.2.1" });
    assert.equal((await resolver.text("www.new.test.", "A")).at(1), "www.new.test. 60 A 192.0.2.1");
    resolver.serve("new.test.", "www 60 A 192.0.2.9\n", { isPrivate: false });
    assert.equal((await resolver.text("www.new.test.", "A")).at(1), "www.new.test. 60 A 192.0.2.9");
  });

  it("outlive a change of the plan, but lead to what is private since then", async () => {
    const resolver = world();
    resolver.upstream.says("www.example. A", {
      answer: "www.example. 60 CNAME web.corp.test.\nweb.corp.test. 60 A 192.0.2.1",
    });
    assert.equal((await resolver.text("www.example.", "A")).at(1), "web.corp.test. 60 A 192.0.2.1");
    resolver.addView({ zones: { "corp.test.": "web 60 A 10.0.0.1\n" } });
    assert.equal((await resolver.text("www.example.", "A")).at(1), "web.corp.test. 60 A 10.0.0.1");
    assert.equal(resolver.upstream.asked.length, 1);
  });
});

describe("negative answers (RFC 2308)", () => {
  it("last for the lesser of the SOA's TTL and minimum, and count down", async () => {
    const resolver = world({ settings: { prefetch: false } });
    const authority = soaText("example.", 600, 100);
    resolver.upstream.says("no.example. A", { rcode: RCODE.NXDOMAIN, authority });
    resolver.upstream.says("www.example. A", { authority: soaText("example.", 50, 100) });
    assert.equal(await ttlOf(resolver, "no.example."), 100);
    assert.equal(await ttlOf(resolver, "www.example."), 50);
    await resolver.advance(40);
    const message = await resolver.ask("no.example.", "A");
    assert.equal(message.rcode, RCODE.NXDOMAIN);
    assert.equal(message.authority[0]?.ttl, 60);
    assert.equal(resolver.upstream.asked.length, 2);
    await resolver.advance(60);
    await resolver.ask("no.example.", "A");
    assert.equal(resolver.upstream.asked.length, 3);
  });

  it("have a limit of their own", async () => {
    const resolver = world({ settings: { negativeTtlMaxSeconds: 20 } });
    const authority = soaText("example.", 600, 100);
    resolver.upstream.says("no.example. A", { rcode: RCODE.NXDOMAIN, authority });
    assert.equal(await ttlOf(resolver, "no.example."), 20);
  });

  it("without an SOA are not kept", async () => {
    const resolver = world();
    resolver.upstream.says("no.example. A", { rcode: RCODE.NXDOMAIN });
    for (let i = 0; i < 2; i++) {
      assert.equal((await resolver.ask("no.example.", "A")).rcode, RCODE.NXDOMAIN);
    }
    assert.equal(resolver.upstream.asked.length, 2);
  });

  it("deny all that is below (RFC 8020), of any type", async () => {
    const resolver = world();
    const authority = soaText("example.", 600, 100);
    resolver.upstream.says("no.example. A", { rcode: RCODE.NXDOMAIN, authority });
    await resolver.ask("no.example.", "A");
    await resolver.advance(10);
    const below = await resolver.ask("a.b.no.example.", "TXT");
    assert.equal(below.rcode, RCODE.NXDOMAIN);
    assert.equal(below.authority[0]?.ttl, 90);
    assert.equal((await resolver.ask("no.example.", "AAAA")).rcode, RCODE.NXDOMAIN);
    assert.equal(resolver.upstream.asked.length, 1);
    await resolver.ask("notno.example.", "A");
    await resolver.ask("a.no.example.", "A", { edns: { dnssecOk: true } });
    assert.equal(resolver.upstream.asked.length, 3, "another name, and one that wants its proof");
  });

  it("do not deny what other servers, zones or hosts have below", async () => {
    const resolver = new ResolverUnderTest({
      zones: { "here.no.example.": "www 60 A 192.0.2.9\n" },
    });
    resolver.addView({
      rules: { "far.no.example.": "10.9.9.9" },
      zones: { "corp.no.example.": "web 60 A 10.0.0.1\n" },
      hosts: { "db.no.example.": "10.0.0.9" },
    });
    const authority = soaText("example.", 600, 100);
    resolver.upstream.says("no.example. A", { rcode: RCODE.NXDOMAIN, authority });
    resolver.upstream.says("x.far.no.example. A", { answer: "x.far.no.example. 60 A 10.0.0.2" });
    assert.equal((await resolver.ask("no.example.", "A")).rcode, RCODE.NXDOMAIN);
    const names = ["web.corp", "db", "x.far", "www.here"].map((name) => `${name}.no.example.`);
    for (const name of names) {
      assert.equal((await resolver.ask(name, "A")).answer.length, 1, name);
    }
  });

  it("can leave names below alone", async () => {
    const resolver = world({ settings: { nxdomainCut: false } });
    const authority = soaText("example.", 600, 100);
    resolver.upstream.otherwise(() => ({ rcode: RCODE.NXDOMAIN, authority }));
    await resolver.ask("no.example.", "A");
    await resolver.ask("a.no.example.", "A");
    assert.equal(resolver.upstream.asked.length, 2);
  });
});

describe("failures (RFC 9520)", () => {
  it("are forgotten with an answer", async () => {
    const resolver = world();
    const ask = async (): Promise<number> => (await resolver.ask("www.example.", "A")).rcode;
    const failTwice = async (): Promise<void> => {
      resolver.upstream.says("www.example. A", { fails: "timeout" });
      assert.equal(await ask(), RCODE.SERVFAIL);
      await resolver.advance(1);
      assert.equal(await ask(), RCODE.SERVFAIL);
      await resolver.advance(1);
      resolver.upstream.says("www.example. A", { answer: "www.example. 0 A 192.0.2.1" });
      assert.equal(await ask(), RCODE.SERVFAIL, "the second failure counts for 2 s");
      await resolver.advance(1);
      assert.equal(await ask(), RCODE.NOERROR);
    };
    await failTwice();
    await failTwice();
  });

  it("count twice as long each time, at most five minutes", async () => {
    const resolver = world();
    resolver.upstream.otherwise(() => ({ rcode: RCODE.SERVFAIL }));
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      const before = resolver.upstream.asked.length;
      assert.equal((await resolver.ask("www.example.", "A")).rcode, RCODE.SERVFAIL);
      assert.equal(resolver.upstream.asked.length, before + 1, `after ${seconds / 2} s`);
      await resolver.advance(seconds - 0.1);
      assert.equal((await resolver.ask("www.example.", "A")).rcode, RCODE.SERVFAIL);
      assert.equal(resolver.upstream.asked.length, before + 1, `within ${seconds} s`);
      await resolver.advance(0.1);
    }
  });

  it("of one name are not those of another", async () => {
    const resolver = world();
    resolver.upstream.says("www.example. A", { rcode: RCODE.REFUSED });
    resolver.upstream.says("web.example. A", { answer: "web.example. 60 A 192.0.2.1" });
    assert.equal((await resolver.ask("www.example.", "A")).rcode, RCODE.SERVFAIL);
    assert.equal((await resolver.ask("web.example.", "A")).rcode, RCODE.NOERROR);
  });
});

describe("old answers (RFC 8767)", () => {
  it("are given with a TTL of 30 s where no server answers", async () => {
    const resolver = world();
    resolver.upstream.says("www.example. A", { answer: "www.example. 60 A 192.0.2.1" });
    await resolver.ask("www.example.", "A");
    await resolver.advance(3_600);
    resolver.upstream.says("www.example. A", { fails: "timeout" });
    assert.equal(await ttlOf(resolver, "www.example."), 30);
    assert.equal(await ttlOf(resolver, "www.example."), 30);
    assert.equal(resolver.upstream.asked.length, 2, "the failure is remembered");
    resolver.upstream.says("www.example. A", { answer: "www.example. 60 A 192.0.2.2" });
    await resolver.advance(10);
    assert.equal(await ttlOf(resolver, "www.example."), 60);
  });

  it("are given after 1.8 s where servers are slow, and the new one is taken when it comes", async () => {
    const resolver = world();
    resolver.upstream.says("www.example. A", { answer: "www.example. 60 A 192.0.2.1" });
    await resolver.ask("www.example.", "A");
    await resolver.advance(100);
    resolver.upstream.says("www.example. A", { answer: "www.example. 60 A 192.0.2.2" });
    resolver.upstream.isHeld = true;
    let answer: string[] | undefined;
    void resolver.text("www.example.", "A").then((text) => (answer = text));
    await resolver.advance(1.7);
    assert.equal(answer, undefined);
    await resolver.advance(0.2);
    assert.deepEqual(answer, ["0", "www.example. 30 A 192.0.2.1"]);
    resolver.upstream.release();
    await settle();
    assert.deepEqual(await resolver.text("www.example.", "A"), [
      "0",
      "www.example. 60 A 192.0.2.2",
    ]);
    assert.equal(resolver.upstream.asked.length, 2);
  });

  it("are denials too, and say what they are (RFC 8914)", async () => {
    const resolver = world();
    const authority = soaText("example.", 60, 60);
    resolver.upstream.says("no.example. A", { rcode: RCODE.NXDOMAIN, authority });
    resolver.upstream.says("www.example. A", { answer: "www.example. 60 A 192.0.2.1" });
    for (const name of ["no.example.", "www.example."]) await resolver.ask(name, "A");
    await resolver.advance(100);
    for (const [name, rcode, infoCode] of [
      ["no.example.", RCODE.NXDOMAIN, 19],
      ["www.example.", RCODE.NOERROR, 3],
    ] as const) {
      resolver.upstream.says(`${name} A`, { fails: "timeout" });
      const message = await resolver.ask(name, "A", { edns: {} });
      assert.equal(message.rcode, rcode);
      const options = message.edns?.options.map(({ code, data }) => [code, ...data]);
      assert.deepEqual(options, [[15, 0, infoCode]]);
    }
  });

  it("are not given for ever, nor where that is switched off", async () => {
    for (const [staleMaxSeconds, seconds] of [
      [86_400, 90_000],
      [0, 61],
    ] as const) {
      const resolver = world({ settings: { staleMaxSeconds } });
      resolver.upstream.says("www.example. A", { answer: "www.example. 60 A 192.0.2.1" });
      await resolver.ask("www.example.", "A");
      await resolver.advance(seconds);
      resolver.upstream.says("www.example. A", { fails: "timeout" });
      assert.equal((await resolver.ask("www.example.", "A")).rcode, RCODE.SERVFAIL);
    }
  });
});

describe("prefetching", () => {
  it("fetches what is asked for in the last tenth of its time, once, and answers at once", async () => {
    const resolver = world();
    resolver.upstream.says("www.example. A", { answer: "www.example. 100 A 192.0.2.1" });
    await resolver.ask("www.example.", "A");
    await resolver.advance(89);
    await resolver.ask("www.example.", "A");
    assert.equal(resolver.upstream.asked.length, 1);
    await resolver.advance(2);
    resolver.upstream.isHeld = true;
    assert.equal(await ttlOf(resolver, "www.example."), 9);
    assert.equal(await ttlOf(resolver, "www.example."), 9);
    assert.equal(resolver.upstream.asked.length, 2);
    resolver.upstream.release();
    await settle();
    assert.equal(await ttlOf(resolver, "www.example."), 100);
    assert.equal(resolver.upstream.asked.length, 2);
  });

  it("is done at the front's word, which nobody waits for", async () => {
    const resolver = world();
    resolver.upstream.says("www.example. A", { answer: "www.example. 100 A 192.0.2.1" });
    await resolver.ask("www.example.", "A");
    await resolver.ask("www.example.", "A", { prefetch: true });
    assert.equal(resolver.upstream.asked.length, 1, "not before its time");
    await resolver.advance(95);
    await resolver.ask("www.example.", "A", { prefetch: true });
    assert.equal(resolver.upstream.asked.length, 2);
    assert.equal(await ttlOf(resolver, "www.example."), 100);
    assert.equal(resolver.logged.length, 1);
  });

  it("keeps what there is where the servers fail", async () => {
    const resolver = world();
    resolver.upstream.says("www.example. A", { answer: "www.example. 100 A 192.0.2.1" });
    await resolver.ask("www.example.", "A");
    await resolver.advance(95);
    resolver.upstream.says("www.example. A", { fails: "timeout" });
    await resolver.ask("www.example.", "A", { prefetch: true });
    assert.equal(await ttlOf(resolver, "www.example."), 5);
  });

  it("can be switched off", async () => {
    const resolver = world({ settings: { prefetch: false } });
    resolver.upstream.says("www.example. A", { answer: "www.example. 100 A 192.0.2.1" });
    await resolver.ask("www.example.", "A");
    await resolver.advance(95);
    await resolver.ask("www.example.", "A");
    assert.equal(resolver.upstream.asked.length, 1);
  });
});

describe("coalescing", () => {
  it("asks once for all who want the same", async () => {
    const resolver = world();
    resolver.upstream.says("www.example. A", { answer: "www.example. 60 A 192.0.2.1" });
    resolver.upstream.isHeld = true;
    const answers = Array.from({ length: 100 }, () => resolver.text("www.example.", "A"));
    await settle();
    assert.equal(resolver.upstream.asked.length, 1);
    assert.equal(resolver.core.openCount, 100);
    resolver.upstream.release();
    for (const answer of await Promise.all(answers)) assert.equal(answer.length, 2);
    assert.equal(resolver.core.counts.coalesced, 99);
  });

  it("of a failure fails all, once", async () => {
    const resolver = world();
    resolver.upstream.says("www.example. A", { fails: "unreachable" });
    resolver.upstream.isHeld = true;
    const answers = Array.from({ length: 10 }, () => resolver.ask("www.example.", "A"));
    await settle();
    resolver.upstream.release();
    for (const { rcode } of await Promise.all(answers)) assert.equal(rcode, RCODE.SERVFAIL);
    assert.equal(resolver.upstream.asked.length, 1);
  });
});

describe("what servers say besides", () => {
  it("is neither given on nor kept", async () => {
    const resolver = world();
    resolver.upstream.says("www.example. A", {
      answer: "www.example. 60 A 192.0.2.1\nbank.test. 60 A 6.6.6.6",
      authority: "test. 60 NS evil.test.\nexample. 60 NS ns.example.",
      additional: "evil.test. 60 A 6.6.6.6",
    });
    const message = await resolver.ask("www.example.", "A");
    assert.deepEqual(
      [message.answer.length, message.authority.length, message.additional.length],
      [1, 0, 0],
    );
    resolver.upstream.says("bank.test. A", { answer: "bank.test. 60 A 192.0.2.2" });
    assert.deepEqual(await resolver.text("bank.test.", "A"), ["0", "bank.test. 60 A 192.0.2.2"]);
  });
});
