/** What the details of reasons mean where they are no status, code or number of the endpoint's. */

/**
 * Of `resolutionFailed`: a DNS response code; 0 where there is the name but no A record; or one of
 * these.
 */
export const LookupFailure = { timedOut: 1_000, other: 1_001 } as const;

/** Of `tlsFailed`: the handshake did not end in time; 0 where it failed. */
export const handshakeTimedOut = 1;

/** Of `certificateInvalid`. */
export const CertificateProblem = { untrusted: 0, notInTime: 1, wrongName: 2, none: 3 } as const;
export type CertificateProblem = (typeof CertificateProblem)[keyof typeof CertificateProblem];

/** Of `scriptNotStarted`: a system error number, or one of these. */
export const ScriptRefusal = { notEnabled: 1_000, tooMany: 1_001 } as const;
