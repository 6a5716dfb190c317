import type { ImageProgram } from "./image-program.ts";

/** A name and a type of the zone. */
export type SetReference = {
  /** Wire form, uncompressed, any case. */
  readonly owner: Uint8Array;
  readonly type: number;
};

/**
 * Everything of one owner and type, for an image. Names are in wire form, uncompressed, in any
 * case; RDATA likewise. Its memory is only read during the call it is given to.
 */
export type ImageRRset = SetReference &
  (
    | { readonly ttl: number; readonly rdatas: readonly Uint8Array[] }
    /** Which records it answers with is decided for each query. */
    | { readonly program: ImageProgram }
  );
