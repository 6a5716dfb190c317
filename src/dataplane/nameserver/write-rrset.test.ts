import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";

import {
  NameServerUnderTest,
  apexRecords,
  imageOf,
  messageText,
} from "../../../test/support/zone-under-test.ts";
import { formatRdata } from "../../dns/rdata/rdata.ts";
import { typeToText } from "../../dns/wire/registries.ts";

function serving(records: string): NameServerUnderTest {
  const server = new NameServerUnderTest();
  server.zones.set(1, imageOf("z.test.", `$TTL 60\n${apexRecords}${records}`));
  return server;
}

describe("writeRRset() order", () => {
  const server = serving(`
a A 192.0.2.1
a A 192.0.2.2
a A 192.0.2.3
t TXT "1"
t TXT "22"
t TXT "333"
c CNAME t
m MX 1 a.m
m MX 2 b.a.m
`);
  const firsts = (name: string, type: string): Map<string, number> => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 3_000; i++) {
      const { answer } = server.ask(name, type);
      const first = answer.find((record) => typeToText(record.type) === type);
      assert.ok(first);
      const text = formatRdata(first.type, first.rdata);
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    return counts;
  };

  it("begins with each record as often as with any other", () => {
    for (const [name, type] of [
      ["a.z.test.", "A"],
      ["t.z.test.", "TXT"],
      ["c.z.test.", "TXT"],
    ] as const) {
      const counts = firsts(name, type);
      assert.equal(counts.size, 3);
      for (const count of counts.values()) assert.ok(count > 800 && count < 1_200, `${count}`);
    }
  });

  it("keeps the order of sets that point into themselves", () => {
    assert.equal(firsts("m.z.test.", "MX").size, 1);
  });
});

describe("writeRRset() compression", () => {
  it("points to the question and to names before (RFC 1035 §4.1.4)", () => {
    const server = serving(`
s NS ns1.s
s NS ns2.s
s NS ns.isp.example.
s NS ns2.isp.example.
www CNAME target.www
`);
    const sizeOf = (name: string, type: string): number => {
      server.ask(name, type, { tcp: true });
      return server.context.cursor - server.context.responseOffset;
    };
    const question = (size: number): number => 12 + size + 4;
    const names = 4 + 2 + (4 + 2) + 16 + (4 + 2);
    assert.equal(sizeOf("x.s.z.test.", "A"), question(12) + 4 * 12 + names);
    assert.equal(sizeOf("www.z.test.", "CNAME"), question(12) + 12 + 7 + 2);
    assert.equal(sizeOf("z.test.", "SOA"), question(8) + 12 + (3 + 6) + (5 + 2) + 20);
  });

  it("leaves types alone that RFC 3597 §4 does not name", () => {
    const server = serving("v SRV 1 2 3 host.z.test.\n");
    server.ask("v.z.test.", "SRV");
    const { cursor, responseOffset } = server.context;
    assert.equal(cursor - responseOffset, 12 + 10 + 4 + 12 + 6 + 13);
  });

  const label = fc.constantFrom("a", "b", "ns1", "Z", "*", "x".repeat(40));
  const end = fc.constantFrom("", "z.test.", "s.z.test.", "*.s.z.test.", "Other.");
  const target = fc
    .tuple(fc.array(label, { maxLength: 4 }), end)
    .map(([labels, last]) => `${labels.map((one) => `${one}.`).join("")}${last}` || ".");
  const owner = fc.constantFrom("@", "s", "*.s", "deep.er.s", "*");
  const type = fc.constantFrom("NS", "MX 10", "PTR", "SRV 1 2 3", "CNAME", "MINFO .");
  const targets = fc.uniqueArray(target, { minLength: 1, maxLength: 12 });

  it("comes back as it went in, whatever the names, at the end of chains too", () => {
    fc.assert(
      fc.property(owner, type, targets, (at, typeAndNumbers, all) => {
        const [mnemonic = "", ...numbers] = typeAndNumbers.split(" ");
        const isCname = mnemonic === "CNAME";
        fc.pre(!(at === "@" && (isCname || mnemonic === "NS")));
        const rdatas = (isCname ? all.slice(0, 1) : all).map((name) =>
          [...numbers, name].join(" "),
        );
        const name = `${at.replace("*", "q")}.z.test.`.replace("@.", "");
        const server = serving(rdatas.map((rdata) => `${at} ${mnemonic} ${rdata}\n`).join(""));
        server.zones.set(2, imageOf("y.test.", `${apexRecords}c CNAME ${name}\n`));
        for (const question of [name, "c.y.test."]) {
          const { answer, authority } = server.ask(question, mnemonic, { tcp: true });
          const found = [...answer, ...authority]
            .filter((record) => typeToText(record.type) === mnemonic)
            .map((record) => formatRdata(record.type, record.rdata));
          assert.deepEqual(found.sort(), question === name || !isCname ? rdatas.sort() : [name]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("reads a truncated set as no set", () => {
    const many = Array.from({ length: 60 }, (_, i) => `n NS ns${i}.n\n`).join("");
    const server = serving(many);
    assert.deepEqual(messageText(server.ask("x.n.z.test.", "A")), ["0 qr tc rd"]);
    assert.equal(server.ask("x.n.z.test.", "A", { tcp: true }).authority.length, 60);
  });
});
