import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import {
  cidrContains,
  formatCidr,
  formatIp,
  networkOf,
  parseCidr,
  parseIp,
} from "../../base/ip.ts";
import type { Cidr, IpAddress } from "../../base/ip.ts";
import { locationTableOf } from "../../geo/testing/location-table-of.ts";
import { ADDRESS_FAMILY, SCOPE_MAX, locate, scopePrefixLength } from "./locate.ts";
import { LocationView } from "./location-view.ts";
import { placeCodeText } from "./place-code.ts";

const familyOf = (address: IpAddress) =>
  address.length === 4 ? ADDRESS_FAMILY.IPV4 : ADDRESS_FAMILY.IPV6;

function ip(text: string): IpAddress {
  const address = parseIp(text);
  assert.ok(address, text);
  return address;
}

/** Country and scope for the first `octetCount` octets of an address. */
function found(view: LocationView, address: IpAddress, octetCount = address.length) {
  const id = locate(view, address, 0, octetCount, familyOf(address));
  return { country: placeCodeText(view.countries[id] as number), scope: scopePrefixLength(view) };
}

const view = new LocationView(
  locationTableOf([
    { cidr: "8.0.0.0/9", country: "US" },
    { cidr: "8.8.8.0/24", country: "CA" },
    { cidr: "8.8.9.16/28", country: "MX" },
    { cidr: "100.0.0.0/8", country: "BR" },
    { cidr: "2a00::/12", country: "DE" },
    { cidr: "2a00:1:2::/48", country: "FR" },
    { cidr: "2a00:1:3:4::/64", country: "ES" },
    { cidr: "2001::/16", country: "GB" },
  ]),
);

test("locate() and scopePrefixLength() by example", () => {
  const cases: [address: string, country: string, scope: number, why: string][] = [
    ["8.8.8.8", "CA", 24, "the network itself"],
    ["8.8.10.1", "US", 23, "as wide as its neighbours allow"],
    ["8.127.255.255", "US", 10, "the upper half of a /9"],
    ["8.128.0.0", "", 9, "right behind it"],
    ["8.8.9.17", "MX", 24, "narrower than any scope"],
    ["8.8.9.1", "US", 24, "a part of a /24"],
    ["9.0.0.1", "", 8, "in no network"],
    ["100.1.2.3", "BR", 10, "a network around a special one"],
    ["100.64.0.1", "", 10, "shared address space"],
    ["10.0.0.1", "", 7, "private"],
    ["255.255.255.255", "", 1, "the last address"],
    ["0.0.0.0", "", 5, "the first address"],
    ["2a00:1:2:ffff::1", "FR", 48, "the network itself"],
    ["2a00:1:3:4::1", "ES", 48, "narrower than any scope"],
    ["2a00:1:3:5::1", "DE", 48, "beside it"],
    ["2a0f::1", "DE", 13, "the upper half of a /12"],
    ["2a10::1", "", 12, "right behind it"],
    ["2001:200::1", "GB", 23, "beside protocol assignments"],
    ["2001:1::1", "", 23, "protocol assignments"],
    ["2001:db8::1", "", 32, "documentation"],
    ["2002:808:808::1", "", 15, "6to4"],
    ["3fff::1", "", 4, "documentation"],
    ["fe80::1", "", 1, "link-local"],
    ["64:ff9b::808:808", "", 10, "translated, outside what is handed out"],
    ["4000::1", "", 2, "not handed out"],
    ["::1", "", 48, "loopback"],
    ["::ffff:8.8.8.8", "CA", 120, "an IPv4 address"],
    ["::ffff:8.127.255.255", "US", 106, "an IPv4 address"],
  ];
  for (const [text, country, scope, why] of cases) {
    assert.deepEqual(found(view, ip(text)), { country, scope }, `${text}: ${why}`);
  }
});

test("locate() takes the octets of a client subnet option that are not there as 0", () => {
  const cases: [address: string, octetCount: number, country: string][] = [
    ["8.8.8.8", 3, "CA"],
    ["8.8.8.8", 2, "US"],
    ["8.8.8.8", 1, "US"],
    ["8.8.8.8", 0, ""],
    ["2a00:1:2::1", 6, "FR"],
    ["2a00:1:2::1", 5, "DE"],
    ["2a00:1:2::1", 0, ""],
    ["2a00:1:3:4::", 8, "ES"],
    ["::ffff:8.8.8.8", 15, "CA"],
    ["::ffff:8.8.8.8", 12, ""],
    ["::ffff:8.8.8.8", 11, ""],
  ];
  for (const [text, octetCount, country] of cases) {
    const cut = Uint8Array.from(ip(text).map((octet, i) => (i < octetCount ? octet : 0)));
    // What lies behind the option must not be read.
    const arena = Uint8Array.from([7, ...cut.subarray(0, octetCount), ...new Array(20).fill(255)]);
    const id = locate(view, arena, 1, octetCount, familyOf(cut));
    const name = `${text}, ${octetCount} octets`;
    assert.equal(placeCodeText(view.countries[id] as number), country, name);
  }
});

/** Prefixes close to each other, so that they lie in each other and side by side. */
const ipv4Cidr = fc
  .tuple(fc.constantFrom(1, 2, 11, 99, 100), fc.nat(0xffffff), fc.integer({ min: 1, max: 32 }))
  .map(([a, rest, length]) => `${a}.${rest >> 16}.${(rest >> 8) & 255}.${rest & 255}/${length}`);
