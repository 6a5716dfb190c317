import { gauge } from "../../../telemetry/metrics-text.ts";
import type { Metric } from "../../../telemetry/metrics-text.ts";
import type { XdpDrops } from "./xdp-socket.ts";

/** What the sockets of all queues tell. */
export function xdpMetrics(options: {
  drops: readonly XdpDrops[];
  zeroCopyCount: number;
}): Metric[] {
  const { drops, zeroCopyCount } = options;
  const sum = (key: keyof XdpDrops) => drops.reduce((total, each) => total + each[key], 0);
  return [
    {
      name: "signpost_xdp_kernel_dropped_total",
      help: "Packets for us that the kernel dropped: workers behind (no_frame, ring_full), or other.",
      type: "counter",
      samples: [
        { labels: { reason: "no_frame" }, value: sum("noFrame") },
        { labels: { reason: "ring_full" }, value: sum("ringFull") },
        { labels: { reason: "other" }, value: sum("other") },
      ],
    },
    gauge("signpost_xdp_queues", "Queues of the XDP interface.", drops.length),
    gauge("signpost_xdp_zero_copy_queues", "Those without a copy by the kernel.", zeroCopyCount),
  ];
}
