import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp } from "../../base/ip.ts";
import { ClientConnections, clientKey } from "./client-connections.ts";

const keyOf = (text: string): string => clientKey(parseIp(text) ?? new Uint8Array());

test("clientKey() tells IPv4 addresses and IPv6 /64s", () => {
  assert.notEqual(keyOf("192.0.2.1"), keyOf("192.0.2.2"));
  assert.equal(keyOf("2001:db8:0:1::1"), keyOf("2001:db8:0:1:ffff::9"));
  assert.notEqual(keyOf("2001:db8:0:1::1"), keyOf("2001:db8:0:2::1"));
});

test("ClientConnections counts by client", () => {
  const [one, same, other] = ["2001:db8::1", "2001:db8::2", "192.0.2.1"].map(
    (text) => parseIp(text) ?? new Uint8Array(),
  ) as [Uint8Array, Uint8Array, Uint8Array];
  const connections = new ClientConnections(2);
  assert.deepEqual(
    [one, same, one].map((client) => connections.add(client)),
    [true, true, false],
  );
  assert.equal(connections.add(other), true);
  connections.remove(same);
  assert.deepEqual(
    [one, one].map((client) => connections.add(client)),
    [true, false],
  );
});
