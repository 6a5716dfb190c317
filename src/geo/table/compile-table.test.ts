import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import fc from "fast-check";
import { present } from "../../base/assert.ts";
import { parseIp } from "../../base/ip.ts";
import { ADDRESS_FAMILY, locate } from "../../dataplane/geo/locate.ts";
import { LocationView } from "../../dataplane/geo/location-view.ts";
import { citiesNamed, describeLocation, describeTable } from "../describe-table.ts";
import type { LocationDescription } from "../describe-table.ts";
import { MmdbError } from "../mmdb/mmdb-error.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { compileTable, operatorTableOptions } from "./compile-table.ts";
import type { CompileOptions } from "./compile-table.ts";

function compiled(
  files: readonly Uint8Array[],
  options: CompileOptions = operatorTableOptions,
): LocationView {
  const named = files.map((octets, i) => ({ path: `file${i}.mmdb`, octets }));
  return new LocationView(compileTable(named, options));
}

function idAt(view: LocationView, text: string): number {
  const octets = present(parseIp(text), text);
  const family = octets.length === 4 ? ADDRESS_FAMILY.IPV4 : ADDRESS_FAMILY.IPV6;
  return locate(view, octets, 0, octets.length, family);
}

function placeAt(view: LocationView, text: string): LocationDescription | undefined {
  return describeLocation(view, idAt(view, text));
}

/** As in MaxMind's own files: nested, names in several languages, codes of subdivisions. */
const nested = {
  brooklyn: {
    city: { geoname_id: 5110302, names: { de: "Brooklyn", en: "Brooklyn", ja: "ブルックリン" } },
    continent: { code: "NA", geoname_id: 6255149, names: { en: "North America" } },
    country: { geoname_id: 6252001, iso_code: "US", names: { en: "United States" } },
    location: { accuracy_radius: 5, latitude: 40.6501, longitude: -73.9496, metro_code: 501 },
    postal: { code: "11226" },
    registered_country: { geoname_id: 6252001, iso_code: "US", names: { en: "United States" } },
    subdivisions: [{ geoname_id: 5128638, iso_code: "NY", names: { en: "New York" } }],
  },
  munich: {
    city: { names: { de: "München", en: "Munich" } },
    continent: { code: "EU" },
    country: { iso_code: "DE" },
    location: { latitude: 48.1374, longitude: 11.5755 },
    subdivisions: [{ iso_code: "BY", names: { en: "Bavaria" } }],
  },
  noCode: {
    country: { iso_code: "US" },
    subdivisions: [{ names: { en: "California" } }],
    location: { latitude: 37.4, longitude: -122.1 },
  },
  continentAlone: { continent: { code: "EU" } },
  registeredAlone: { registered_country: { iso_code: "US" } },
};

describe("compileTable() of MaxMind's shape", () => {
  const view = compiled([
    writeMmdb(
      [
        { cidr: "108.30.0.0/16", data: nested.brooklyn },
        { cidr: "108.31.0.0/16", data: nested.noCode },
        { cidr: "108.32.0.0/16", data: nested.continentAlone },
        { cidr: "108.33.0.0/16", data: nested.registeredAlone },
        { cidr: "2a02:810::/32", data: nested.munich },
      ],
      { databaseType: "GeoLite2-City", madeAtSeconds: 1_790_000_000 },
    ),
  ]);

  it("keeps country, state, city and coordinates", () => {
    assert.deepEqual(placeAt(view, "108.30.10.1"), {
      continent: "NA",
      country: "US",
      subdivision: "NY",
      region: "New York",
      city: "Brooklyn",
      latitude: 40.7,
      longitude: -73.9,
    });
  });

  it("keeps codes of subdivisions of the US alone", () => {
    const { subdivision, region, city } = placeAt(view, "2a02:810::1") ?? {};
    assert.deepEqual([subdivision, region, city], [undefined, "Bavaria", "Munich"]);
  });

  it("knows states by their names", () => {
    assert.equal(placeAt(view, "108.31.0.1")?.subdivision, "CA");
  });

  it("keeps a continent without a country", () => {
    assert.deepEqual(placeAt(view, "108.32.0.1"), { continent: "EU" });
  });

  it("does not take the country of registration for a place", () => {
    assert.equal(placeAt(view, "108.33.0.1"), undefined);
  });

  it("tells where it comes from", () => {
    const { source, madeAtMs, cityCount } = describeTable(view);
    assert.deepEqual(
      { source, madeAtMs, cityCount },
      { source: "GeoLite2-City", madeAtMs: 1_790_000_000_000, cityCount: 2 },
    );
  });
});

