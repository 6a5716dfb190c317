/** A name and a type of the zone. */
export type SetReference = {
  /** Wire form, uncompressed, any case. */
  readonly owner: Uint8Array;
  readonly type: number;
};

/** One of several sets of one owner and type; drawn by its weight. */
export type RoutedChoice =
  | { readonly weight: number; readonly ttl: number; readonly rdatas: readonly Uint8Array[] }
  | { readonly weight: number; readonly alias: SetReference };

/**
 * Everything of one owner and type, for an image. Names are in wire form, uncompressed, in any
 * case; RDATA likewise. Its memory is only read during the call it is given to. SOA, NS and DNAME
 * are never aliases nor choices.
 */
export type ImageRRset = SetReference &
  (
    | { readonly ttl: number; readonly rdatas: readonly Uint8Array[] }
    /** Answers with the records of another set of this zone and their TTL. */
    | { readonly alias: SetReference }
    /**
     * One choice is drawn for each query: by weight 0 or more, or by equal chances where all weights
     * are 0. With `multivalue` instead up to eight are drawn, each with equal chances; none of them
     * may be an alias then.
     */
    | { readonly choices: readonly RoutedChoice[]; readonly multivalue?: boolean }
  );
