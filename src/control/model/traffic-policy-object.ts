/** One thing that is wrong with a traffic policy document. */
export class PolicyProblem extends Error {
  override name = "PolicyProblem";

  /** @param path `$.Rules.start.Items[0].Weight` */
  constructor(path: string, message: string) {
    super(`${path}: ${message}`);
  }
}

type Range = { min: number; max: number };

/** The path of an object's member. */
export function memberPath(path: string, name: string): string {
  return /^\w+$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

/**
 * Reads an object of a traffic policy document member by member: each is asked for at most once,
 * `end()` refuses those that were not. Numbers and booleans may be written as strings.
 * Methods throw PolicyProblem.
 */
export class PolicyObject {
  readonly path: string;
  readonly #members: Map<string, unknown>;

  constructor(value: unknown, path: string) {
    this.path = path;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new PolicyProblem(path, `an object is expected, not ${kindOf(value)}`);
    }
    this.#members = new Map(Object.entries(value));
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  /** The path of a member. */
  at(name: string): string {
    return memberPath(this.path, name);
  }

  problem(name: string, message: string): PolicyProblem {
    return new PolicyProblem(this.at(name), message);
  }

  text(name: string): string {
    const value = this.#take(name);
    if (typeof value !== "string") {
      throw this.problem(name, `a string is expected, not ${kindOf(value)}`);
    }
    if (value === "") throw this.problem(name, "must not be empty");
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const text = this.text(name);
    const value = values.find((candidate) => candidate === text);
    if (value !== undefined) return value;
    throw this.problem(name, `'${text}' is none of ${values.join(", ")}`);
  }

  flag(name: string, fallback: boolean): boolean {
    if (!this.has(name)) return fallback;
    const value = this.#take(name);
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
    throw this.problem(name, "true or false is expected");
  }

  wholeNumber(name: string, range: Range, fallback?: number): number {
    const value = this.number(name, range, fallback);
    if (Number.isInteger(value)) return value;
    throw this.problem(name, `a whole number is expected, not ${value}`);
  }

  number(name: string, { min, max }: Range, fallback?: number): number {
    if (fallback !== undefined && !this.has(name)) return fallback;
    const value = Number(this.decimal(name));
    if (value >= min && value <= max) return value;
    throw this.problem(name, `must be from ${min} to ${max}, not ${value}`);
  }

  /** A decimal number as it is written. */
  decimal(name: string): string {
    const value = this.#take(name);
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text === "string" && /^[-+]?\d+(\.\d*)?$/.test(text)) return text;
    throw this.problem(name, `a number is expected, not ${kindOf(value)}`);
  }

  object(name: string): PolicyObject {
    return new PolicyObject(this.#take(name), this.at(name));
  }

  /** The members of an object whose names are free, each with its path. */
  map(name: string): [name: string, member: unknown, path: string][] {
    if (!this.has(name)) return [];
    const object = this.object(name);
    return [...object.#members].map(([key, value]) => [key, value, object.at(key)]);
  }

  /** The elements of a list that is not empty, each with its path. */
  list(name: string, countMax: number): [element: unknown, path: string][] {
    const value = this.#take(name);
    if (!Array.isArray(value)) {
      throw this.problem(name, `a list is expected, not ${kindOf(value)}`);
    }
    if (value.length === 0) throw this.problem(name, "must not be empty");
    if (value.length > countMax) {
      throw this.problem(name, `has ${value.length} elements, the limit is ${countMax}`);
    }
    return value.map((element: unknown, i) => [element, `${this.at(name)}[${i}]`]);
  }

  /** Refuses members that nothing has asked for. */
  end(): void {
    for (const name of this.#members.keys()) throw this.problem(name, "is not expected here");
  }

  #take(name: string): unknown {
    if (!this.has(name)) throw this.problem(name, "is missing");
    const value = this.#members.get(name);
    this.#members.delete(name);
    return value;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return `a ${typeof value}`;
}
