/**
 * The program of a routed set: instructions in words, found by their offset from the block's start.
 * It begins at BLOCK.program. Each draw of a query runs it once; its leaves are blocks.
 *
 * ```
 *   RECORDS    op | block (layout.ts)             the answer
 *   ALIAS      op | name hash | key word | nameSize | name below the apex, padded to words
 *                                                 the set of another owner; none: no data
 *   WEIGHTED   op | count | total | (bound, target) × count
 *                                                 draw 0 ≤ d < total; the first with d < bound
 *   SAMPLE     op | count | limit | target × count
 *                                                 up to `limit` of them; each target is RECORDS
 * ```
 */
export const OP = { RECORDS: 1, ALIAS: 2, WEIGHTED: 3, SAMPLE: 4 } as const;

/** Columns of the instructions, in words from their start. */
export const RECORDS = { block: 1 } as const;
export const ALIAS = { hash: 1, key: 2, nameSize: 3, name: 4 } as const;
export const WEIGHTED = { count: 1, total: 2, entries: 3 } as const;
export const SAMPLE = { count: 1, limit: 2, entries: 3 } as const;

/** Sets that one routed answer may be made of: Route 53's limit for multivalue answers. */
export const SAMPLE_LIMIT = 8;
/** Choices that take part in one such draw. */
export const SAMPLE_TARGETS_MAX = 256;
