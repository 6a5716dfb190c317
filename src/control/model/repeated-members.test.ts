import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { repeatedMembers } from "./repeated-members.ts";

const cases: [text: string, repeated: string[]][] = [
  ["{}", []],
  ["[1, 2]", []],
  ['{"a": 1, "b": 1}', []],
  ['{"a": 1, "a": 1}', ["$.a"]],
  ['{"a": 1, "\\u0061": 1}', ["$.a"]],
  ['{"a": {"a": [{"a": 1}, {"b": 1, "b": 2, "b": 3}]}}', ["$.a.a[1].b", "$.a.a[1].b"]],
  ['{"a": "a", "b": ["a", "a"], "c": {"a": ",{}[]:\\"", "c": 1}, "a": null}', ["$.a"]],
  ['{"odd name": [[1, {"x": 1, "x": 1}]], "": 1, "": 1}', ['$["odd name"][0][1].x', '$[""]']],
  ['{"__proto__": 1, "__proto__": 1}', ["$.__proto__"]],
];

test("repeatedMembers() gives the path of each member that is there once more", () => {
  for (const [text, repeated] of cases) {
    JSON.parse(text);
    assert.deepEqual(repeatedMembers(text), repeated, text);
  }
});

test("repeatedMembers() finds none in what JSON.stringify() writes", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      assert.deepEqual(repeatedMembers(JSON.stringify(value, null, 1)), []);
    }),
  );
});

test("repeatedMembers() takes deep nesting and long texts", () => {
  const depth = 50_000;
  assert.deepEqual(repeatedMembers(`${"[".repeat(depth)}${"]".repeat(depth)}`), []);
  assert.deepEqual(repeatedMembers(`{"a": "${'\\"'.repeat(50_000)}", "a": 1}`), ["$.a"]);
});
