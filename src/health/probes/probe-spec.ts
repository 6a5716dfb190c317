/** What a probe does to one endpoint: plain data, complete, sent to checkers as JSON. */
export type ProbeSpec =
  | HttpProbeSpec
  | (EndpointSpec & { kind: "tcp"; connectTimeoutMs: number })
  /** Median TCP handshake of a few, over a limit is a failure: what ping is wanted for. */
  | (EndpointSpec & { kind: "rtt"; connectTimeoutMs: number; rttMaxMs: number })
  | DnsProbeSpec
  | (EndpointSpec & { kind: "grpc"; tls: boolean; service: string; timeoutMs: number })
  /** Fails from `daysMin` days before the certificate's end. */
  | (EndpointSpec & { kind: "tls-expiry"; daysMin: number; timeoutMs: number })
  /** Exit status 0 is success; killed with all it started at the limit. */
  | { kind: "script"; command: string; args: readonly string[]; timeoutMs: number };

export type EndpointSpec = {
  /** IPv4 or IPv6; absent: the A records of `host` are looked up for each probe. */
  address?: string;
  /** Domain name: looked up, sent in the Host header and in SNI. */
  host?: string;
  port: number;
};

export type HttpProbeSpec = EndpointSpec & {
  kind: "http";
  tls: boolean;
  /** `host` goes into the ClientHello; tried once more without where the certificate lacks it. */
  sni: boolean;
  /** Begins with a slash. */
  path: string;
  /** Must be wholly in the first 5,120 octets of the body, decompressed. */
  search?: string;
  connectTimeoutMs: number;
  /** From the connection to the status line. */
  responseTimeoutMs: number;
  /** From the status line to the end of what is looked at. */
  bodyTimeoutMs: number;
  /** An answer that takes longer (connect to first octet) is a failure. */
  responseTimeMaxMs?: number;
  validateCertificate?: boolean;
};

export type DnsProbeSpec = EndpointSpec & {
  kind: "dns";
  transport: "udp" | "tcp";
  qname: string;
  /** `A`, `TYPE65`, … */
  qtype: string;
  rcode: string;
  /** A record's text form that must be among the answers. */
  expect?: string;
  timeoutMs: number;
};
