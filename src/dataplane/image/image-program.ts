import type { SetReference } from "./image-rrset.ts";

/**
 * What answers where a set is routed: a program (dataplane/policy), and after it the program's
 * leaves, which only an image can write. It counts from its first word, so sets can share it.
 *
 * ```
 *   RECORDS    op | block (layout.ts)             the answer
 *   ALIAS      op | name hash | key word | nameSize 8 | EVALUATE_HEALTH | name below the apex, padded
 *                                                 the set of another owner; none: no data
 * ```
 *
 * The program of a set that is nothing but a leaf is that leaf. All other instructions have higher
 * numbers.
 */
export const LEAF = { RECORDS: 1, ALIAS: 2 } as const;

/** Columns of the leaves, in words from their start. */
export const RECORDS = { block: 1 } as const;
export const ALIAS = { hash: 1, key: 2, nameSize: 3, name: 4 } as const;
/** In the word of ALIAS.nameSize: the target's health counts as the alias's own. */
export const EVALUATE_HEALTH = 0x100;

/** A place where a program ends. */
export type ProgramLeaf = {
  /** Indices of the program's words that lead here. */
  readonly holes: readonly number[];
} & (
  | { readonly ttl: number; readonly rdatas: readonly Uint8Array[] }
  | { readonly target: SetReference; readonly evaluateTargetHealth: boolean }
);

/** A program that no image has yet. Offsets in it count words from its first. */
export type ImageProgram = {
  readonly words: Int32Array;
  /** At least one. */
  readonly leaves: readonly ProgramLeaf[];
  /** Whether any of its groups asks for the client's place. */
  readonly asksPlaces: boolean;
};
