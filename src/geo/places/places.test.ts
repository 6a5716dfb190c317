import assert from "node:assert/strict";
import { test } from "node:test";
import { route53Constraints } from "../../api/protocol/route53-constraints.ts";
import { parseCidr } from "../../base/ip.ts";
import { geoPlaces } from "../../control/model/geo-locations.ts";
import { awsRegions, regionCoordinates } from "./aws-regions.ts";
import { continentCodes, continentOf } from "./continents.ts";
import type { Coordinates } from "./coordinates.ts";
import { countryCentre } from "./country-centres.ts";
import { localZoneGroupCoordinates } from "./local-zone-groups.ts";
import { prefixHolds, specialIpv4, specialIpv6 } from "./special-purpose.ts";
import { usStateCode, usStates } from "./us-states.ts";

function assertPoint(point: Coordinates | undefined, name: string): asserts point is Coordinates {
  assert.ok(point, name);
  assert.ok(Math.abs(point.latitude) <= 90 && Math.abs(point.longitude) <= 180, name);
}

const countries = geoPlaces.filter(
  ({ countryCode, subdivisionCode }) => countryCode && countryCode !== "*" && !subdivisionCode,
);

test("continentOf() knows every country of Route 53, and Route 53 every continent", () => {
  for (const { countryCode = "" } of countries) assert.ok(continentOf(countryCode), countryCode);
  const continents = geoPlaces.flatMap(({ continentCode }) => continentCode ?? []);
  assert.deepEqual([...continentCodes].sort(), continents.sort());
  assert.equal(continentOf("ZZ"), undefined);
});

test("countryCentre() is where a country's people are", () => {
  // Uninhabited or without addresses of its own.
  const without = new Set(["AC", "TA"]);
  for (const { countryCode = "" } of countries) {
    if (!without.has(countryCode)) assertPoint(countryCentre(countryCode), countryCode);
  }
  const cases = { KR: [37, 127], US: [39, -92], AU: [-34, 148], FJ: [-18, 178], IS: [64, -22] };
  for (const [country, [latitude = 0, longitude = 0]] of Object.entries(cases)) {
    const centre = countryCentre(country);
    assertPoint(centre, country);
    assert.ok(Math.abs(centre.latitude - latitude) < 4, `${country} ${centre.latitude}`);
    assert.ok(Math.abs(centre.longitude - longitude) < 6, `${country} ${centre.longitude}`);
  }
});

test("usStateCode() by name, by code and by spelling", () => {
  assert.equal(usStates.length, 51);
  for (const { code, name } of usStates) {
    assert.equal(usStateCode(name), code);
    assert.equal(usStateCode(code), code);
  }
  const listed = geoPlaces.filter(({ subdivisionCode }) => subdivisionCode);
  assert.equal(listed.length, 51);
  for (const { subdivisionCode, subdivisionName = "" } of listed) {
    assert.equal(usStateCode(subdivisionName), subdivisionCode);
  }
  assert.equal(usStateCode("washington"), "WA");
  assert.equal(usStateCode("Washington, D.C."), "DC");
  for (const none of ["", "Bavaria", "PR", "Puerto Rico", "ny"]) {
    assert.equal(usStateCode(none), undefined, none);
  }
});

test("regionCoordinates() of exactly the regions that the API takes", () => {
  const { ResourceRecordSetRegion: shape } = route53Constraints.shapes;
  assert.ok(shape && "enum" in shape && shape.enum);
  assert.deepEqual([...awsRegions].sort(), [...shape.enum].sort());
  for (const region of awsRegions) assertPoint(regionCoordinates(region), region);
  assert.equal(regionCoordinates("us-moon-1"), undefined);
});

test("localZoneGroupCoordinates() by region and city", () => {
  assert.equal(localZoneGroupCoordinates("us-east-1-bue-1")?.latitude, -34.6);
  assert.equal(localZoneGroupCoordinates("us-west-2-lax-1")?.longitude, -118.24);
  for (const none of ["us-east-1", "us-east-1-zzz-1", "us-moon-1-bue-1", "us-east-1-bue-0", ""]) {
    assert.equal(localZoneGroupCoordinates(none), undefined, none);
  }
});

test("special-purpose prefixes hold what they should", () => {
  const cases: [prefixes: typeof specialIpv4, address: string, want: boolean][] = [
    [specialIpv4, "10.255.255.255", true],
    [specialIpv4, "11.0.0.0", false],
    [specialIpv4, "172.31.255.255", true],
    [specialIpv4, "172.32.0.0", false],
    [specialIpv4, "100.127.255.255", true],
    [specialIpv4, "203.0.113.7", true],
    [specialIpv4, "239.1.2.3", true],
    [specialIpv4, "255.255.255.255", true],
    [specialIpv6, "2001:db8::1", true],
    [specialIpv6, "2001:1ff::", true],
    [specialIpv6, "2001:200::", false],
    [specialIpv6, "2620:4f:8000::", true],
    [specialIpv6, "2620:4f:8001::", false],
    [specialIpv6, "3fff:fff::", true],
    [specialIpv6, "3fff:1000::", false],
  ];
  for (const [prefixes, address, want] of cases) {
    const octets = parseCidr(`${address}/8`)?.address ?? new Uint8Array(0);
    const view = new DataView(octets.buffer);
    const low = octets.length === 16 ? view.getUint32(4) : 0;
    const held = prefixes.some((prefix) => prefixHolds(prefix, view.getUint32(0), low));
    assert.equal(held, want, address);
  }
});
