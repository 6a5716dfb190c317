import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

/** As the detail of `Reason.certificateInvalid`. */
export const CertificateProblem = {
  untrusted: 0,
  notInTime: 1,
  wrongName: 2,
  none: 3,
} as const;
export type CertificateProblem = (typeof CertificateProblem)[keyof typeof CertificateProblem];

/** Whether a certificate has a name, as common name or subject alternative name. */
export function certificateIncludes(certificate: X509Certificate, name: string): boolean {
  return certificate.checkHost(name, { subject: "always" }) !== undefined;
}

/**
 * What is wrong with a server's certificate; `undefined` where nothing is.
 * @param socket opened with `validate`
 * @param name of the endpoint; an IP address where it has no name
 */
export function certificateProblem(
  socket: TLSSocket,
  name: string,
): CertificateProblem | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return CertificateProblem.none;
  const isNamed = certificate.checkHost(name) ?? certificate.checkIP(name.replace(/[[\]]/g, ""));
  if (isNamed === undefined) return CertificateProblem.wrongName;
  if (socket.authorized) return undefined;
  const { code } = socket.authorizationError as unknown as { code?: string };
  const error = code ?? String(socket.authorizationError);
  const timely = !/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/.test(error);
  return timely ? CertificateProblem.untrusted : CertificateProblem.notInTime;
}
