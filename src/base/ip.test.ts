import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cidrContains, formatCidr, formatIp, networkOf, parseCidr, parseIp } from "./ip.ts";

test("parseIp() formatIp() round trip", () => {
  const octets = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
  fc.assert(
    fc.property(fc.oneof(octets(4), octets(16)), (address) => {
      assert.deepEqual(parseIp(formatIp(address)), address);
    }),
  );
});

test("formatIp() writes RFC 5952 text", () => {
  const cases = [
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["::1", "::1"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
  ] as const;
  for (const [text, want] of cases) assert.equal(formatIp(parseIp(text) as Uint8Array), want);
});

test("parseIp() refuses what is not an address", () => {
  const bad = ["", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", ":::", "1::2::3", "g::", "1:2"];
  for (const text of [...bad, "::1.2.3.4:5", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0"]) {
    assert.equal(parseIp(text), undefined, text);
  }
});

test("cidrContains() and networkOf() agree", () => {
  const cidr = parseCidr("192.0.2.77/26");
  assert.ok(cidr);
  assert.equal(formatCidr(networkOf(cidr)), "192.0.2.64/26");
  assert.equal(cidrContains(cidr, parseIp("192.0.2.127") as Uint8Array), true);
  assert.equal(cidrContains(cidr, parseIp("192.0.2.128") as Uint8Array), false);
  assert.equal(cidrContains(cidr, parseIp("::1") as Uint8Array), false);
  assert.equal(parseCidr("::/129"), undefined);
  assert.equal(parseCidr("1.2.3.4"), undefined);
});
