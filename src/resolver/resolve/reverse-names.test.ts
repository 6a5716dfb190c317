import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cidrContains, formatCidr, networkOf, parseCidr, parseIp } from "../../base/ip.ts";
import { present } from "../../base/assert.ts";
import { formatName, isSubdomain } from "../../dns/wire/name.ts";
import { reverseName, reverseNamesOf, reverseZones } from "./reverse-names.ts";

const ip = (text: string): Uint8Array => present(parseIp(text), text);

describe("reverseName()", () => {
  it("turns an address round", () => {
    assert.equal(formatName(reverseName(ip("192.0.2.1"))), "1.2.0.192.in-addr.arpa.");
    const ipv6 = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.";
    assert.equal(formatName(reverseName(ip("2001:db8::1"))), ipv6);
  });
});

describe("reverseNamesOf()", () => {
  const cases: readonly [cidr: string, count: number, first: string, last: string][] = [
    ["10.0.0.0/8", 1, "10.in-addr.arpa.", "10.in-addr.arpa."],
    ["172.16.0.0/12", 16, "16.172.in-addr.arpa.", "31.172.in-addr.arpa."],
    ["192.0.2.128/25", 128, "128.2.0.192.in-addr.arpa.", "255.2.0.192.in-addr.arpa."],
    ["192.0.2.7/32", 1, "7.2.0.192.in-addr.arpa.", "7.2.0.192.in-addr.arpa."],
    ["0.0.0.0/0", 1, "in-addr.arpa.", "in-addr.arpa."],
    ["2001:db8::/32", 1, "8.b.d.0.1.0.0.2.ip6.arpa.", "8.b.d.0.1.0.0.2.ip6.arpa."],
    ["2001:db8::/30", 4, "8.b.d.0.1.0.0.2.ip6.arpa.", "b.b.d.0.1.0.0.2.ip6.arpa."],
  ];
  for (const [cidr, count, first, last] of cases) {
    it(`covers ${cidr}`, () => {
      const names = reverseNamesOf(cidr).map((name) => formatName(name));
      assert.deepEqual([names.length, names[0], names.at(-1)], [count, first, last]);
    });
  }

  it("covers the addresses of a block and no others", () => {
    const address = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(address, address, fc.integer({ min: 1, max: 32 }), (base, other, length) => {
        const cidr = networkOf({ address: base, prefixLength: length });
        const names = reverseNamesOf(formatCidr(cidr));
        for (const one of [base, other]) {
          const isCovered = names.some((name) => isSubdomain(reverseName(one), name));
          assert.equal(isCovered, cidrContains(cidr, one));
        }
      }),
    );
  });

  it("has nothing to say of what is no block", () => {
    assert.deepEqual(reverseNamesOf("10.0.0.0"), []);
    assert.equal(parseCidr("10.0.0.0"), undefined);
  });
});

describe("reverseZones()", () => {
  it("are those of private networks, and of the VPC's blocks that are not among them", () => {
    const names = reverseZones(["10.1.0.0/16", "203.0.113.0/24"], []).map(({ apex }) =>
      formatName(apex),
    );
    assert.equal(names.length, 1 + 16 + 1 + 1 + 1);
    assert.ok(names.includes("113.0.203.in-addr.arpa."));
    assert.ok(!names.includes("1.10.in-addr.arpa."));
  });
});
