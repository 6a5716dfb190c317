import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { CheckListError, decodeCheckList, encodeCheckList } from "./check-list.ts";
import { checkSpec } from "./testing/fake-probes.ts";

test("decodeCheckList() reads what encodeCheckList() writes", () => {
  const checks = [checkSpec({ slot: 1 }), checkSpec({ slot: 65_535, healthCheckId: "é" })];
  const list = { version: 0xffff_ffff, checks, allow: ["127.0.0.0/8", "fd00::/8"] };
  assert.deepEqual(decodeCheckList(encodeCheckList(list)), list);
});

const check = checkSpec({ slot: 1 });
const good = { version: 1, checks: [check], allow: [] as unknown[] };
const refused: [name: string, value: unknown, message: RegExp][] = [
  ["no object", [], /it is no object/],
  ["no version", { ...good, version: undefined }, /its version is undefined/],
  ["version 0", { ...good, version: 0 }, /its version is 0/],
  ["no checks", { ...good, checks: {} }, /it has no checks/],
  ["a check that is none", { ...good, checks: [null] }, /one of its checks is no object/],
  ["slot 0", { ...good, checks: [{ ...check, slot: 0 }] }, /"check-1" has slot 0/],
  ["a slot too high", { ...good, checks: [{ ...check, slot: 65_536 }] }, /has slot 65536/],
  ["a slot that is no number", { ...good, checks: [{ ...check, slot: "1" }] }, /has slot "1"/],
  ["a slot twice", { ...good, checks: [check, { ...check }] }, /have the same slot/],
  ["no id", { ...good, checks: [{ ...check, healthCheckId: "" }] }, /has id ""/],
  ["a wrong version", { ...good, checks: [{ ...check, version: 1.5 }] }, /has version 1.5/],
  ["half a second", { ...good, checks: [{ ...check, intervalMs: 500 }] }, /interval 500/],
  ["threshold 0", { ...good, checks: [{ ...check, upThreshold: 0 }] }, /has upThreshold 0/],
  ["threshold 256", { ...good, checks: [{ ...check, downThreshold: 256 }] }, /downThreshold 256/],
  ["no probe", { ...good, checks: [{ ...check, probe: "tcp" }] }, /has probe "tcp"/],
  ["no allowed networks", { ...good, allow: undefined }, /does not say what networks/],
  ["a network without length", { ...good, allow: ["10.0.0.0"] }, /"10.0.0.0" is not ADDRESS/],
  ["too many networks", { ...good, allow: Array(1_001).fill("10.0.0.0/8") }, /limit 1000/],
];

for (const [name, value, message] of refused) {
  test(`decodeCheckList() refuses ${name}`, () => {
    const octets = new TextEncoder().encode(JSON.stringify(value));
    assert.throws(() => decodeCheckList(octets), { name: "CheckListError", message });
  });
}

test("decodeCheckList() refuses what is no JSON, and throws nothing else", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (octets) => {
        assert.throws(() => decodeCheckList(octets), CheckListError);
      },
    ),
  );
});
