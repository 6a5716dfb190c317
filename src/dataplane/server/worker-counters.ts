import { defineCounters, labelSeries } from "../../telemetry/counters.ts";

/** Series of `queries` and `dropped`, in this order: the transport a worker's answerer serves. */
export const transports = ["udp", "tcp"] as const;

export const sendErrors = ["ENOBUFS", "EAGAIN", "EPERM", "EINVAL", "other"] as const;

/** Types with a series of their own; the last one stands for all others. */
export const countedTypes = [
  ["A", 1],
  ["NS", 2],
  ["CNAME", 5],
  ["SOA", 6],
  ["PTR", 12],
  ["MX", 15],
  ["TXT", 16],
  ["AAAA", 28],
  ["SRV", 33],
  ["NAPTR", 35],
  ["DS", 43],
  ["DNSKEY", 48],
  ["SVCB", 64],
  ["HTTPS", 65],
  ["ANY", 255],
  ["CAA", 257],
  ["other", -1],
] as const;

/** Series of `responses`: codes 0 to 10, then BADVERS, then all others. */
export const countedRcodes = [
  ..."NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE".split(
    " ",
  ),
  "BADVERS",
  "other",
] as const;

export const tcpCloseReasons = [
  "client",
  "idle",
  "evicted",
  "client_limit",
  "malformed",
  "error",
  "shutdown",
] as const;

/** What each worker counts, in a block of its own. */
export const workerCounters = defineCounters({
  queries: {
    name: "signpost_dns_queries_total",
    help: "DNS messages received.",
    series: labelSeries("transport", transports),
  },
  responses: {
    name: "signpost_dns_responses_total",
    help: "DNS responses by response code.",
    series: labelSeries("rcode", countedRcodes),
  },
  questions: {
    name: "signpost_dns_questions_total",
    help: "Questions answered by query type.",
    series: labelSeries(
      "type",
      countedTypes.map(([name]) => name),
    ),
  },
  dropped: {
    name: "signpost_dns_dropped_total",
    help: "DNS messages that got no response: malformed beyond a reply, or responses themselves.",
    series: labelSeries("transport", transports),
  },
  oversized: {
    name: "signpost_udp_oversized_total",
    help: "Datagrams dropped because no query needs that size.",
    series: [""],
  },
  truncated: {
    name: "signpost_dns_truncated_total",
    help: "Responses sent with the TC bit.",
    series: [""],
  },
  batches: {
    name: "signpost_udp_batches_total",
    help: "Batches of datagrams received; queries divided by this is the batch size.",
    series: [""],
  },
  receiveErrors: {
    name: "signpost_udp_receive_errors_total",
    help: "Receive calls that failed.",
    series: [""],
  },
  sendErrors: {
    name: "signpost_udp_send_errors_total",
    help: "UDP responses that could not be sent, by error.",
    series: labelSeries("error", sendErrors),
  },
  tcpAccepted: {
    name: "signpost_tcp_connections_total",
    help: "TCP connections accepted.",
    series: [""],
  },
  tcpClosed: {
    name: "signpost_tcp_connections_closed_total",
    help: "TCP connections ended, by reason.",
    series: labelSeries("reason", tcpCloseReasons),
  },
  queryLogWritten: {
    name: "signpost_query_log_entries_total",
    help: "Query log entries handed to the log writer.",
    series: [""],
  },
  queryLogDropped: {
    name: "signpost_query_log_dropped_total",
    help: "Query log entries lost because the log writer was behind.",
    series: [""],
  },
});

export const counterIndex = workerCounters.index;
