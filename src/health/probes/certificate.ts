import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

import { CertificateProblem } from "./detail.ts";

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
