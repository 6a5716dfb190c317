import type { Attempt } from "./attempt.ts";
import { openTls } from "./connection.ts";
import { CertificateProblem } from "./detail.ts";
import { serverNameOf } from "./endpoint.ts";
import type { EndpointSpec } from "./probe-spec.ts";
import { Reason } from "./reason.ts";

export type TlsExpiryProbeSpec = EndpointSpec & { daysMin: number; timeoutMs: number };

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Fails from `daysMin` days before the end of the certificate that the endpoint shows (its own, not
 * its issuers'), and before its begin. The detail is the number of whole days left.
 */
export function probeTlsExpiry(
  attempt: Attempt,
  spec: TlsExpiryProbeSpec,
  { address, nowMs }: { address: string; nowMs: number },
): void {
  const { port, timeoutMs, daysMin } = spec;
  attempt.deadline(timeoutMs);
  const options = {
    address,
    port,
    connectTimeoutMs: timeoutMs,
    serverName: serverNameOf(spec),
    alpn: "http/1.1",
    afterConnectMs: timeoutMs,
    validate: false,
  };
  openTls(attempt, options, (socket) => {
    const certificate = socket.getPeerX509Certificate();
    if (!certificate) return attempt.end(Reason.certificateInvalid, CertificateProblem.none);
    const leftMs = certificate.validToDate.getTime() - nowMs;
    if (leftMs < 0 || nowMs < certificate.validFromDate.getTime()) {
      return attempt.end(Reason.certificateInvalid, CertificateProblem.notInTime);
    }
    const isLong = leftMs > daysMin * dayMs;
    attempt.end(isLong ? Reason.certificateValid : Reason.certificateExpiring, leftMs / dayMs);
  });
}
