import {
  cacheTtlMaxSecondsDefault,
  negativeTtlMaxSecondsDefault,
  staleMaxSecondsDefault,
} from "../../base/limits.ts";

/** How long answers from elsewhere are kept. */
export type CacheSettings = {
  /** A TTL below is raised to it, records and all. 0: none is. */
  ttlMinSeconds: number;
  /** A TTL above is lowered to it. */
  ttlMaxSeconds: number;
  /** Of NXDOMAIN and of no data. */
  negativeTtlMaxSeconds: number;
  /** How long after its end an answer is given where no server answers (RFC 8767); 0: never. */
  staleMaxSeconds: number;
  /** Whether an answer that is asked for in the last tenth of its time is fetched again early. */
  prefetch: boolean;
  /** Whether nothing is below a name that does not exist (RFC 8020). */
  nxdomainCut: boolean;
};

export const cacheSettingsDefault: CacheSettings = {
  ttlMinSeconds: 0,
  ttlMaxSeconds: cacheTtlMaxSecondsDefault,
  negativeTtlMaxSeconds: negativeTtlMaxSecondsDefault,
  staleMaxSeconds: staleMaxSecondsDefault,
  prefetch: true,
  nxdomainCut: true,
};
