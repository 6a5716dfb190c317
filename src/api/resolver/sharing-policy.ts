/** What a policy may be about. */
type Scope = {
  /** `route53resolver:GetFirewallRuleGroup` */
  actions: readonly string[];
  arn: string;
};

/**
 * Why a text is no policy that lets others use a resource; `undefined` where it is one. With one
 * account it gives nobody anything: it is kept for clients that read back what they have written.
 */
export function sharingPolicyProblem(text: string, scope: Scope): string | undefined {
  const document = parse(text);
  if (!isObject(document)) return "it is no JSON object";
  const statements = [document["Statement"] ?? []].flat();
  if (statements.length === 0) return "it has no Statement";
  for (const statement of statements) {
    const problem = statementProblem(statement, scope);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function statementProblem(statement: unknown, { actions, arn }: Scope): string | undefined {
  if (!isObject(statement)) return "a statement is no JSON object";
  const { Effect, Principal, Action, Resource } = statement;
  if (Effect !== "Allow") return "the Effect of a statement is not Allow";
  if (Principal === undefined) return "a statement has no Principal";
  const given = [Action ?? []].flat();
  const foreign = given.find((action) => !actions.includes(String(action)));
  if (given.length === 0) return "a statement has no Action";
  if (foreign !== undefined)
    return `the action ${String(foreign)} is none of ${actions.join(", ")}`;
  const resources = [Resource ?? []].flat();
  if (!resources.includes(arn)) return `the Resource of a statement is not ${arn}`;
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
