/** Why a zone cannot be compiled: what an operator is told. */
export type CompileProblem = {
  zoneId: string;
  /** The hosted zone's name. */
  zoneName: string;
  /** Owner name and type of the set at fault, as Route 53 writes them; empty: the zone as a whole. */
  owner: string;
  type: string;
  reason: string;
};

/** Stored data that no image can be made of. Data that came through the API never leads here. */
export class CompileError extends Error {
  override name = "CompileError";
  readonly owner: string;
  readonly type: string;

  constructor(reason: string, at: { owner: string; type: string }) {
    super(reason);
    this.owner = at.owner;
    this.type = at.type;
  }
}

/** One line for a log: which set of which zone, and why. */
export function describeProblem(problem: CompileProblem): string {
  const where = problem.owner === "" ? "" : ` at ${problem.owner} ${problem.type}`;
  return `Cannot compile zone ${problem.zoneName} (${problem.zoneId})${where}: ${problem.reason}`;
}
