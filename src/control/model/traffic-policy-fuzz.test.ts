import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { InvalidPolicyDocumentError, parsePolicyDocument } from "./traffic-policy-parser.ts";

/** The documents of the manual: together they have every rule of ours and most of Route 53's. */
const manual = readFileSync(join(import.meta.dirname, "../../../docs/traffic-policies.md"), "utf8");
const documents = [...manual.matchAll(/^```json\n(.*?)^```$/gms)].map(
  (match) => JSON.parse(match[1] ?? "") as unknown,
);

/** Parses; what it refuses it must refuse by its own error. */
function parse(text: string): void {
  try {
    parsePolicyDocument(text);
  } catch (error) {
    if (!(error instanceof InvalidPolicyDocumentError)) throw error;
  }
}

/** Every place in a value, as the way there from its root. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, key]))];
}

/** A copy with another value at a path; `undefined` removes what is there. */
function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const strange = fc.oneof(
  fc.constantFrom(undefined, null, "", "*", "true", -1, 1e300, [], {}, "__proto__", "toString"),
  fc.constantFrom("start", "where", "hours", "peak", "surge", "2015-10-01", "CNAME"),
  fc.jsonValue({ maxDepth: 2 }),
);

test("parsePolicyDocument() reads or refuses any change of a document", () => {
  const change = fc.constantFrom(...documents).chain((document) =>
    fc.record({
      document: fc.constant(document),
      paths: fc.array(fc.constantFrom(...pathsOf(document)), { minLength: 1, maxLength: 3 }),
      by: strange,
    }),
  );
  fc.assert(
    fc.property(change, ({ document, paths, by }) => {
      let changed: unknown = document;
      for (const path of paths) {
        try {
          changed = replaced(changed, path, by);
        } catch (error) {
          // An earlier change took the place away.
          if (!(error instanceof TypeError)) throw error;
        }
      }
      parse(JSON.stringify(changed) ?? "");
    }),
    { numRuns: 3_000, seed: 53 },
  );
});

test("parsePolicyDocument() reads or refuses any text", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => parse(text)),
    { numRuns: 1_000, seed: 53 },
  );
});
