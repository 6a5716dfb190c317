import { createHmac } from "node:crypto";

/** Headers of a signed request, in lower case. */
export type SignedHeaders = {
  /** Seconds since 1970, when the request was made. */
  "signpost-timestamp": string;
  /** `v1=` and 64 hexadecimal digits. */
  "signpost-signature": string;
};

/**
 * Signs a body: HMAC-SHA256 with the webhook's secret over the timestamp, a full stop and the
 * body. Receivers compute the same, compare in constant time, and refuse old timestamps.
 */
export function signBody(body: string, { secret, atMs }: { secret: string; atMs: number }) {
  const timestamp = String(Math.floor(atMs / 1000));
  const digest = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  const headers: SignedHeaders = {
    "signpost-timestamp": timestamp,
    "signpost-signature": `v1=${digest}`,
  };
  return headers;
}
