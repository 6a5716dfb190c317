import type { Field } from "./field.ts";

/** An RR type whose RDATA has a text form of its own. */
export type RdataType = {
  readonly type: number;
  /** In the order of both forms. */
  readonly fields: readonly Field[];
  /** Whether the text is one word, so that two are wrong before either is looked at. */
  readonly singleWord?: true;
  /**
   * Checks what no field can check alone.
   * @returns what is wrong, or `undefined`
   */
  readonly check?: (rdata: Uint8Array) => string | undefined;
};
