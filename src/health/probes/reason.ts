/**
 * Why a probe succeeded or failed, as one octet in verdict tables. Numbers are never reused; 0 is
 * "nothing known yet", 1–31 are successes, 32 and up failures.
 */
export const Reason = {
  none: 0,
  httpStatus: 1,
  stringFound: 2,
  connected: 3,
  rttBelow: 4,
  dnsAnswered: 5,
  grpcServing: 6,
  certificateValid: 7,
  scriptSucceeded: 8,
  heartbeat: 9,
  connectTimeout: 32,
  connectionRefused: 33,
  connectionReset: 34,
  unreachable: 35,
  resolutionFailed: 36,
  addressNotAllowed: 37,
  tlsAlert: 38,
  tlsFailed: 39,
  certificateInvalid: 40,
  responseTimeout: 41,
  badResponse: 42,
  headersTooLarge: 43,
  httpStatusFailed: 44,
  bodyTimeout: 45,
  stringNotFound: 46,
  bodyUndecodable: 47,
  tooSlow: 48,
  dnsWrongRcode: 49,
  dnsWrongAnswer: 50,
  dnsTimeout: 51,
  grpcNotServing: 52,
  grpcFailed: 53,
  certificateExpiring: 54,
  scriptFailed: 55,
  scriptTimeout: 56,
  scriptNotStarted: 57,
  heartbeatMissed: 58,
  internal: 59,
} as const;
export type Reason = (typeof Reason)[keyof typeof Reason];

export function isSuccess(reason: Reason): boolean {
  return reason > 0 && reason < 32;
}
