import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp } from "../../base/ip.ts";
import { clientKey } from "./client-key.ts";

const keyOf = (text: string): string => clientKey(parseIp(text) ?? new Uint8Array());

test("clientKey() tells IPv4 addresses and IPv6 /64s", () => {
  assert.notEqual(keyOf("192.0.2.1"), keyOf("192.0.2.2"));
  assert.equal(keyOf("2001:db8:0:1::1"), keyOf("2001:db8:0:1:ffff::9"));
  assert.notEqual(keyOf("2001:db8:0:1::1"), keyOf("2001:db8:0:2::1"));
});
