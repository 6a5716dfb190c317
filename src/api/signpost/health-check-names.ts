import type { HealthCheckExtension } from "../../control/model/health-check-extension.ts";
import {
  HealthExpressionError,
  namesOf,
  parseHealthExpression,
} from "../../control/model/health-expression.ts";
import { InputProblem } from "../../control/model/input-object.ts";
import type { StateReader } from "../../control/state/state-reader.ts";

/**
 * The extension with every name of its expression bound to a check: by its own `checks`, as an
 * id, or as the `Name` tag of one check.
 * @throws InputProblem
 */
export function bindNames(
  state: StateReader,
  extension: HealthCheckExtension,
): HealthCheckExtension {
  const { expression, checks = {} } = extension;
  if (expression === undefined) return extension;
  const names = readNames(expression);
  for (const name of Object.keys(checks)) {
    if (names.includes(name)) continue;
    throw new InputProblem(`extension.checks.${name}`, "is not a name of the expression");
  }
  const tagged = new TaggedChecks(state);
  const given = new Map(Object.entries(checks));
  const bound = names.map((name) => [name, given.get(name) ?? tagged.idOf(name)] as const);
  return { ...extension, checks: Object.fromEntries(bound) };
}

function readNames(expression: string): string[] {
  try {
    return namesOf(parseHealthExpression(expression));
  } catch (error) {
    if (!(error instanceof HealthExpressionError)) throw error;
    throw new InputProblem("extension.expression", error.message);
  }
}

/** Names of checks, read from their tags when the first is asked for. */
class TaggedChecks {
  readonly #state: StateReader;
  #idsByName: ReadonlyMap<string, string[]> | undefined;

  constructor(state: StateReader) {
    this.#state = state;
  }

  idOf(name: string): string {
    if (this.#state.get("healthCheck", [name]) !== undefined) return name;
    this.#idsByName ??= idsByName(this.#state);
    const [id, other] = this.#idsByName.get(name) ?? [];
    if (id !== undefined && other === undefined) return id;
    const why = id === undefined ? "no check" : `several checks, ${id} and ${other} among them`;
    throw new InputProblem(
      "extension.expression",
      `${JSON.stringify(name)} is the name of ${why}; extension.checks can say which is meant`,
    );
  }
}

/** Ids of checks by their tag `Name`. */
export function idsByName(state: StateReader): Map<string, string[]> {
  const byName = new Map<string, string[]>();
  const tags = state.list<Record<string, string>>("tag", { prefix: ["healthcheck"] });
  for (const { key, value } of tags) {
    const { Name: name } = value;
    const id = key[1];
    if (name === undefined || id === undefined) continue;
    const ids = byName.get(name);
    if (ids) ids.push(id);
    else byName.set(name, [id]);
  }
  return byName;
}
