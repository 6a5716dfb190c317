/** What the resolver has done since its thread began. */
export type ResolverCounts = ReturnType<typeof newCounts>;

export function newCounts() {
  return {
    /** Messages of clients, and how they ended. */
    queries: 0,
    dropped: 0,
    refused: 0,
    failed: 0,
    truncated: 0,
    /** Questions that the cache answered, here; the front counts its own. */
    cacheHits: 0,
    staleAnswers: 0,
    prefetches: 0,
    /** Questions that waited for the answer to the same one. */
    coalesced: 0,
    serverQuestions: 0,
    serverFailures: 0,
    /** Refused for a limit of this resolver. */
    overloaded: 0,
    /** What the firewall said. */
    blocked: 0,
    alerted: 0,
    allowed: 0,
    firewallFailures: 0,
  };
}
