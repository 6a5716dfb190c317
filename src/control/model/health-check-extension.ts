/**
 * A row of the table `healthCheckExtension`: what Signpost's own API adds to a check, beside its
 * Route 53 form. What is absent is as Route 53 has it.
 */
export type HealthCheckExtension = {
  /** Names of locations it is checked from; absent: by the check's regions, or all there are. */
  locations?: string[];
  /** Healthy when more than this share (0–1) of live locations say so, or at least this many. */
  votes?: { share: number } | { count: number };
  /** 1–300. */
  intervalSeconds?: number;
  upThreshold?: number;
  downThreshold?: number;
  /** A slower answer is a failure. */
  responseTimeMaxMs?: number;
  connectTimeoutMs?: number;
  responseTimeoutMs?: number;
  validateCertificate?: boolean;
  /** What is done instead of the Route 53 type's probe; the endpoint is the check's. */
  probe?: OwnProbe;
  /**
   * Of a CALCULATED check, in place of its `childHealthChecks`: ids of checks, which may be
   * calculated too. The check's `healthThreshold` counts them.
   */
  children?: string[];
  /** Of a CALCULATED check, in place of its threshold: names of checks, AND OR NOT, time windows. */
  expression?: string;
  /** Every name that the expression uses → the id of that check. */
  checks?: Record<string, string>;
};

export type OwnProbe =
  | {
      kind: "dns";
      transport: "udp" | "tcp";
      qname: string;
      qtype: string;
      rcode: string;
      expect?: string;
    }
  | { kind: "grpc"; tls: boolean; service: string }
  | { kind: "tls-expiry"; daysMin: number }
  | { kind: "rtt"; rttMaxMs: number }
  /** The service calls in at least this often; who knows the token needs no key for it. */
  | { kind: "heartbeat"; everySeconds: number; token?: string }
  | { kind: "script"; command: string; args: string[]; timeoutMs: number };

/** Ids of the checks that a calculated check's status is made of. */
export function childrenOf(
  config: { childHealthChecks?: string[] },
  extension: HealthCheckExtension | undefined,
): string[] {
  if (extension?.expression !== undefined) return Object.values(extension.checks ?? {});
  return extension?.children ?? config.childHealthChecks ?? [];
}
