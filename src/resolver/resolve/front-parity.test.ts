import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FrontUnderTest } from "../../../test/support/front-under-test.ts";
import { ResolverUnderTest } from "../../../test/support/resolver-under-test.ts";
import type { TestView } from "../../../test/support/resolver-under-test.ts";
import { messageText, queryOf } from "../../../test/support/zone-under-test.ts";
import type { Asking } from "../../../test/support/zone-under-test.ts";
import { seededRandom } from "../../base/random.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import type { Message } from "../../dns/wire/message.ts";
import { RCODE } from "../../dns/wire/registries.ts";
import { compileFirewall } from "../firewall/compile-firewall.ts";
import { DomainSet } from "../firewall/domain-set.ts";
import { makeNameFilter } from "../firewall/name-filter.ts";
import type { FirewallRule } from "../../control/model/firewall.ts";

/** Front and thread over the same plan, images and cache. */
function together(zones: Record<string, string>) {
  const front = new FrontUnderTest();
  const thread = new ResolverUnderTest({
    ...{ zones, cache: front.cache },
    onChange: (views) => front.answerer.views.update({ zones: [], views }),
    onZones: (updates) => front.answerer.views.update({ zones: updates }),
  });
  // Zones of the constructor came before the front was there.
  return { front, thread };
}

const big = Array.from({ length: 60 }, (_, i) => `big 60 A 10.1.0.${i}\n`).join("");

const publicZones = {
  "here.test.": `www 60 A 192.0.2.1\nto-corp 60 CNAME web.corp.test.\nsub 60 NS ns.sub\nns.sub 60 A 192.0.2.2\nout 60 CNAME www.example.\n* 60 TXT "any"\n`,
  "corp.test.": "web 60 A 192.0.2.66\npub 60 A 192.0.2.67\n",
  "1.10.in-addr.arpa.": "9.0 60 PTR wrong.test.\n",
};

const views: TestView[] = [
  {
    vpcId: "vpc-1",
    cidrs: ["10.0.0.0/16"],
    zones: {
      "corp.test.": `web 60 A 10.0.0.1\n${big}chain 60 CNAME web\nloop 60 CNAME pool\npool 60 CNAME loop\nto-dev 60 CNAME web.dev.corp.test.\nto-far 60 CNAME x.far.corp.test.\nto-host 60 CNAME db.corp.test.\nto-here 60 CNAME www.here.test.\nout 60 CNAME www.example.\ngone 60 CNAME no\nsub 60 NS ns.sub\nns.sub 60 A 10.7.7.7\n*.wild 60 A 10.0.0.7\na.b.c 60 A 10.0.0.8\nd 60 DNAME dev.corp.test.\ndb 60 A 10.0.0.66\nto-bad 60 CNAME bad.corp.test.\nbad 60 A 10.0.0.13\n`,
      "dev.corp.test.": "web 60 A 10.0.0.2\nback 60 CNAME web.corp.test.\n",
      "0.0.10.in-addr.arpa.": "1 60 PTR web.corp.test.\n",
    },
    rules: {
      "far.corp.test.": "10.9.9.9",
      "near.far.corp.test.": "system",
      "rule.test.": "10.8.8.8",
    },
    hosts: { "db.corp.test.": "10.0.0.9", "only.test.": "10.0.0.10" },
  },
  {
    vpcId: "vpc-2",
    cidrs: ["10.2.0.0/16"],
    rules: { ".": "10.6.6.6", "corp.test.": "system", "10.in-addr.arpa.": "system" },
  },
  {
    vpcId: "vpc-3",
    cidrs: ["10.3.0.0/16"],
    dns64: true,
    zones: { "corp.test.": "web 60 A 10.3.0.1\n" },
  },
  {
    vpcId: "vpc-4",
    cidrs: ["10.4.0.0/16"],
    zones: { "corp.test.": "missing" },
    delegate: ["ns.sub.corp.test."],
  },
];

const names = [
  ...[
    "web",
    "WEB",
    "big",
    "chain",
    "loop",
    "to-dev",
    "to-far",
    "to-host",
    "to-here",
    "out",
    "gone",
  ],
  ...[
    "www.sub",
    "ns.sub",
    "x.wild",
    "b.c",
    "web.d",
    "db",
    "below.db",
    "no",
    "to-bad",
    "bad",
    "pub",
  ],
  ...["web.dev", "back.dev", "no.dev", "x.far", "far", "y.near.far", "sub", "d"],
]
  .map((name) => `${name}.corp.test.`)
  .concat([
    ...["corp.test.", "dev.corp.test.", "only.test.", "x.only.test.", "rule.test.", "a.rule.test."],
    ...[
      "www.here.test.",
      "to-corp.here.test.",
      "a.sub.here.test.",
      "out.here.test.",
      "x.y.here.test.",
    ],
    ...[
      "www.example.",
      "alias.example.",
      "to-corp.example.",
      "no.example.",
      "x.no.example.",
      "fail.example.",
    ],
    ...[
      "localhost.",
      "x.localhost.",
      "1.0.0.127.in-addr.arpa.",
      "1.0.0.10.in-addr.arpa.",
      "test.",
      ".",
    ],
    ...["9.0.0.10.in-addr.arpa.", "9.0.1.10.in-addr.arpa.", "5.5.5.10.in-addr.arpa."],
    ...["4.3.168.192.in-addr.arpa.", "8.8.8.8.in-addr.arpa."],
  ]);

