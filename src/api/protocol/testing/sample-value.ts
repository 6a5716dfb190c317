import type { ScalarConstraint } from "../constraint-table.ts";
import type { Shape, StructureShape } from "../shape.ts";

let drawn = 0;

/** A value of every member, within its constraints. */
function valueOf(shape: Shape): unknown {
  switch (shape.kind) {
    case "structure":
      return sampleOf(shape);
    case "map":
      return { key: valueOf(shape.value) };
    case "list":
      return Array.from({ length: shape.constraint?.min ?? 2 }, () => valueOf(shape.element));
    case "boolean":
      return true;
    case "timestamp":
      return new Date(1.7e12 + ++drawn * 1000);
    case "string":
      return textOf(shape.constraint);
    case "blob":
      return Uint8Array.of(1, 2, 255);
    default:
      return shape.constraint?.min ?? ++drawn;
  }
}

/** A structure with every member, each within its constraints; no two texts are the same. */
export function sampleOf(shape: StructureShape): Record<string, unknown> {
  const members = shape.union ? shape.members.slice(0, 1) : shape.members;
  return Object.fromEntries(members.map((member) => [member.name, valueOf(member.shape)]));
}

const patternValues: Readonly<Record<string, string>> = {
  "\\p{ASCII}+": "a nonce",
  "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}": "0123abcd-0123-4567-89ab-0123456789ab",
  // CloudWatch's namespaces, and what it leaves to ASCII.
  "[^:].*": "a/b",
  // Resolver's: what is more than digits, and an Outpost.
  "(?!^[0-9]+$)([a-zA-Z0-9\\-_' ']+)": "a name",
  "^arn:aws([a-z-]+)?:outposts:[a-z\\d-]+:\\d{12}:outpost/op-[a-f0-9]{17}$":
    "arn:aws:outposts:us-east-1:000000000000:outpost/op-0123456789abcdef0",
  // The names of Cloud Map's public namespaces.
  "^([a-zA-Z0-9]([a-zA-Z0-9\\-]{0,61}[a-zA-Z0-9])?\\.)+[a-zA-Z0-9]([a-zA-Z0-9\\-]{0,61}[a-zA-Z0-9])?$":
    "example.com",
  "[-+]?[0-9]{1,2}(\\.[0-9]{0,2})?": "-12.50",
  "[-+]?[0-9]{1,3}(\\.[0-9]{0,2})?": "-112.5",
};

function textOf(constraint: ScalarConstraint | undefined): string {
  if (constraint?.enum) return constraint.enum[++drawn % constraint.enum.length] ?? "";
  const { min = 0, max = 64, pattern } = constraint ?? {};
  if (pattern === undefined) return `${++drawn} <&>"é'\r\n 😀`.padEnd(min, "x").slice(0, max);
  if (pattern.startsWith("(SampleCount|")) return "p99.9";
  if (pattern.startsWith("(^(((")) return "2001:db8::1";
  return patternValues[pattern] ?? "x".repeat(Math.max(min, 2));
}
