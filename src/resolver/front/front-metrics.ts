import { counter, formatCounters, formatMetrics, gauge } from "../../telemetry/metrics-text.ts";
import type { Metric } from "../../telemetry/metrics-text.ts";
import { cacheStatistics } from "../cache/cache-layout.ts";
import { frontCounters, frontQueryCounters, frontUdpCounters } from "./front-counters.ts";
import type { FrontSetup } from "./front-setup.ts";

type Told = {
  supervisor: { restartCount: number; liveCount: number };
  receiveBufferDropCount: number;
  cache: SharedArrayBuffer;
};

/** All front workers' counters, summed, and the cache's, in the Prometheus text format. */
export function formatFront(
  plans: readonly Pick<FrontSetup, "counters" | "frontCounters">[],
  told: Told,
): string {
  const blocks = {
    front: plans.map((plan) => plan.frontCounters),
    query: plans.map(({ counters }) => counters.query),
    driver: plans.map(({ counters }) => counters.driver),
  };
  return [
    formatCounters(frontCounters, [{ labels: "", blocks: blocks.front }]),
    formatCounters(frontQueryCounters, [{ labels: "", blocks: blocks.query }]),
    formatCounters(frontUdpCounters, [{ labels: "", blocks: blocks.driver }]),
    formatMetrics(ownMetrics(told)),
  ].join("");
}

function ownMetrics({ supervisor, receiveBufferDropCount, cache }: Told): Metric[] {
  const { entries, octets, size, ...gone } = cacheStatistics(cache);
  const { evicted, expired, crowded, replaced, puts, refused } = gone;
  const removals = Object.entries({ evicted, expired, crowded, replaced });
  return [
    counter(
      "signpost_resolver_udp_receive_buffer_drops_total",
      "Datagrams that the kernel dropped because a front worker was behind.",
      receiveBufferDropCount,
    ),
    counter(
      "signpost_resolver_worker_restarts_total",
      "Front workers that failed and were started again.",
      supervisor.restartCount,
    ),
    gauge("signpost_resolver_workers", "Front workers that answer.", supervisor.liveCount),
    gauge("signpost_resolver_cache_entries", "Answers in the cache.", entries),
    gauge("signpost_resolver_cache_used_bytes", "Memory that they take.", octets),
    gauge("signpost_resolver_cache_bytes", "Memory of the whole cache.", size),
    counter("signpost_resolver_cache_puts_total", "Answers put in the cache.", puts),
    counter("signpost_resolver_cache_refused_total", "Answers too large for the cache.", refused),
    {
      name: "signpost_resolver_cache_removals_total",
      help: "Answers that left the cache, by reason.",
      type: "counter",
      samples: removals.map(([reason, value]) => ({ labels: { reason }, value })),
    },
  ];
}
