import { typeToText } from "../../dns/wire/registries.ts";
import { createCounterBlock, defineCounters, labelSeries } from "../../telemetry/counters.ts";
import type { CounterBlock, CounterSet } from "../../telemetry/counters.ts";
import { COUNTED_TYPES } from "../nameserver/query-counters.ts";
import type { WorkerTask } from "./worker-setup.ts";

/** The blocks of one worker: what it answers, and what its driver does. */
export type WorkerCounters = { query: CounterBlock; driver: CounterBlock };

const rcodeNames = [
  "NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE",
  "DSOTYPENI RCODE12 RCODE13 RCODE14 RCODE15 BADVERS",
].flatMap((names) => names.split(" "));

function plain(name: string, help: string) {
  return { name, help, series: [""] };
}

/** In the order of COUNTER (query-counters.ts), so that a query context counts in such a block. */
export const queryCounters = defineCounters({
  received: plain("signpost_dns_queries_total", "DNS messages received."),
  dropped: {
    name: "signpost_dns_dropped_total",
    help: "DNS messages that got no reply: shorter than a header, or responses.",
    series: labelSeries("reason", ["short", "response"]),
  },
  truncated: plain("signpost_dns_truncated_total", "Responses with the TC bit."),
  referrals: plain("signpost_dns_referrals_total", "Referrals to a child zone."),
  noData: plain("signpost_dns_nodata_total", "Names that exist, asked for a type they lack."),
  noZone: plain("signpost_dns_no_zone_total", "Queries for names in no zone served."),
  edns: plain("signpost_dns_edns_queries_total", "Queries with EDNS."),
  chainsGivenUp: plain(
    "signpost_dns_chains_given_up_total",
    "Chains of CNAME, DNAME or aliases that loop or are too long.",
  ),
  rcode: {
    name: "signpost_dns_responses_total",
    help: "DNS responses by response code.",
    series: labelSeries("rcode", rcodeNames),
  },
  type: {
    name: "signpost_dns_questions_total",
    help: "Questions by query type.",
    series: labelSeries("type", [...COUNTED_TYPES.map((type) => typeToText(type)), "other"]),
  },
  logged: plain("signpost_query_log_entries_total", "Entries made for query logs."),
  notLogged: plain(
    "signpost_query_log_dropped_total",
    "Entries for query logs lost because their reader was behind.",
  ),
});

export const sendErrors = ["ENOBUFS", "EAGAIN", "EPERM", "EINVAL", "other"] as const;

export const udpCounters = defineCounters({
  batches: plain(
    "signpost_udp_batches_total",
    "Batches of datagrams received; queries divided by this is the size of a batch.",
  ),
  oversized: plain(
    "signpost_udp_oversized_total",
    "Datagrams dropped because no query needs that size.",
  ),
  receiveErrors: plain("signpost_udp_receive_errors_total", "Receive calls that failed."),
  sendErrors: {
    name: "signpost_udp_send_errors_total",
    help: "Responses that could not be sent, by error.",
    series: labelSeries("error", sendErrors),
  },
});

/** In the order of OPENED (xdp/datagram-codec.ts). */
export const xdpDropReasons = ["length", "ip_checksum", "udp_checksum", "source"] as const;

const xdpOnly = {
  xdpPackets: plain("signpost_xdp_packets_total", "Packets taken past the kernel's network stack."),
  xdpDropped: {
    name: "signpost_xdp_dropped_total",
    help: "Packets that were for us but malformed, by reason; the kernel would drop them too.",
    series: labelSeries("reason", xdpDropReasons),
  },
  xdpWakeups: plain("signpost_xdp_wakeups_total", "Calls that woke the kernel up to send."),
};

/** Begins as udpCounters does, so that both can be summed. */
export const xdpCounters = defineCounters({ ...udpCounters.definitions, ...xdpOnly });
/** Those of xdpCounters that udpCounters lacks. */
export const xdpOnlyCounters: CounterSet<keyof typeof xdpOnly> = {
  ...xdpCounters,
  definitions: xdpOnly,
};

export const tcpCloseReasons = [
  "client",
  "idle",
  "evicted",
  "client_limit",
  "malformed",
  "error",
  "shutdown",
] as const;

export const tcpCounters = defineCounters({
  accepted: plain("signpost_tcp_connections_total", "Connections accepted."),
  closed: {
    name: "signpost_tcp_connections_closed_total",
    help: "Connections ended, by reason.",
    series: labelSeries("reason", tcpCloseReasons),
  },
});

export function createWorkerCounters(kind: WorkerTask["kind"]): WorkerCounters {
  return { query: createCounterBlock(queryCounters), driver: createCounterBlock(driverSets[kind]) };
}

const driverSets: Readonly<Record<WorkerTask["kind"], CounterSet<string>>> = {
  mmsg: udpCounters,
  dgram: udpCounters,
  xdp: xdpCounters,
  tcp: tcpCounters,
};

export function addTo(counters: CounterBlock, index: number, count: number): void {
  counters[index] = (counters[index] as number) + count;
}
