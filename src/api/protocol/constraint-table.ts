/** Limits of a string or number; a length counts characters, a range is inclusive. */
export type ScalarConstraint = {
  readonly type: "string" | "integer" | "long" | "double" | "float";
  /** Least length of a string, least value of a number. */
  readonly min?: number;
  readonly max?: number;
  /** A regular expression in the service model's dialect; it must match the whole value. */
  readonly pattern?: string;
  readonly enum?: readonly string[];
};

/** Limits of a list's length, and the shape of its elements. */
export type ListConstraint = {
  readonly type: "list";
  readonly min?: number;
  readonly max?: number;
  /** A name in `shapes`, where it has a line there. */
  readonly element?: string;
};

/**
 * What the SDK's schemas leave out. They inline the names of scalar shapes, so a constraint is
 * found by structure and member: `shapes[members[structure][member]]`.
 */
export type ConstraintTable = {
  readonly shapes: Readonly<Record<string, ScalarConstraint | ListConstraint>>;
  readonly members: Readonly<Record<string, Readonly<Record<string, string>>>>;
};
