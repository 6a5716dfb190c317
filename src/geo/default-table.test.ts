import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { present } from "../base/assert.ts";
import { parseIp } from "../base/ip.ts";
import { ADDRESS_FAMILY, locate } from "../dataplane/geo/locate.ts";
import { LocationView } from "../dataplane/geo/location-view.ts";
import { packPlaceCode } from "../dataplane/geo/place-code.ts";
import { describeLocation, describeTable } from "./describe-table.ts";
import { unpackTable } from "./table/packed-table.ts";

let view: LocationView;

before(() => {
  const packed = readFileSync(new URL("./data/locations.bin.br", import.meta.url));
  assert.ok(packed.length < 6_500_000, `${packed.length} octets`);
  view = new LocationView(unpackTable(packed));
});

test("the shipped table knows where known addresses are", () => {
  const cases: [address: string, place: string][] = [
    ["121.134.0.1", "AS KR"],
    ["121.134.0.255", "AS KR"],
    ["171.64.1.1", "NA US CA"],
    ["171.64.200.1", "NA US CA"],
    ["98.113.1.1", "NA US NY"],
    ["8.8.8.8", "NA US CA"],
    ["76.126.1.1", "NA US CA"],
    ["1.1.1.1", "OC AU"],
    ["2a00:1450:4001::1", "EU DE"],
    ["203.0.113.1", ""],
    ["192.168.1.1", ""],
    ["127.0.0.1", ""],
    ["2001:db8::1", ""],
    ["::1", ""],
    ["fe80::1", ""],
    ["::ffff:171.64.1.1", "NA US CA"],
  ];
  for (const [text, want] of cases) {
    const octets = present(parseIp(text), text);
    const family = octets.length === 4 ? ADDRESS_FAMILY.IPV4 : ADDRESS_FAMILY.IPV6;
    const location = describeLocation(view, locate(view, octets, 0, octets.length, family));
    const { continent, country, subdivision } = location ?? {};
    assert.equal([continent, country, subdivision].filter(Boolean).join(" "), want, text);
  }
});

test("the shipped table has a continent and a point for every location, and a state in the US", () => {
  const unitedStates = packPlaceCode("US");
  for (let id = 1; id < view.countries.length; id++) {
    const { continent, country, latitude } = describeLocation(view, id) ?? {};
    assert.ok(continent && country && latitude !== undefined, `location ${id}`);
    const isState = view.subdivisions[id] !== 0;
    assert.equal(isState, view.countries[id] === unitedStates, `location ${id}`);
  }
});

test("the shipped table is as large as its documentation says", () => {
  const { source, ipv4RangeCount, ipv6RangeCount, tableSize } = describeTable(view);
  assert.equal(source, "DB-IP City Lite");
  assert.ok(ipv4RangeCount > 2_000_000 && ipv6RangeCount > 2_000_000);
  assert.ok(tableSize < 32_000_000, `${tableSize} octets`);
});
