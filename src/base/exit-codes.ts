/** Exit codes of `bin/signpost`, for scripts. */
export const exitCodes = {
  done: 0,
  /** Signpost, or the input, said no; the message says why. Nothing was changed. */
  refused: 1,
  /** The command line itself cannot be understood. */
  usage: 2,
  /** No running Signpost was found or reached. */
  unreachable: 3,
} as const;
