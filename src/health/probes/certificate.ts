import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

import { parseIp } from "../../base/ip.ts";
import { CertificateProblem } from "./detail.ts";

/** Whether a certificate has a name, as common name or subject alternative name. */
export function certificateIncludes(
  certificate: X509Certificate | undefined,
  name: string,
): boolean {
  return certificate?.checkHost(name, { subject: "always" }) !== undefined;
}

/**
 * What is wrong with a server's certificate; `undefined` where nothing is.
 * @param socket opened with `validate`
 * @param name of the endpoint; an IP address where it has no name
 */
export function certificateProblem(
  socket: TLSSocket,
  { certificate, name }: { certificate: X509Certificate | undefined; name: string },
): CertificateProblem | undefined {
  if (!certificate) return CertificateProblem.none;
  const bare = name.replace(/^\[(.*)\]$/, "$1");
  const isNamed = parseIp(bare) ? certificate.checkIP(bare) : certificate.checkHost(bare);
  if (isNamed === undefined) return CertificateProblem.wrongName;
  if (socket.authorized) return undefined;
  // A code of OpenSSL's, whatever the declared type says.
  const isTimely = !/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/.test(String(socket.authorizationError));
  return isTimely ? CertificateProblem.untrusted : CertificateProblem.notInTime;
}
