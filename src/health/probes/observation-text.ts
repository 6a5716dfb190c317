import { STATUS_CODES } from "node:http";

import { rcodeToText } from "../../dns/wire/registries.ts";
import { CertificateProblem, handshakeTimedOut, LookupFailure, ScriptRefusal } from "./detail.ts";
import { isSuccess, Reason } from "./reason.ts";

/**
 * A probe's outcome as GetHealthCheckStatus and GetHealthCheckLastFailureReason show it: Route 53's
 * words where its documentation or its answers show them, ours elsewhere.
 */
export function describeResult(reason: Reason, detail: number): string {
  if (reason === Reason.none) return "Unknown: The health checker has no result yet.";
  const text = texts[reason];
  const words = typeof text === "function" ? text(detail) : text;
  return `${isSuccess(reason) ? "Success" : "Failure"}: ${words}`;
}

type Text = string | ((detail: number) => string);

const seconds = "within the timeout limit.";

const texts: Readonly<Record<Exclude<Reason, 0>, Text>> = {
  [Reason.httpStatus]: httpStatus,
  [Reason.stringFound]: (status) => `${httpStatus(status)}. The search string was found.`,
  [Reason.connected]: "TCP connection established.",
  [Reason.rttBelow]: (ms) => `The round trip time was ${ms} ms.`,
  [Reason.dnsAnswered]: (rcode) => `DNS response code ${rcodeToText(rcode)}.`,
  [Reason.grpcServing]: "gRPC health status SERVING.",
  [Reason.certificateValid]: (days) => `The certificate is valid for ${count(days, "more day")}.`,
  [Reason.scriptSucceeded]: "The script ended with status 0.",
  [Reason.heartbeat]: "The service has called in.",
  [Reason.connectTimeout]: `The health checker could not establish a connection ${seconds}`,
  [Reason.connectionRefused]: "The endpoint refused the connection.",
  [Reason.connectionReset]: "The connection was closed by the endpoint.",
  [Reason.unreachable]: "The endpoint cannot be reached from the health checker.",
  [Reason.resolutionFailed]: lookup,
  [Reason.addressNotAllowed]:
    "The endpoint's IP address is local, private, nonroutable or multicast: " +
    "the health checker must not connect to it.",
  [Reason.tlsAlert]: (alert) => `SSL alert ${alertNames[alert] ?? alert}`,
  [Reason.tlsFailed]: (detail) =>
    detail === handshakeTimedOut
      ? `The SSL handshake did not end ${seconds}`
      : "The SSL handshake failed.",
  [Reason.certificateInvalid]: (problem) =>
    certificateTexts[problem as CertificateProblem] ?? "The certificate is not valid.",
  [Reason.responseTimeout]: `The endpoint did not respond ${seconds}`,
  [Reason.badResponse]: "The endpoint's response could not be understood.",
  [Reason.headersTooLarge]: "The response headers are larger than 16,384 bytes.",
  [Reason.httpStatusFailed]: httpStatus,
  [Reason.bodyTimeout]: `The health checker did not receive the response body ${seconds}`,
  [Reason.stringNotFound]: (status) =>
    `${httpStatus(status)}. The search string was not found in the first 5,120 bytes of the ` +
    "response body.",
  [Reason.bodyUndecodable]: "The response body could not be decompressed.",
  [Reason.tooSlow]: (ms) => `The endpoint took ${ms} ms, which is longer than allowed.`,
  [Reason.dnsWrongRcode]: (rcode) => `DNS response code ${rcodeToText(rcode)}.`,
  [Reason.dnsWrongAnswer]: "The DNS response does not have the expected record.",
  [Reason.dnsTimeout]: `The name server did not respond ${seconds}`,
  [Reason.grpcNotServing]: (status) => `gRPC health status ${servingNames[status] ?? status}.`,
  [Reason.grpcFailed]: (status) =>
    status >= 100 ? httpStatus(status) : `gRPC status ${grpcNames[status] ?? status}.`,
  [Reason.certificateExpiring]: (days) => `The certificate expires in ${count(days, "day")}.`,
  [Reason.scriptFailed]: (status) =>
    status > 128
      ? `The script was ended by signal ${status - 128}.`
      : `The script ended with status ${status}.`,
  [Reason.scriptTimeout]: `The script did not end ${seconds}`,
  [Reason.scriptNotStarted]: notStarted,
  [Reason.heartbeatMissed]: "The service has not called in.",
  [Reason.internal]: "The health checker could not carry out the health check.",
};

function httpStatus(status: number): string {
  const phrase = STATUS_CODES[status];
  return `HTTP Status Code ${status}${phrase === undefined ? "" : `, ${phrase}`}`;
}

function count(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? "" : "s"}`;
}

function lookup(detail: number): string {
  const failed = "DNS resolution failed";
  if (detail === 0) return `${failed}: The domain name has no A record.`;
  if (detail === LookupFailure.timedOut) return `${failed}: No name server responded ${seconds}`;
  if (detail === LookupFailure.other) return `${failed}.`;
  return `${failed}: DNS response code ${rcodeToText(detail)}.`;
}

function notStarted(detail: number): string {
  if (detail === ScriptRefusal.notEnabled) return "Scripts are not enabled at this health checker.";
  if (detail === ScriptRefusal.tooMany) return "Too many scripts wait at this health checker.";
  return `The script could not be started (system error ${detail}).`;
}

const certificateTexts: Readonly<Record<CertificateProblem, string>> = {
  [CertificateProblem.untrusted]: "The certificate is not from a trusted issuer.",
  [CertificateProblem.notInTime]: "The certificate has expired or is not valid yet.",
  [CertificateProblem.wrongName]: "The certificate does not include the endpoint's name.",
  [CertificateProblem.none]: "The endpoint has no certificate.",
};

/** grpc.health.v1.HealthCheckResponse.ServingStatus. */
const servingNames = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/** gRPC status codes (gRPC over HTTP/2). */
const grpcNames = `OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND
ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE
UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED`.split(/\s+/);

/** RFC 8446 §6 and RFC 5246 §7.2. */
const alertNames: Readonly<Record<number, string>> = {
  0: "close_notify",
  10: "unexpected_message",
  20: "bad_record_mac",
  21: "decryption_failed",
  22: "record_overflow",
  30: "decompression_failure",
  40: "handshake_failure",
  41: "no_certificate",
  42: "bad_certificate",
  43: "unsupported_certificate",
  44: "certificate_revoked",
  45: "certificate_expired",
  46: "certificate_unknown",
  47: "illegal_parameter",
  48: "unknown_ca",
  49: "access_denied",
  50: "decode_error",
  51: "decrypt_error",
  60: "export_restriction",
  70: "protocol_version",
  71: "insufficient_security",
  80: "internal_error",
  86: "inappropriate_fallback",
  90: "user_canceled",
  100: "no_renegotiation",
  109: "missing_extension",
  110: "unsupported_extension",
  111: "certificate_unobtainable",
  112: "unrecognized_name",
  113: "bad_certificate_status_response",
  114: "bad_certificate_hash_value",
  115: "unknown_psk_identity",
  116: "certificate_required",
  120: "no_application_protocol",
};
