import { patternedSizeMax, valueShownSizeMax, violationsShownMax } from "../../base/limits.ts";
import type { ListConstraint, ScalarConstraint } from "./constraint-table.ts";
import { ServiceError } from "./service-error.ts";
import type { ListShape, Member, ScalarShape, Shape, StructureShape } from "./shape.ts";

/** One value that breaks one rule. */
export type Violation = {
  /** The value as AWS writes it; `undefined` where a required member is missing. */
  readonly value: string | undefined;
  /** `changeBatch.changes.1.member.resourceRecordSet.tTL` */
  readonly path: string;
  /** The same as a parameter of AWS's query protocol: `MetricData.member.1.MetricName`. */
  readonly parameter: string;
  readonly rule: Rule;
};

export type Rule = {
  /** `Member must not be null` */
  readonly text: string;
  readonly kind: "required" | "length" | "value" | "pattern" | "enum" | "element";
  readonly constraint?: ScalarConstraint | ListConstraint | undefined;
};

/**
 * The error that AWS answers for `violations`, in its words; there must be at least one.
 * @param code what the service calls it
 */
export function validationError(violations: readonly Violation[], code: string): ServiceError {
  const count = violations.length;
  const shown = violations.slice(0, violationsShownMax).map(violationText);
  const errors = count === 1 ? "error" : "errors";
  return new ServiceError(code, `${count} validation ${errors} detected: ${shown.join("; ")}`);
}

function violationText({ value, path, rule }: Violation): string {
  const shown = value === undefined ? "null" : `'${shorten(value)}'`;
  return `Value ${shown} at '${path}' failed to satisfy constraint: ${rule.text}`;
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
  readonly #path: (Member | string | number)[] = [];

  structure(shape: StructureShape, value: Record<string, unknown>): void {
    for (const member of shape.members) {
      if (this.violations.length >= violationsShownMax) return;
      const child = value[member.name];
      if (child === undefined && !member.required) continue;
      this.#path.push(member);
      if (child === undefined) this.#report(undefined, required);
      else this.#value(member.shape, child);
      this.#path.pop();
    }
  }

  #value(shape: Shape, value: unknown): void {
    if (shape.kind === "structure") this.structure(shape, value as Record<string, unknown>);
    else if (shape.kind === "list") this.#list(shape, value as unknown[]);
    else if (shape.kind === "map") this.#map(shape.value, value as Record<string, unknown>);
    else for (const rule of broken(shape.constraint, value)) this.#report(String(value), rule);
  }

  #list(shape: ListShape, values: readonly unknown[]): void {
    const { min, max } = shape.constraint ?? {};
    for (const text of brokenLength(values.length, min, max)) {
      this.#report(listText(values), { kind: "length", text, constraint: shape.constraint });
    }
    if (isScalar(shape.element)) {
      return this.#scalarList(shape.element.constraint, values);
    }
    for (const [index, value] of values.entries()) {
      if (this.violations.length >= violationsShownMax) return;
      this.#path.push(index);
      this.#value(shape.element, value);
      this.#path.pop();
    }
  }

  #map(shape: Shape, values: Record<string, unknown>): void {
    for (const [key, value] of Object.entries(values)) {
      if (this.violations.length >= violationsShownMax) return;
      this.#path.push(key);
      this.#value(shape, value);
      this.#path.pop();
    }
  }

  /** AWS says of a list of scalars only that some element breaks some of the rules. */
  #scalarList(constraint: ScalarConstraint | undefined, values: readonly unknown[]): void {
    if (!constraint || values.every((value) => broken(constraint, value).length === 0)) return;
    const text = `Member must satisfy constraint: [${allRules(constraint).join(", ")}]`;
    this.#report(listText(values), { kind: "element", text, constraint });
  }

  #report(value: string | undefined, rule: Rule): void {
    const path = this.#path.map((step) => {
      if (typeof step === "number") return `${step + 1}.member`;
      return typeof step === "string" ? step : step.messageName;
    });
    const parameter = this.#path.map((step) => {
      if (typeof step === "number") return `member.${step + 1}`;
      return typeof step === "string" ? step : step.name;
    });
    this.violations.push({ value, path: path.join("."), parameter: parameter.join("."), rule });
  }
}

const required: Rule = { kind: "required", text: "Member must not be null" };

function isScalar(shape: Shape): shape is ScalarShape {
  return shape.kind !== "structure" && shape.kind !== "list" && shape.kind !== "map";
}

function listText(values: readonly unknown[]): string {
  const shown = values.slice(0, violationsShownMax);
  const text = shown.map((value) => (typeof value === "object" ? "{…}" : String(value)));
  return `[${text.join(", ")}${values.length > shown.length ? ", …" : ""}]`;
}

const none: readonly Rule[] = [];

/** The rules of `constraint` that `value` breaks, in AWS's words. */
function broken(constraint: ScalarConstraint | undefined, value: unknown): readonly Rule[] {
  if (!constraint) return none;
  if (typeof value === "string") return brokenByText(constraint, value);
  if (typeof value !== "number") return none;
  const { min, max } = constraint;
  const texts: string[] = [];
  if (max !== undefined && value > max) texts.push(valueAtMost(max));
  if (min !== undefined && value < min) texts.push(valueAtLeast(min));
  return texts.map((text) => ({ kind: "value", text, constraint }));
}

function brokenByText(constraint: ScalarConstraint, text: string): Rule[] {
  const { min, max, pattern } = constraint;
  const length = characterCount(text);
  const rules: Rule[] = brokenLength(length, min, max).map((rule) => ({
    kind: "length",
    text: rule,
    constraint,
  }));
  // A pattern is not tried on an over-long value, so that what one costs stays bounded.
  const tooLong = length > (max ?? patternedSizeMax);
  if (pattern !== undefined && (tooLong || !matches(pattern, text))) {
    rules.push({ kind: "pattern", text: matchesPattern(pattern), constraint });
  }
  if (constraint.enum && !constraint.enum.includes(text)) {
    rules.push({ kind: "enum", text: isOneOf(constraint.enum), constraint });
  }
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
    compiled = compilePattern(`^(?:${pattern})$`);
    compiledPatterns.set(pattern, compiled);
  }
  return compiled.test(text);
}

/** Models have escapes that the mode for Unicode refuses: `[\-\_]`. */
function compilePattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return new RegExp(pattern);
  }
}
