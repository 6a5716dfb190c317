import assert from "node:assert/strict";
import { test } from "node:test";

import { present } from "./assert.ts";
import { parseCidr, parseIp } from "./ip.ts";
import { isRefusedEndpoint } from "./refused-endpoint.ts";

const isRefused = (address: string, ...allowed: string[]): boolean =>
  isRefusedEndpoint(
    present(parseIp(address), address),
    allowed.map((text) => present(parseCidr(text), text)),
  );

test("isRefusedEndpoint() refuses what is local, private, reserved or metadata", () => {
  const refused = `
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254
    168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1
    192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255
    240.0.0.1 255.255.255.255
    :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe
    64:ff9b:1::1 100::1 100:0:0:1::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 5f00::1 fc00::1
    fd00:ec2::254 fe80::1 febf::1 fec0::1 ff02::1`;
  for (const address of refused.trim().split(/\s+/))
    assert.equal(isRefused(address), true, address);
});

test("isRefusedEndpoint() lets public addresses pass", () => {
  const open = `
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
    168.63.129.15 168.63.129.17 169.253.255.255 172.15.255.255 172.32.0.0 192.167.255.255
    223.255.255.255 64:ff9b::8.8.8.8 2600:1f18::1 2a00:1450:4001::1 2001:4860:4860::8888`;
  for (const address of open.trim().split(/\s+/)) assert.equal(isRefused(address), false, address);
});

test("isRefusedEndpoint() lets pass what the operator allows, and nothing beside it", () => {
  assert.equal(isRefused("10.1.2.3", "10.1.0.0/16"), false);
  assert.equal(isRefused("10.2.2.3", "10.1.0.0/16"), true);
  assert.equal(isRefused("::1", "::1/128", "127.0.0.0/8"), false);
  // An IPv4 block does not open the IPv6 ways to the same host.
  assert.equal(isRefused("::ffff:127.0.0.1", "127.0.0.0/8"), true);
  assert.equal(isRefused("64:ff9b::127.0.0.1", "127.0.0.0/8"), true);
  assert.equal(isRefused("64:ff9b::127.0.0.1", "64:ff9b::/96"), false);
});
