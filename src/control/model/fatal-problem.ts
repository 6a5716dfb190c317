/** Route 53's wording of text that is no name or no value. */
export function fatalProblem(code: string, what: string, value: string): string {
  return `FATAL problem: ${code} (${what}) encountered with '${value}'`;
}
