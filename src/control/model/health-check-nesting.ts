import { calculatedDepthMax, calculatedWalkMax } from "../../base/limits.ts";
import { InvalidHealthCheckError } from "./health-check-config.ts";

/** Which checks each check is made of; empty for those that are not calculated. */
export type Nesting = {
  childrenOf(healthCheckId: string): readonly string[];
  parentsOf(healthCheckId: string): readonly string[];
};

/**
 * Refuses children that would lead back to the check, or nest too deep.
 * @throws InvalidHealthCheckError
 */
export function requireSoundNesting(
  id: string,
  children: readonly string[],
  nesting: Nesting,
): void {
  const below = new LevelCounter((check) => nesting.childrenOf(check), id);
  const depth = Math.max(0, ...children.map((child) => below.levels(child)));
  const above = new LevelCounter((check) => nesting.parentsOf(check)).levels(id);
  if (depth + above <= calculatedDepthMax) return;
  throw new InvalidHealthCheckError(
    `Cannot nest calculated health checks: ${depth + above} inside each other, ` +
      `limit ${calculatedDepthMax}`,
  );
}

/** Longest ways from checks along one direction, in calculated checks. */
class LevelCounter {
  readonly #nextOf: (id: string) => readonly string[];
  readonly #forbidden: string | undefined;
  readonly #known = new Map<string, number>();

  constructor(nextOf: (id: string) => readonly string[], forbidden?: string) {
    this.#nextOf = nextOf;
    this.#forbidden = forbidden;
  }

  levels(id: string, depth = 1): number {
    if (id === this.#forbidden) {
      throw new InvalidHealthCheckError(
        `Cannot nest calculated health checks: ${id} would be made of itself`,
      );
    }
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    if (this.#known.size >= calculatedWalkMax || depth > calculatedDepthMax + 1) {
      throw new InvalidHealthCheckError(
        `Cannot nest calculated health checks: more than ${calculatedDepthMax} inside each ` +
          `other, or more than ${calculatedWalkMax} connected`,
      );
    }
    const deeper = this.#nextOf(id).map((next) => this.levels(next, depth + 1));
    const levels = 1 + Math.max(0, ...deeper);
    this.#known.set(id, levels);
    return levels;
  }
}
