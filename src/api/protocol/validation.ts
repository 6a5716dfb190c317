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

/**
 * The violations in `input`, an object decoded by `shape`. Looking stops at `violationsShownMax`,
 * so that a request of nothing but faults costs no more than they say.
 */
export function violationsIn(shape: StructureShape, input: Record<string, unknown>): Violation[] {
  const walk = new ValidationWalk();
  walk.structure(shape, input);
  return walk.violations;
}

class ValidationWalk {
  readonly violations: Violation[] = [];
  /** From the input to where the walk is; a number is the index of a list's element. */
  readonly #path: (string | number)[] = [];

  structure(shape: StructureShape, value: Record<string, unknown>): void {
    for (const member of shape.members) {
      if (this.violations.length >= violationsShownMax) return;
      const child = value[member.name];
      if (child === undefined && !member.required) continue;
      this.#path.push(member.messageName);
      if (child === undefined) this.#report(undefined, "Member must not be null");
      else this.#value(member.shape, child);
      this.#path.pop();
    }
  }

  #value(shape: Shape, value: unknown): void {
    if (shape.kind === "structure") this.structure(shape, value as Record<string, unknown>);
    else if (shape.kind === "list") this.#list(shape, value as unknown[]);
    else for (const rule of broken(shape.constraint, value)) this.#report(String(value), rule);
  }

  #list(shape: ListShape, values: readonly unknown[]): void {
    const { min, max } = shape.constraint ?? {};
    for (const rule of brokenLength(values.length, min, max)) this.#report(listText(values), rule);
    if (shape.element.kind !== "structure" && shape.element.kind !== "list") {
      return this.#scalarList(shape.element.constraint, values);
    }
    for (const [index, value] of values.entries()) {
      if (this.violations.length >= violationsShownMax) return;
      this.#path.push(index);
      this.#value(shape.element, value);
      this.#path.pop();
    }
  }

  /** AWS says of a list of scalars only that some element breaks some of the rules. */
  #scalarList(constraint: ScalarConstraint | undefined, values: readonly unknown[]): void {
    if (!constraint || values.every((value) => broken(constraint, value).length === 0)) return;
    const rules = allRules(constraint).join(", ");
    this.#report(listText(values), `Member must satisfy constraint: [${rules}]`);
  }

  #report(value: string | undefined, constraint: string): void {
    const names = this.#path.map((name) =>
      typeof name === "number" ? `${name + 1}.member` : name,
    );
    this.violations.push({ value, path: names.join("."), constraint });
  }
}

function listText(values: readonly unknown[]): string {
  const shown = values.slice(0, violationsShownMax);
  const text = shown.map((value) => (typeof value === "object" ? "{…}" : String(value)));
  return `[${text.join(", ")}${values.length > shown.length ? ", …" : ""}]`;
}

const none: readonly string[] = [];

/** The rules of `constraint` that `value` breaks, in AWS's words. */
function broken(constraint: ScalarConstraint | undefined, value: unknown): readonly string[] {
  if (!constraint) return none;
  if (typeof value === "string") return brokenByText(constraint, value);
  if (typeof value !== "number") return none;
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
