import { patternedSizeMax, valueShownSizeMax, violationsShownMax } from "../../base/limits.ts";
import type { ScalarConstraint } from "./constraint-table.ts";
import { ServiceError } from "./service-error.ts";
import type { ListShape, Shape, StructureShape } from "./shape.ts";

/** One value that breaks one rule. */
export type Violation = {
  /** The value as AWS writes it; `undefined` where a required member is missing. */
  readonly value: string | undefined;
  /** `changeBatch.changes.1.member.resourceRecordSet.tTL` */
  readonly path: string;
  /** `Member must not be null` */
  readonly constraint: string;
};

/** The error that AWS answers for `violations`, in its words; there must be at least one. */
export function validationError(violations: readonly Violation[]): ServiceError {
  const count = violations.length;
  const shown = violations.slice(0, violationsShownMax).map(violationText);
  const errors = count === 1 ? "error" : "errors";
  return new ServiceError(
    "InvalidInput",
    `${count} validation ${errors} detected: ${shown.join("; ")}`,
  );
}

function violationText({ value, path, constraint }: Violation): string {
  const shown = value === undefined ? "null" : `'${shorten(value)}'`;
  return `Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`;
}

function shorten(text: string): string {
  return text.length > valueShownSizeMax ? `${text.slice(0, valueShownSizeMax)}…` : text;
}

/** Every violation in `input`, an object decoded by `shape`. */
export function violationsIn(shape: StructureShape, input: Record<string, unknown>): Violation[] {
  const violations: Violation[] = [];
  checkStructure(shape, input, { path: "", violations });
  return violations;
}

type Place = { readonly path: string; readonly violations: Violation[] };

function checkStructure(shape: StructureShape, value: Record<string, unknown>, at: Place): void {
  const prefix = at.path === "" ? "" : `${at.path}.`;
  for (const member of shape.members) {
    const child = value[member.name];
    const path = prefix + member.messageName;
    if (child !== undefined) check(member.shape, child, { path, violations: at.violations });
    else if (member.required) {
      at.violations.push({ value: undefined, path, constraint: "Member must not be null" });
    }
  }
}

function check(shape: Shape, value: unknown, at: Place): void {
  if (shape.kind === "structure") checkStructure(shape, value as Record<string, unknown>, at);
  else if (shape.kind === "list") checkList(shape, value as unknown[], at);
  else {
    for (const constraint of broken(shape.constraint, value)) {
      at.violations.push({ value: String(value), path: at.path, constraint });
    }
  }
}

function checkList(shape: ListShape, values: readonly unknown[], at: Place): void {
  const { min, max } = shape.constraint ?? {};
  for (const constraint of brokenLength(values.length, min, max)) {
    at.violations.push({ value: listText(values), path: at.path, constraint });
  }
  if (shape.element.kind === "structure" || shape.element.kind === "list") {
    values.forEach((value, index) => {
      check(shape.element, value, { ...at, path: `${at.path}.${index + 1}.member` });
    });
    return;
  }
  const element = shape.element.constraint;
  if (element && values.some((value) => broken(element, value).length > 0)) {
    const constraint = `Member must satisfy constraint: [${allRules(element).join(", ")}]`;
    at.violations.push({ value: listText(values), path: at.path, constraint });
  }
}

function listText(values: readonly unknown[]): string {
  const shown = values.slice(0, violationsShownMax);
  const text = shown.map((value) => (typeof value === "object" ? "{…}" : String(value)));
  return `[${text.join(", ")}${values.length > shown.length ? ", …" : ""}]`;
}

/** The rules of `constraint` that `value` breaks, in AWS's words. */
function broken(constraint: ScalarConstraint | undefined, value: unknown): string[] {
  if (!constraint) return [];
  if (typeof value === "string") return brokenByText(constraint, value);
  if (typeof value !== "number") return [];
  const rules: string[] = [];
  if (constraint.max !== undefined && value > constraint.max)
    rules.push(valueAtMost(constraint.max));
  if (constraint.min !== undefined && value < constraint.min)
    rules.push(valueAtLeast(constraint.min));
  return rules;
}

function brokenByText(constraint: ScalarConstraint, text: string): string[] {
  const length = characterCount(text);
  const rules = brokenLength(length, constraint.min, constraint.max);
  // A pattern is not tried on an over-long value, so that what one costs stays bounded.
  const tooLong = length > (constraint.max ?? patternedSizeMax);
  if (constraint.pattern !== undefined && (tooLong || !matches(constraint.pattern, text))) {
    rules.push(matchesPattern(constraint.pattern));
  }
  if (constraint.enum && !constraint.enum.includes(text)) rules.push(isOneOf(constraint.enum));
  return rules;
}

function brokenLength(length: number, min: number | undefined, max: number | undefined): string[] {
  const rules: string[] = [];
  if (max !== undefined && length > max) rules.push(lengthAtMost(max));
  if (min !== undefined && length < min) rules.push(lengthAtLeast(min));
  return rules;
}

/** All that AWS lists for a list whose elements break any of it. */
function allRules(constraint: ScalarConstraint): string[] {
  const { min, max, pattern } = constraint;
  const text = constraint.type === "string";
  return [
    ...(max === undefined ? [] : [text ? lengthAtMost(max) : valueAtMost(max)]),
    ...(min === undefined ? [] : [text ? lengthAtLeast(min) : valueAtLeast(min)]),
    ...(pattern === undefined ? [] : [matchesPattern(pattern)]),
    ...(constraint.enum === undefined ? [] : [isOneOf(constraint.enum)]),
  ];
}

const lengthAtMost = (max: number) => `Member must have length less than or equal to ${max}`;
const lengthAtLeast = (min: number) => `Member must have length greater than or equal to ${min}`;
const valueAtMost = (max: number) => `Member must have value less than or equal to ${max}`;
const valueAtLeast = (min: number) => `Member must have value greater than or equal to ${min}`;
const matchesPattern = (pattern: string) =>
  `Member must satisfy regular expression pattern: ${pattern}`;
const isOneOf = (values: readonly string[]) =>
  `Member must satisfy enum value set: [${values.join(", ")}]`;

function characterCount(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) pairs++;
  return text.length - pairs;
}

const compiledPatterns = new Map<string, RegExp>();

function matches(pattern: string, text: string): boolean {
  let compiled = compiledPatterns.get(pattern);
  if (!compiled) {
    compiled = new RegExp(`^(?:${pattern})$`, "u");
    compiledPatterns.set(pattern, compiled);
  }
  return compiled.test(text);
}
