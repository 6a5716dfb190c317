/** Something a client sent that cannot be taken; the message begins with the member's path. */
export class InputProblem extends Error {
  override name = "InputProblem";

  /** @param path `extension.votes.share` */
  constructor(path: string, message: string) {
    super(`${path}: ${message}`);
  }
}

export type NumberRange = { min: number; max: number };

/**
 * Reads a JSON object member by member: `optional` readers give undefined for members that are
 * absent, and `end()` refuses those that nothing has asked for. Methods throw InputProblem.
 */
export class InputObject {
  readonly #path: string;
  readonly #members: Map<string, unknown>;

  /** @param path of the object in the whole; empty at the top */
  constructor(value: unknown, path = "") {
    this.#path = path;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new InputProblem(path || "body", `an object is expected, not ${kindOf(value)}`);
    }
    this.#members = new Map(Object.entries(value));
  }

  at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }

  problem(name: string, message: string): InputProblem {
    return new InputProblem(this.at(name), message);
  }

  has(name: string): boolean {
    return this.#members.get(name) !== undefined;
  }

  /** The member as it is; asked for, so that `end()` lets it pass. */
  take(name: string): unknown {
    const value = this.#members.get(name);
    this.#members.delete(name);
    return value;
  }

  text(name: string, size: NumberRange = { min: 1, max: 255 }): string {
    const value = this.take(name);
    if (typeof value !== "string") throw this.#wrongKind(name, "a string", value);
    if (value.length >= size.min && value.length <= size.max) return value;
    throw this.problem(name, `${value.length} characters, ${size.min} to ${size.max} are expected`);
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const text = this.text(name);
    const value = values.find((candidate) => candidate === text);
    if (value !== undefined) return value;
    throw this.problem(name, `${JSON.stringify(text)} is none of ${values.join(", ")}`);
  }

  flag(name: string): boolean {
    const value = this.take(name);
    if (typeof value === "boolean") return value;
    throw this.#wrongKind(name, "true or false", value);
  }

  number(name: string, { min, max }: NumberRange): number {
    const value = this.take(name);
    if (typeof value !== "number") throw this.#wrongKind(name, "a number", value);
    if (value >= min && value <= max) return value;
    throw this.problem(name, `must be from ${min} to ${max}, not ${value}`);
  }

  wholeNumber(name: string, range: NumberRange): number {
    const value = this.number(name, range);
    if (Number.isInteger(value)) return value;
    throw this.problem(name, `a whole number is expected, not ${value}`);
  }

  object(name: string): InputObject {
    return new InputObject(this.take(name), this.at(name));
  }

  /** A list of distinct texts. */
  texts(name: string, count: NumberRange, size?: NumberRange): string[] {
    const value = this.take(name);
    if (!Array.isArray(value)) throw this.#wrongKind(name, "a list", value);
    if (value.length < count.min || value.length > count.max) {
      const limits = `${count.min} to ${count.max} are expected`;
      throw this.problem(name, `${value.length} elements, ${limits}`);
    }
    const texts = value.map((element: unknown, i) => {
      return new InputObject({ [i]: element }, this.at(name)).text(String(i), size);
    });
    const again = texts.findIndex((text, i) => texts.indexOf(text) !== i);
    if (again < 0) return texts;
    throw this.problem(`${name}.${again}`, `${JSON.stringify(texts[again])} is there twice`);
  }

  /** The names of all members that nothing has asked for yet. */
  names(): string[] {
    return [...this.#members.keys()];
  }

  /** An object whose names are free and whose members are texts. */
  textMap(name: string, countMax: number): Record<string, string> {
    const object = this.object(name);
    const names = [...object.#members.keys()];
    if (names.length > countMax) {
      throw this.problem(name, `${names.length} members, at most ${countMax} are expected`);
    }
    return Object.fromEntries(names.map((key) => [key, object.text(key)]));
  }

  /** What `read` gives, or undefined where the member is absent. */
  optional<T>(name: string, read: (name: string) => T): T | undefined {
    return this.has(name) ? read(name) : (this.take(name) as undefined);
  }

  /** Refuses members that nothing has asked for. */
  end(): void {
    for (const name of this.#members.keys()) throw this.problem(name, "is not expected here");
  }

  #wrongKind(name: string, expected: string, value: unknown): InputProblem {
    if (value === undefined) return this.problem(name, "is missing");
    return this.problem(name, `${expected} is expected, not ${kindOf(value)}`);
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return `a ${typeof value}`;
}
