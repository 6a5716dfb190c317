import { uptime } from "node:process";
import { counter, gauge } from "./metrics-text.ts";
import type { Metric } from "./metrics-text.ts";

/** Memory, CPU time and age of this process, under the names that Prometheus clients use. */
export function processMetrics(): Metric[] {
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  return [
    gauge("process_resident_memory_bytes", "Resident memory in bytes.", memory.rss),
    gauge("process_start_time_seconds", "Start, in seconds since 1970.", startSeconds()),
    counter(
      "process_cpu_seconds_total",
      "User and system CPU time spent in seconds.",
      (cpu.user + cpu.system) / 1e6,
    ),
    gauge("signpost_uptime_seconds", "Seconds since the process started.", uptime()),
    gauge("nodejs_heap_size_used_bytes", "Heap of the main thread in use.", memory.heapUsed),
    gauge("nodejs_external_memory_bytes", "Memory outside the heaps.", memory.external),
  ];
}

function startSeconds(): number {
  return Math.round(Date.now() / 1000 - uptime());
}
