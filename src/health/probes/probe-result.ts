import type { Reason } from "./reason.ts";

/** What one probe found. */
export type ProbeResult = {
  reason: Reason;
  /** What `reason` is about: an HTTP status, a TLS alert, days, an exit status; else 0. 0–65535. */
  detail: number;
  /** From the first octet sent to the connection made; 0 where it was not made. */
  connectMs: number;
  /** The TLS handshake's part; 0 without. */
  tlsMs: number;
  /** From the request to the first octet of the answer; 0 without. */
  firstByteMs: number;
};
