import { clockSkewMaxMs } from "../../base/limits.ts";
import type { Clock } from "../../base/clock.ts";
import { ServiceError } from "./service-error.ts";
import { checkClaim, readClaim, unsignedPayload, verifySignature } from "./sigv4.ts";
import type { SignedRequest } from "./sigv4.ts";

export type AuthenticatorOptions = {
  /** The secret of an access key; `undefined` where there is no such key. */
  secretOf(accessKeyId: string): string | undefined;
  readonly clock: Clock;
};

/** A caller whose request is proved once `finish` has returned. */
export type Authentication = {
  readonly accessKeyId: string;
  /** Whether the client stated the payload's hash, so that head and signature are proved now. */
  readonly headProved: boolean;
  /**
   * States that the payload is what was signed, by its SHA-256 in hex.
   * @throws ServiceError SignatureDoesNotMatch
   */
  finish(payloadHash: string): void;
};

/** Checks who sent a request (Signature Version 4, header and presigned). */
export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /**
   * Checks all that can be checked before the body is there.
   * @param services names that the signature may be scoped to
   * @throws ServiceError with AWS's codes
   */
  begin(request: SignedRequest, services: readonly string[]): Authentication {
    const claim = readClaim(request);
    const secret = this.#options.secretOf(claim.accessKeyId);
    // A key made here has no session token; one that comes with a token is somebody else's.
    if (secret === undefined || hasSessionToken(request)) {
      const message = "The security token included in the request is invalid.";
      throw new ServiceError("InvalidClientTokenId", message);
    }
    checkClaim(claim, { nowMs: this.#options.clock.nowMs(), skewMs: clockSkewMaxMs, services });
    const stated = claim.payloadHash;
    if (stated !== undefined) verifySignature(claim, request, { secret, payloadHash: stated });
    return {
      accessKeyId: claim.accessKeyId,
      headProved: stated !== undefined,
      finish(payloadHash) {
        if (stated === undefined) verifySignature(claim, request, { secret, payloadHash });
        else if (stated !== unsignedPayload && stated !== payloadHash) {
          const message =
            "The provided 'x-amz-content-sha256' header does not match what was computed.";
          throw new ServiceError("SignatureDoesNotMatch", message);
        }
      },
    };
  }
}

function hasSessionToken(request: SignedRequest): boolean {
  if (request.headers.has("x-amz-security-token")) return true;
  return request.target.query.some(([name]) => name === "X-Amz-Security-Token");
}
