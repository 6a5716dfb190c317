import { counter, formatCounters, formatMetrics, gauge } from "../../telemetry/metrics-text.ts";
import type { Metric } from "../../telemetry/metrics-text.ts";
import type { Supervisor } from "./supervisor.ts";
import type { WorkerStart } from "./worker-setup.ts";
import { queryCounters, tcpCounters, udpCounters, xdpOnlyCounters } from "./worker-counters.ts";

/** All workers' counters, summed, in the Prometheus text format. */
export function formatWorkerCounters(
  plans: readonly Pick<WorkerStart, "task" | "counters">[],
): string {
  const udp = plans.filter(({ task }) => task.kind !== "tcp").map(({ counters }) => counters);
  const tcp = plans.filter(({ task }) => task.kind === "tcp").map(({ counters }) => counters);
  const xdp = plans.filter(({ task }) => task.kind === "xdp").map(({ counters }) => counters);
  const xdpBlocks = xdp.map(({ driver }) => driver);
  return [
    formatCounters(queryCounters, [
      { labels: 'transport="udp"', blocks: udp.map(({ query }) => query) },
      { labels: 'transport="tcp"', blocks: tcp.map(({ query }) => query) },
    ]),
    formatCounters(udpCounters, [{ labels: "", blocks: udp.map(({ driver }) => driver) }]),
    formatCounters(tcpCounters, [{ labels: "", blocks: tcp.map(({ driver }) => driver) }]),
    xdp.length > 0 ? formatCounters(xdpOnlyCounters, [{ labels: "", blocks: xdpBlocks }]) : "",
  ].join("");
}

/** What the main thread knows of its workers, in the Prometheus text format. */
export function formatSupervision(
  supervisor: Pick<Supervisor<unknown>, "restartCount" | "liveCount" | "generation">,
  { receiveBufferDropCount, zoneCount }: { receiveBufferDropCount: number; zoneCount: number },
): string {
  return formatMetrics([
    counter(
      "signpost_udp_receive_buffer_drops_total",
      "Datagrams that the kernel dropped because a worker was behind.",
      receiveBufferDropCount,
    ),
    counter(
      "signpost_worker_restarts_total",
      "Workers that failed and were started again.",
      supervisor.restartCount,
    ),
    gauge("signpost_workers", "Workers that answer.", supervisor.liveCount),
    gauge("signpost_generation", "Publications of zones so far.", supervisor.generation),
    gauge("signpost_zones_served", "Zones that the workers serve.", zoneCount),
  ]);
}
