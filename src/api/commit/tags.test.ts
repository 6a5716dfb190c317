import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutTags, withTags } from "./tags.ts";
import type { TagRules } from "./tags.ts";

const rules: TagRules = {
  countMax: 3,
  invalid: (message) => new TypeError(message),
  tooMany: (count) => new RangeError(`${count} tags`),
  reservesAws: true,
};

const tag = (Key: string, Value = "v") => ({ Key, Value });

test("tags are added, put in the place of others, and sorted by key", () => {
  const after = withTags({ c: "1", b: "2" }, [tag("b", "3"), tag("a")], rules);
  assert.deepEqual(Object.entries(after), [
    ["a", "v"],
    ["b", "3"],
    ["c", "1"],
  ]);
});

test("a key stands once in a request, and not in AWS's own space", () => {
  assert.throws(() => withTags({}, [tag("a"), tag("a")], rules), /key a is given more than once/);
  assert.throws(() => withTags({}, [tag("AWS:a")], rules), TypeError);
  const lenient = { ...rules, reservesAws: false };
  assert.deepEqual(withTags({}, [tag("aws:a")], lenient), { "aws:a": "v" });
});

test("the limit is that of all tags, old and new", () => {
  const before = withTags({}, [tag("a"), tag("b"), tag("c")], rules);
  assert.deepEqual(withTags(before, [tag("c", "w")], rules), { ...before, c: "w" });
  assert.throws(() => withTags(before, [tag("d")], rules), new RangeError("4 tags"));
});

test("tags are removed by key; keys that are not there do not matter", () => {
  assert.deepEqual(withoutTags({ a: "1", b: "2" }, ["b", "x"]), { a: "1" });
});
