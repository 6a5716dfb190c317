import assert from "node:assert/strict";
import { test } from "node:test";
import { present } from "../base/assert.ts";
import { parseIp } from "../base/ip.ts";
import { ADDRESS_FAMILY, locate } from "../dataplane/geo/locate.ts";
import { LocationView } from "../dataplane/geo/location-view.ts";
import { matchedRange } from "./describe-table.ts";
import { locationTableOf } from "./testing/location-table-of.ts";

test("matchedRange() tells the first and the last address of the range", () => {
  const view = new LocationView(
    locationTableOf([
      { cidr: "8.0.0.0/9", country: "US" },
      { cidr: "8.8.8.0/24", country: "CA" },
      { cidr: "2a00::/12", country: "DE" },
      { cidr: "2a00:1:2::/48", country: "FR" },
    ]),
  );
  const cases: [address: string, first: string | undefined, last?: string][] = [
    ["8.8.8.8", "8.8.8.0", "8.8.8.255"],
    ["8.1.1.1", "8.0.0.0", "8.8.7.255"],
    ["8.9.9.9", "8.8.9.0", "8.127.255.255"],
    ["1.1.1.1", "0.0.0.0", "7.255.255.255"],
    ["9.9.9.9", "8.128.0.0", "255.255.255.255"],
    ["::ffff:8.8.8.8", "8.8.8.0", "8.8.8.255"],
    ["2a00:1:2::7", "2a00:1:2::", "2a00:1:2:ffff:ffff:ffff:ffff:ffff"],
    ["2a00:1:1::7", "2a00::", "2a00:1:1:ffff:ffff:ffff:ffff:ffff"],
    ["2a00:2::", "2a00:1:3::", "2a0f:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["3000::", "2a10::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["2000::1", "2000::", "29ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["fe80::1", undefined],
  ];
  for (const [text, first, last] of cases) {
    const octets = present(parseIp(text), text);
    const family = octets.length === 4 ? ADDRESS_FAMILY.IPV4 : ADDRESS_FAMILY.IPV6;
    locate(view, octets, 0, octets.length, family);
    assert.deepEqual(matchedRange(view), first && { first, last }, text);
  }
});
