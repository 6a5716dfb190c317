import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceError } from "../protocol/service-error.ts";
import { fits, readFilters } from "./list-filters.ts";
import type { FilterRules } from "./list-filters.ts";

const rules: FilterRules = {
  TYPE: { conditions: ["EQ", "IN", "BEGINS_WITH"], values: ["HTTP", "DNS_PUBLIC", "DNS_PRIVATE"] },
  NAME: { conditions: ["EQ"] },
  DATE: { conditions: ["BETWEEN"] },
};

test("readFilters() takes EQ where no condition is given; fits() wants all of them met", () => {
  const filters = readFilters(
    [
      { Name: "TYPE", Condition: "IN", Values: ["HTTP", "DNS_PUBLIC"] },
      { Name: "NAME", Values: ["a"] },
    ],
    rules,
  );
  assert.equal(fits(filters, { TYPE: "HTTP", NAME: "a" }), true);
  assert.equal(fits(filters, { TYPE: "HTTP", NAME: "b" }), false);
  assert.equal(fits(filters, { TYPE: "DNS_PRIVATE", NAME: "a" }), false);
  assert.equal(fits(filters, { NAME: "a" }), false);
  assert.equal(fits([], {}), true);
});

test("fits() compares beginnings and spans of time", () => {
  const begins = readFilters([{ Name: "TYPE", Condition: "BEGINS_WITH", Values: ["DNS_"] }], rules);
  assert.equal(fits(begins, { TYPE: "DNS_PUBLIC" }), true);
  assert.equal(fits(begins, { TYPE: "HTTP" }), false);
  const between = readFilters(
    [{ Name: "DATE", Condition: "BETWEEN", Values: ["10", "20"] }],
    rules,
  );
  assert.deepEqual(
    [9.9, 10, 20, 20.1].map((DATE) => fits(between, { DATE })),
    [false, true, true, false],
  );
});

test("readFilters() refuses conditions and values that a filter does not have", () => {
  const refused: [Parameters<typeof readFilters>[0], RegExp][] = [
    [[{ Name: "NAME", Condition: "IN", Values: ["a"] }], /NAME cannot have the condition IN/],
    [[{ Name: "TYPE", Values: ["HTTP", "HTTP"] }], /TYPE has 2 values: 1 expected/],
    [[{ Name: "TYPE", Condition: "IN", Values: [] }], /TYPE has 0 values: at least one/],
    [[{ Name: "DATE", Condition: "BETWEEN", Values: ["1"] }], /DATE has 1 values: 2 expected/],
    [[{ Name: "DATE", Condition: "BETWEEN", Values: ["1", "now"] }], /DATE has now: seconds/],
    [[{ Name: "TYPE", Values: ["DNS"] }], /DNS is no value of the filter TYPE/],
    [[{ Name: "OTHER", Values: ["a"] }], /OTHER cannot have the condition EQ/],
  ];
  for (const [filters, message] of refused) {
    assert.throws(
      () => readFilters(filters, rules),
      (error: Error) =>
        error instanceof ServiceError &&
        error.code === "InvalidInput" &&
        message.test(error.message),
    );
  }
});