describe("compileTable() of the flat shape", () => {
  const seoul = { country_code: "KR", state1: "Seoul", city: "Seoul", timezone: "" };
  const ipv4 = writeMmdb(
    [
      { cidr: "121.134.0.0/24", data: { ...seoul, latitude: 37.566, longitude: 126.978 } },
      { cidr: "121.134.1.0/24", data: { country_code: "KR" } },
      { cidr: "121.134.2.0/24", data: { country_code: "kr", latitude: 200, longitude: 0.5 } },
      { cidr: "121.134.3.0/24", data: { country_code: "-" } },
      { cidr: "10.0.0.0/8", data: { country_code: "KR" } },
    ],
    { ipVersion: 4, databaseType: "city ipv4", recordBits: 24, madeAtSeconds: 1_700_000_000 },
  );
  const ipv6 = writeMmdb([{ cidr: "2001:200::/32", data: { country_code: "JP" } }], {
    databaseType: "city ipv6",
    recordBits: 32,
  });

  it("joins a file for each family", () => {
    const view = compiled([ipv4, ipv6]);
    assert.equal(placeAt(view, "121.134.0.1")?.city, "Seoul");
    assert.equal(placeAt(view, "2001:200::1")?.country, "JP");
    const { source, madeAtMs } = describeTable(view);
    assert.deepEqual([source, madeAtMs], ["city ipv4, city ipv6", 1_700_000_000_000]);
  });

  it("takes one file alone", () => {
    assert.equal(placeAt(compiled([ipv6]), "121.134.0.1"), undefined);
    assert.equal(placeAt(compiled([ipv4]), "2001:200::1"), undefined);
  });

  it("puts a country without coordinates at its centre", () => {
    const { latitude = 0, longitude = 0 } = placeAt(compiled([ipv4]), "121.134.1.1") ?? {};
    assert.ok(Math.hypot(latitude - 37, longitude - 127) < 2, `${latitude} ${longitude}`);
  });

  it("has no use for coordinates off the Earth, or for codes that are none", () => {
    const view = compiled([ipv4]);
    assert.equal(idAt(view, "121.134.2.1"), idAt(view, "121.134.1.1"));
    assert.equal(idAt(view, "121.134.3.1"), 0);
  });

  it("leaves private addresses without a place", () => {
    assert.equal(idAt(compiled([ipv4]), "10.1.2.3"), 0);
  });

  it("refuses two files of one family", () => {
    assert.throws(
      () => compiled([ipv4, ipv4]),
      /^MmdbError: Cannot use location file file1.mmdb: both files have IPv4 addresses$/,
    );
  });
});

test("compileTable() tells cities of one name apart by country and region", () => {
  const cases = [
    ["1.0.0.0/24", "US", "Illinois", "Springfield"],
    ["1.0.1.0/24", "US", "Missouri", "Springfield"],
    ["1.0.2.0/24", "GB", "Scotland", "Springfield"],
    ["1.0.3.0/24", "US", "Illinois", "Springfield"],
    ["1.0.4.0/24", "US", "Illinois", ""],
  ] as const;
  const octets = writeMmdb(
    cases.map(([cidr, country_code, state1, city], i) => {
      return { cidr, data: { country_code, state1, city, latitude: 1 + i, longitude: 2 } };
    }),
  );
  const view = compiled([octets]);
  const cities = cases.map((_, i) => view.cities[idAt(view, `1.0.${i}.1`)]);
  const [illinois = 0, missouri = 0, scotland] = cities;
  assert.equal(new Set([illinois, missouri, scotland]).size, 3);
  assert.equal(cities[3], illinois);
  assert.equal(cities[4], 0);
  assert.deepEqual(citiesNamed(view, { country: "US", city: "springfield" }), [illinois, missouri]);
  const inMissouri = { country: "US", region: "Missouri", city: "Springfield" };
  assert.deepEqual(citiesNamed(view, inMissouri), [missouri]);
  assert.deepEqual(citiesNamed(view, { country: "FR", city: "Springfield" }), []);
  const small = compiled([octets], { cities: false, coordinateStep: 100 });
  assert.deepEqual(citiesNamed(small, { country: "US", city: "springfield" }), []);
  assert.equal(describeTable(small).cityCount, 0);
});

test("compileTable() keeps more locations than 16 bits can name", () => {
  const count = 70_000;
  const networks = Array.from({ length: count }, (_, i) => ({
    cidr: `${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`,
    data: { country_code: "KR", city: `city ${i}` },
  }));
  const view = compiled([writeMmdb(networks)]);
  assert.equal(view.ipv4Ids.BYTES_PER_ELEMENT, 4);
  for (const i of [0, 1, 65_534, 65_535, 65_536, count - 1]) {
    const address = `${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.9`;
    assert.equal(placeAt(view, address)?.city, `city ${i}`);
  }
});

test("compileTable() refuses files that are no location files", () => {
  const asn = { autonomous_system_number: 4766, autonomous_system_organization: "Korea Telecom" };
  const cases: [name: string, octets: Uint8Array, reason: RegExp][] = [
    ["empty", new Uint8Array(0), /file0\.mmdb: the file is empty$/],
    ["an ASN file", writeMmdb([{ cidr: "1.0.0.0/8", data: asn }]), /Test-City has no countries/],
    ["a file without networks", writeMmdb([]), /Test-City has no countries/],
    ["strings for maps", writeMmdb([{ cidr: "1.0.0.0/8", data: "KR" }]), /has no countries/],
    [
      "private addresses alone",
      writeMmdb([{ cidr: "10.0.0.0/8", data: { country_code: "KR" } }]),
      /has no countries/,
    ],
  ];
  for (const [name, octets, reason] of cases) {
    const isRefusal = (error: Error) => error instanceof MmdbError && reason.test(error.message);
    assert.throws(() => compiled([octets]), isRefusal, name);
  }
});

test("compileTable() of a damaged file gives a table or an MmdbError, and ends", () => {
  const whole = writeMmdb(
    Array.from({ length: 30 }, (_, i) => ({
      cidr: i % 2 ? `${i + 1}.0.0.0/8` : `2a0${i.toString(16).slice(-1)}::/16`,
      data:
        i % 3
          ? nested.munich
          : { country_code: "KR", city: `city ${i}`, latitude: 1, longitude: 2 },
    })),
  );
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(damage, (changes) => {
      const octets = Uint8Array.from(whole);
      for (const [at, octet] of changes) octets[at] = octet;
      try {
        const view = compiled([octets]);
        for (let i = 0; i < 250; i += 7) idAt(view, `${i}.1.2.3`);
      } catch (error) {
        assert.ok(error instanceof MmdbError, (error as Error).stack);
      }
    }),
    { numRuns: 2_000 },
  );
});
