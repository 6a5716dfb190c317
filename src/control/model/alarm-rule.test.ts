import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AlarmRuleError, alarmsOfRule, evaluateAlarmRule, parseAlarmRule } from "./alarm-rule.ts";
import type { AlarmState } from "./alarm.ts";

const states = new Map<string, AlarmState>([
  ["a", "ALARM"],
  ["b", "OK"],
  ["c d", "INSUFFICIENT_DATA"],
  ["e)", "ALARM"],
  ['f"', "ALARM"],
]);

function isTrue(rule: string): boolean {
  return evaluateAlarmRule(parseAlarmRule(rule), (name) => states.get(name));
}

test("evaluateAlarmRule() evaluates the documented functions and operators", () => {
  const cases: [string, boolean][] = [
    ["ALARM(a)", true],
    ["ALARM(b)", false],
    ["OK(b)", true],
    ['INSUFFICIENT_DATA("c d")', true],
    ["INSUFFICIENT_DATA( c d )", true],
    ["INSUFFICIENT_DATA(nobody)", true],
    ["OK(nobody)", false],
    ['ALARM("e)")', true],
    ['ALARM("f\\"")', true],
    ["ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:a)", true],
    ["TRUE", true],
    ["False", false],
    ["ALARM(a) AND ALARM(b)", false],
    ["ALARM(a) and not ALARM(b)", true],
    ["(ALARM(a) OR ALARM(b)) AND OK(b)", true],
    ["NOT (ALARM(a) OR ALARM(b))", false],
    ["NOT NOT ALARM(a)", true],
    ["TRUE OR TRUE AND FALSE", true],
    ["(TRUE OR TRUE) AND FALSE", false],
    ["NOT FALSE AND FALSE", false],
    ["\n ALARM(a)\n OR\tALARM(b) ", true],
  ];
  for (const [rule, expected] of cases) assert.equal(isTrue(rule), expected, rule);
});

test("alarmsOfRule() names each alarm once, by name", () => {
  const rule = parseAlarmRule(
    'ALARM(a) AND NOT (OK("a") OR ALARM("arn:aws:cloudwatch:us-east-1:000000000000:alarm:b:c")) AND TRUE',
  );
  assert.deepEqual(alarmsOfRule(rule), ["a", "b:c"]);
});

test("parseAlarmRule() says where it cannot go on", () => {
  const refused: [string, RegExp][] = [
    ["", /At character 1 .* the rule ends/],
    ["ALARM(a) ALARM(b)", /At character 10 .*AND, OR or the end.* 'ALARM\(b\)'/],
    ["ALARM(a) AND", /At character 13 .* the rule ends/],
    ["ALARM", /'\('/],
    ["ALARM()", /name of an alarm/],
    ['ALARM("")', /name of an alarm/],
    ['ALARM("a)', /name of an alarm/],
    ["(ALARM(a)", /AND, OR or '\)'/],
    ["WARNING(a)", /WARNING/],
    ["NOT", /the rule ends/],
    ["TRUEST", /TRUEST/],
    ["()", /is expected/],
  ];
  for (const [rule, message] of refused) {
    assert.throws(
      () => parseAlarmRule(rule),
      (error) => {
        assert.ok(error instanceof AlarmRuleError, rule);
        assert.match(error.message, message, rule);
        return true;
      },
    );
  }
});

test("parseAlarmRule() has limits", () => {
  const children = (count: number) =>
    Array.from({ length: count }, (_, i) => `ALARM(a${i})`).join(" OR ");
  assert.equal(alarmsOfRule(parseAlarmRule(children(100))).length, 100);
  assert.throws(() => parseAlarmRule(children(101)), /more than 100 alarms/);
  const elements = (count: number) => new Array<string>(count).fill("TRUE").join(" AND ");
  parseAlarmRule(elements(500));
  assert.throws(() => parseAlarmRule(elements(501)), /more than 500 elements/);
  const nested = (depth: number) => `${"(".repeat(depth)}TRUE${")".repeat(depth)}`;
  parseAlarmRule(nested(100));
  assert.throws(() => parseAlarmRule(nested(101)), /nested deeper than 100/);
  assert.throws(() => parseAlarmRule(`${"NOT ".repeat(101)}TRUE`), /nested deeper than 100/);
  assert.throws(() => parseAlarmRule(" ".repeat(10_241)), /limit 10240/);
});

test("parseAlarmRule() refuses any text with nothing but its own error", () => {
  const piece = fc.constantFrom("ALARM", "(", ")", '"', "\\", "a", " ", "AND", "OR", "NOT", "TRUE");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        evaluateAlarmRule(parseAlarmRule(pieces.join("")), () => "OK");
      } catch (error) {
        assert.ok(error instanceof AlarmRuleError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});
