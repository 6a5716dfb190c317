import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  DISTANCE_UNKNOWN,
  distanceMetres,
  modelledRttMicroseconds,
  writePoint,
} from "./great-circle.ts";

type Point = readonly [latitude: number, longitude: number];

function metres(a: Point, b: Point): number {
  const words = new Int32Array(7);
  writePoint(words, 1, ...a);
  writePoint(words, 4, ...b);
  return distanceMetres(words, 1, words, 4);
}

/** The haversine formula as books have it. */
function haversine([latitude1, longitude1]: Point, [latitude2, longitude2]: Point): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const latitudes = Math.sin(radians(latitude2 - latitude1) / 2) ** 2;
  const longitudes = Math.sin(radians(longitude2 - longitude1) / 2) ** 2;
  const both = Math.cos(radians(latitude1)) * Math.cos(radians(latitude2)) * longitudes;
  return 2 * 6_371_007 * Math.asin(Math.sqrt(Math.min(1, latitudes + both)));
}

const point = fc.tuple(
  fc.double({ min: -90, max: 90, noNaN: true }),
  fc.double({ min: -180, max: 180, noNaN: true }),
);

test("distanceMetres() of known places", () => {
  const cases: [from: string, a: Point, to: string, b: Point, kilometres: number][] = [
    ["Seoul", [37.57, 126.98], "New York", [40.71, -74.01], 11_050],
    ["Frankfurt", [50.11, 8.68], "São Paulo", [-23.55, -46.63], 9_816],
    ["London", [51.51, -0.13], "Paris", [48.86, 2.35], 343],
    ["Sydney", [-33.87, 151.21], "Auckland", [-36.85, 174.76], 2_155],
    ["a pole", [90, 0], "the other", [-90, 77], 20_015],
    ["one side of 180°", [0, 179.5], "the other", [0, -179.5], 111],
    ["Singapore", [1.35, 103.82], "itself", [1.35, 103.82], 0],
  ];
  for (const [from, a, to, b, kilometres] of cases) {
    const found = metres(a, b) / 1000;
    assert.ok(
      Math.abs(found - kilometres) <= 1 + kilometres / 300,
      `${from} to ${to}: ${found} km`,
    );
  }
});

test("distanceMetres() agrees with the haversine formula", () => {
  fc.assert(
    fc.property(point, point, (a, b) => {
      const want = haversine(a, b);
      // Near the far side of the Earth both lose digits.
      assert.ok(Math.abs(metres(a, b) - want) <= (want > 19_900_000 ? 500 : 2), `${want}`);
    }),
  );
});

test("distanceMetres() is the same both ways, and further than anything for an unknown point", () => {
  fc.assert(fc.property(point, point, (a, b) => assert.equal(metres(a, b), metres(b, a))));
  const words = new Int32Array(6);
  writePoint(words, 0, 1, 2);
  assert.equal(distanceMetres(words, 0, words, 3), DISTANCE_UNKNOWN);
  assert.equal(distanceMetres(words, 3, words, 0), DISTANCE_UNKNOWN);
});

test("modelledRttMicroseconds() is a line", () => {
  assert.equal(modelledRttMicroseconds(0), 14_400);
  assert.equal(modelledRttMicroseconds(1_000_000), 30_100);
  assert.equal(modelledRttMicroseconds(11_060_000), 188_042);
  assert.ok(modelledRttMicroseconds(DISTANCE_UNKNOWN) < 2 ** 31);
});
