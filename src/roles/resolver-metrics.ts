import type { ResolverSummary } from "../resolver/resolve/resolver-messages.ts";
import { gauge } from "../telemetry/metrics-text.ts";
import type { Metric } from "../telemetry/metrics-text.ts";

/** What the resolver thread tells of itself; nothing before it has told it for the first time. */
export function resolverMetrics(summary: ResolverSummary | undefined, restarts: number): Metric[] {
  const restarted = counter("thread_restarts", "Resolver threads that died.", { "": restarts });
  if (!summary) return [restarted];
  const { counts, inbound } = summary;
  const { queries, dropped, refused, failed, truncated, overloaded } = counts;
  const { blocked, alerted, allowed, firewallFailures } = counts;
  return [
    restarted,
    gauge("signpost_resolver_views", "VPCs whose names are resolved.", summary.views),
    gauge("signpost_resolver_open", "Queries being resolved.", summary.open),
    gauge("signpost_resolver_asking", "Questions to servers under way.", summary.asking),
    gauge(
      "signpost_resolver_tcp_connections",
      "TCP connections of clients, those of inbound endpoints over TLS and HTTPS among them.",
      summary.tcpConnections,
    ),
    gauge(
      "signpost_resolver_inbound_addresses",
      "Addresses of inbound endpoints that are listened on.",
      inbound.open.length,
    ),
    gauge(
      "signpost_resolver_inbound_problems",
      "Addresses of inbound endpoints that are not.",
      inbound.problems.length,
    ),
    gauge(
      "signpost_resolver_plan_seconds",
      "What the last reading of VPCs and rules took.",
      summary.planMs / 1_000,
    ),
    counter("thread_queries", "Messages that came to the resolver thread.", { "": queries }),
    counter(
      "thread_outcomes",
      "How those ended that were not simply answered.",
      { dropped, refused, failed, truncated, overloaded },
      "outcome",
    ),
    counter("thread_cache_hits", "Questions that the cache answered in the resolver thread.", {
      "": counts.cacheHits,
    }),
    counter("stale_answers", "Answers given after their time (RFC 8767).", {
      "": counts.staleAnswers,
    }),
    counter("coalesced", "Questions that waited for the answer to the same one.", {
      "": counts.coalesced,
    }),
    counter("thread_prefetches", "Answers that the resolver thread fetched before they expired.", {
      "": counts.prefetches,
    }),
    ...serverMetrics(summary),
    counter(
      "firewall",
      "Queries that the firewall had something to say of.",
      { blocked, alerted, allowed, failed: firewallFailures },
      "verdict",
    ),
    counter("send_errors", "Responses of the resolver thread that could not be sent.", {
      "": summary.sendErrors,
    }),
    counter("query_log_dropped", "Entries of query logs of VPCs that could not be written.", {
      "": summary.queryLogDropped,
    }),
  ];
}

/** What was asked of other servers, and what came back. */
function serverMetrics({ counts, upstream }: ResolverSummary): Metric[] {
  return [
    counter("server_questions", "Questions asked of servers, whatever the tries.", {
      "": counts.serverQuestions,
    }),
    counter("server_failures", "Those of them without a usable answer.", {
      "": counts.serverFailures,
    }),
    counter("upstream_queries", "Questions to servers, by protocol.", upstream.queries, "protocol"),
    counter("upstream_answers", "Responses of servers taken.", { "": upstream.answers }),
    counter("upstream_failures", "Tries without an answer.", upstream.failures, "reason"),
    counter(
      "upstream_mismatches",
      "Octets that came and were not the response, by what was wrong.",
      upstream.mismatches,
      "reason",
    ),
    counter("upstream_over_tcp", "Questions asked over TCP too.", { "": upstream.overTcp }),
    counter("upstream_hedges", "Servers asked because the one before was silent.", {
      "": upstream.hedges,
    }),
  ];
}

/** @param values by value of the label; "" where there is none */
function counter(
  name: string,
  help: string,
  values: Readonly<Record<string, number>>,
  label?: string,
): Metric {
  const samples = Object.entries(values).map(([key, value]) =>
    label === undefined ? { value } : { labels: { [label]: key }, value },
  );
  return { name: `signpost_resolver_${name}_total`, help, type: "counter", samples };
}