const types = ["A", "AAAA", "TXT", "CNAME", "PTR", "SOA", "NS", "ANY", "DS", "AXFR"];
const askings: Asking[] = [
  {},
  { edns: {} },
  { edns: { dnssecOk: true } },
  { edns: { payloadSize: 512 } },
  { edns: { subnet: "10.0.0.0/24" } },
];

/** All that a client can see; the order of records is by chance. */
function seen(message: Message): string[] {
  const options = message.edns?.options.map(({ code, data }) => `option ${code} ${data.join(".")}`);
  return [...messageText(message), ...(message.edns ? ["edns", ...(options ?? [])] : [])];
}

function firewallRule(part: Partial<FirewallRule>): FirewallRule {
  return {
    ...{ groupId: "g", domainListId: "l", name: "r", priority: 1, action: "BLOCK" },
    ...{ block: { response: "NXDOMAIN" }, redirection: "INSPECT_REDIRECTION_DOMAIN" },
    ...{ creatorRequestId: "", createdAt: "", modifiedAt: "", ...part },
  };
}

describe("what the front answers by itself", () => {
  for (const hasFirewall of [false, true]) {
    it(`is what the thread says${hasFirewall ? ", with a firewall" : ""}`, async () => {
      const { front, thread } = together({});
      for (const [apex, text] of Object.entries(publicZones)) {
        thread.serve(apex, text, { isPrivate: false });
      }
      const domains = new DomainSet(["bad.corp.test", "*.rule.test", "alias-target.example"]);
      const firewall = compileFirewall([{ rule: firewallRule({}), domains }], {
        failOpen: false,
        filterOf: makeNameFilter,
      });
      for (const view of views) thread.addView(hasFirewall ? { ...view, firewall } : view);
      const soa = ". 60 SOA a. b. 1 1 1 1 60";
      thread.upstream.otherwise((question, { targets }) => {
        const [name = "", type] = question.split(" ");
        if (name.startsWith("no.") || name.includes(".no."))
          return { rcode: RCODE.NXDOMAIN, authority: soa };
        if (name.startsWith("fail.")) return { fails: "timeout" };
        const cname = (target: string) => ({
          answer: `${name} 60 CNAME ${target}\n${target} 60 A 6.6.6.6`,
        });
        if (name.startsWith("alias.")) return cname("alias-target.example.");
        if (name.startsWith("to-corp.")) return cname("web.corp.test.");
        const last = targets[0]?.address.split(".").at(-1);
        return type === "A" ? { answer: `${name} 60 A 203.0.113.${last}` } : { authority: soa };
      });
      const random = seededRandom(7);
      const pick = <T>(from: readonly T[]): T => from[random.uint32() % from.length] as T;
      let own = 0;
      for (let i = 0; i < 4_000; i++) {
        if (i % 500 === 499) await thread.advance(random.uint32() % 70);
        front.answerer.setTime(0, thread.nowSeconds);
        const [name, type, asking] = [pick(names), pick(types), pick(askings)];
        const from = `10.${random.uint32() % 6}.0.1`;
        const query = queryOf(name, type, asking);
        if (random.uint32() % 8 === 0) query[2] = 0;
        if (random.uint32() % 8 === 0) query[3] = random.uint32() & 0x30;
        const { response, handed } = front.process(query, { from });
        if (response) {
          own++;
          const told = await thread.send(query, { from });
          assert.ok(told, `${name} ${type} is answered`);
          const where = `${name} ${type} from ${from}, ${JSON.stringify(asking)}, turn ${i}`;
          assert.deepEqual(seen(response), seen(decodeMessage(told)), where);
        }
        for (const one of handed) {
          const sent = await thread.send(one.query, { from, prefetch: one.isPrefetch });
          if (response) continue;
          // What is handed over is the client's question still; the first answer is in the cache.
          const told = await thread.send(query, { from });
          const twice = await thread.send(one.query, { from });
          assert.ok(sent && told && twice, `${name} ${type} is answered`);
          const where = `${name} ${type} from ${from}, ${JSON.stringify(asking)}, turn ${i}`;
          assert.deepEqual(seen(decodeMessage(twice)), seen(decodeMessage(told)), where);
        }
      }
      assert.ok(own > 1_000, `the front answered ${own}`);
    });
  }
});
