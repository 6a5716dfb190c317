import type { ListConstraint, ScalarConstraint } from "./constraint-table.ts";
import { ServiceError } from "./service-error.ts";
import type { Rule, Violation } from "./validation.ts";
import { validationError } from "./validation.ts";

/** Operations that name parameters as the query protocol does, and have errors of their own. */
const namesParameters: ReadonlySet<string> = new Set([
  "PutMetricData",
  "GetMetricStatistics",
  "ListMetrics",
]);

/** What CloudWatch answers to an input that breaks constraints of its model. */
export function cloudwatchRefusal(
  violations: readonly Violation[],
  operation: string,
): ServiceError {
  if (!namesParameters.has(operation)) return validationError(violations, "ValidationException");
  const missing = violations.filter(({ rule }) => rule.kind === "required");
  const code = missing.length > 0 ? "MissingRequiredParameterException" : invalidValue;
  const named = missing.length > 0 ? missing : violations;
  return new ServiceError(code, named.map(sentence).join("\n"));
}

const invalidValue = "InvalidParameterValueException";

function sentence({ parameter, rule }: Violation): string {
  const { constraint } = rule;
  if (rule.kind === "required") return `The parameter ${parameter} is required.`;
  if (rule.kind === "enum" || rule.kind === "element") {
    return `The parameter ${parameter} must be a value in the set [ ${valuesOf(constraint)} ].`;
  }
  return `The parameter ${parameter} ${demand(rule, constraint)}.`;
}

function valuesOf(constraint: Rule["constraint"]): string {
  return constraint && "enum" in constraint ? (constraint.enum ?? []).join(", ") : "";
}

function demand({ kind, text }: Rule, constraint: ScalarConstraint | ListConstraint | undefined) {
  const { min = 0, max } = constraint ?? {};
  const pattern = constraint && "pattern" in constraint ? constraint.pattern : undefined;
  if (kind === "pattern") return `must match the pattern ${pattern}`;
  const tooMany = text.includes("less than or equal to");
  if (kind === "value") {
    return tooMany
      ? `must be less than or equal to ${max}`
      : `must be greater than or equal to ${min}`;
  }
  const things = constraint?.type === "list" ? "elements" : "characters";
  if (tooMany) return `must have at most ${max} ${things}`;
  return `must have at least ${min} ${things}`;
}
