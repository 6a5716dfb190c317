import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { decodeHealthResponse, encodeHealthRequest } from "./grpc-health.ts";

test("encodeHealthRequest() is a framed HealthCheckRequest", () => {
  assert.deepEqual([...encodeHealthRequest("")], [0, 0, 0, 0, 0]);
  assert.deepEqual([...encodeHealthRequest("ab")], [0, 0, 0, 0, 4, 10, 2, 97, 98]);
  const long = encodeHealthRequest("x".repeat(300));
  assert.deepEqual([...long.subarray(0, 9)], [0, 0, 0, 1, 47, 10, 0xac, 2, 120]);
  assert.equal(long.length, 308);
});

test("decodeHealthResponse() reads the status and passes over the rest", () => {
  const framed = (...octets: number[]) => Uint8Array.of(0, 0, 0, 0, octets.length, ...octets);
  const cases: [number[], number | undefined][] = [
    [[], 0],
    [[8, 1], 1],
    [[8, 2], 2],
    [[8, 1, 8, 3], 3],
    [[8, 0x81, 0], 1],
    [[16, 5, 8, 1], 1],
    [[18, 2, 8, 9, 8, 1], 1],
    [[17, 1, 2, 3, 4, 5, 6, 7, 8, 21, 1, 2, 3, 4, 8, 2], 2],
    [[8], undefined],
    [[8, 0x80], undefined],
    [[8, ...Array.from({ length: 10 }, () => 0x80), 0], undefined],
    [[18, 5, 1], undefined],
    [[19], undefined],
  ];
  for (const [octets, want] of cases) {
    assert.equal(decodeHealthResponse(framed(...octets)), want, octets.join());
  }
  assert.equal(decodeHealthResponse(Uint8Array.of(1, 0, 0, 0, 2, 8, 1)), undefined);
  assert.equal(decodeHealthResponse(Uint8Array.of(0, 0, 0, 0, 3, 8, 1)), undefined);
  assert.equal(decodeHealthResponse(Uint8Array.of(0, 0, 0)), undefined);
});

test("decodeHealthResponse() throws at no octets", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
      const framed = Uint8Array.of(0, 0, 0, 0, octets.length, ...octets);
      const status = decodeHealthResponse(framed);
      assert.ok(status === undefined || status >= 0);
      decodeHealthResponse(octets);
    }),
  );
});
