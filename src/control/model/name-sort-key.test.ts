import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nameOfSortKey, nameSortKey } from "./name-sort-key.ts";

test("nameSortKey() reverses labels", () => {
  const cases = [
    ["www.example.com.", "com.example.www."],
    ["com.", "com."],
    [".", "."],
    ["\\052.example.com.", "com.example.\\052."],
    ["a\\056b.example.com.", "com.example.a\\056b."],
    ["a\\.b.example.com.", "com.example.a\\.b."],
    ["a\\\\.example.com.", "com.example.a\\\\."],
  ] as const;
  for (const [name, want] of cases) {
    assert.equal(nameSortKey(name), want);
    assert.equal(nameOfSortKey(want), name);
  }
});

test("nameSortKey() keeps a subtree in one run of keys", () => {
  const label = fc.stringMatching(/^([a-z0-9_-]|\\\.|\\052){1,5}$/);
  const names = fc.array(fc.array(label, { minLength: 1, maxLength: 4 }), { maxLength: 30 });
  fc.assert(
    fc.property(names, label, (below, top) => {
      const keys = below.map((labels) => nameSortKey(`${[...labels, top].join(".")}.`)).sort();
      for (const key of keys) assert.ok(key.startsWith(nameSortKey(`${top}.`)), key);
      for (const key of keys) assert.equal(nameSortKey(nameOfSortKey(key)), key);
      const root = keys[0];
      if (root === undefined) return;
      const inside = keys.map((key) => key.startsWith(root));
      assert.equal(inside.lastIndexOf(true), inside.filter(Boolean).length - 1);
    }),
  );
});