const ipv6Cidr = fc
  .tuple(
    fc.constantFrom("2001:db7", "2001:400", "2600", "2a00:1", "2a00:2"),
    fc.array(fc.constantFrom(0, 1, 2, 0x8000, 0xffff), { minLength: 4, maxLength: 4 }),
    fc.integer({ min: 4, max: 80 }),
  )
  .map(([head, groups, length]) => {
    return `${head}:${groups.map((group) => group.toString(16)).join(":")}::/${length}`;
  });
const countries = ["KR", "US", "DE", "BR", "ZA", "AU"];
const networks = fc.array(
  fc.record({ cidr: fc.oneof(ipv4Cidr, ipv6Cidr), country: fc.constantFrom(...countries) }),
  { maxLength: 60 },
);
/** IANA's registries of special-purpose addresses, and multicast. */
const blanks = `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16
192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 2001::/23
2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20`
  .split(/\s/)
  .map(cidr);

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  assert.ok(parsed, text);
  return networkOf(parsed);
}

/** The plain truth: the longest prefix that holds the address, later ones first. */
function countryAt(given: readonly { cidr: Cidr; country: string }[], address: IpAddress): string {
  if (blanks.some((blank) => cidrContains(blank, address))) return "";
  if (address.length === 16 && (address[0] as number) >> 5 !== 1) return "";
  let best: { cidr: Cidr; country: string } | undefined;
  for (const network of given) {
    if (!cidrContains(network.cidr, address)) continue;
    if (!best || network.cidr.prefixLength >= best.cidr.prefixLength) best = network;
  }
  return best?.country ?? "";
}

/** Addresses at the edges of networks, and near them. */
function probes(given: readonly { cidr: Cidr }[]): IpAddress[] {
  return given.flatMap(({ cidr: { address, prefixLength } }) => {
    const first = toNumber(address);
    const bits = BigInt(address.length * 8);
    const size = 1n << (bits - BigInt(prefixLength));
    return [first - 1n, first, first + size - 1n, first + size, first + size / 2n]
      .filter((value) => value >= 0n && value < 1n << bits)
      .map((value) => fromNumber(value, address.length));
  });
}

function toNumber(address: IpAddress): bigint {
  return BigInt(`0x${Buffer.from(address).toString("hex")}`);
}

function fromNumber(value: bigint, size: number): IpAddress {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(size * 2, "0"), "hex"));
}

test("locate() finds the longest prefix, scopePrefixLength() the widest that agrees", () => {
  fc.assert(
    fc.property(networks, (drafts) => {
      // IPv6 is told apart down to /64: of what is longer the first counts, which a file cannot show.
      const given = drafts
        .map(({ cidr: text, country }) => ({ cidr: cidr(text), country }))
        .filter((network) => network.cidr.prefixLength <= 64);
      const table = new LocationView(
        locationTableOf([
          ...given.map((network) => ({ ...network, cidr: formatCidr(network.cidr) })),
          { cidr: "223.0.0.0/8", country: "IS" },
        ]),
      );
      const all = [...given, { cidr: cidr("223.0.0.0/8"), country: "IS" }];
      for (const address of probes(all)) {
        const { country, scope } = found(table, address);
        const name = formatIp(address);
        assert.equal(country, countryAt(all, address), name);
        checkScope(table, address, scope);
      }
    }),
    { numRuns: 300 },
  );
});

/** All of the scope's network has the address's place; one bit wider, not all has. */
function checkScope(table: LocationView, address: IpAddress, scope: number): void {
  const isIpv4 = address.length === 4;
  const name = `${formatIp(address)} scope ${scope}`;
  assert.ok(scope <= (isIpv4 ? SCOPE_MAX.IPV4 : SCOPE_MAX.IPV6), name);
  if (!isIpv4 && (address[0] as number) >> 5 !== 1) return;
  if (scope < (isIpv4 ? SCOPE_MAX.IPV4 : SCOPE_MAX.IPV6)) {
    assert.equal(rangesIn(table, address, scope), 1, name);
  }
  if (scope > (isIpv4 ? 0 : 3)) assert.ok(rangesIn(table, address, scope - 1) > 1, name);
}

/** How many ranges the network around the address has, counted from its two ends. */
function rangesIn(table: LocationView, address: IpAddress, prefixLength: number): number {
  const network = networkOf({ address, prefixLength });
  const bits = BigInt(address.length * 8 - prefixLength);
  const last = fromNumber(toNumber(network.address) | ((1n << bits) - 1n), address.length);
  locate(table, network.address, 0, address.length, familyOf(address));
  const firstIndex = table.matchIndex;
  locate(table, last, 0, address.length, familyOf(address));
  return table.matchIndex - firstIndex + 1;
}

test("locate() searches large groups by their fences", () => {
  const given = Array.from({ length: 3_000 }, (_, i) => ({
    cidr: `2a00:1:${i.toString(16)}::/48`,
    country: countries[i % countries.length] as string,
  }));
  const table = new LocationView(locationTableOf(given));
  given.forEach(({ cidr: text, country }) => {
    const address = ip(text.replace("::/48", ":ffff::1"));
    assert.equal(found(table, address).country, country, text);
  });
});

test("locate() and scopePrefixLength() allocate nothing", () => {
  const probe = fileURLToPath(new URL("../../geo/testing/allocation-probe.ts", import.meta.url));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--min-semi-space-size=64", "--max-semi-space-size=64", probe],
    { encoding: "utf8" },
  );
  assert.notEqual(stdout, "", stderr);
  for (const [what, octets] of Object.entries(JSON.parse(stdout) as Record<string, number>)) {
    assert.ok(octets < 1, `${what}: ${octets} octets a time`);
  }
});
