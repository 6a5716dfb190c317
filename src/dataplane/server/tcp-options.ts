import {
  tcpConnectionCountMaxDefault,
  tcpConnectionsPerClientMaxDefault,
  tcpIdleTimeoutMsDefault,
  tcpUnsentSizeMax,
} from "../../base/limits.ts";

export type TcpOptions = {
  /** Since the last whole query, and for a client to take an answer. */
  idleTimeoutMs: number;
  /** Connections at one time; past it the longest idle one is closed for a new one. */
  connectionCountMax: number;
  /** Connections at one time of one IPv4 address or IPv6 /64. */
  connectionsPerClientMax: number;
  /** Octets of answers not yet taken, past which no more queries of the client are read. */
  unsentSizeMax: number;
};

export const tcpOptionsDefault: TcpOptions = {
  idleTimeoutMs: tcpIdleTimeoutMsDefault,
  connectionCountMax: tcpConnectionCountMaxDefault,
  connectionsPerClientMax: tcpConnectionsPerClientMaxDefault,
  unsentSizeMax: tcpUnsentSizeMax,
};
