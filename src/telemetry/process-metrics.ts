import { uptime } from "node:process";
import type { Metric } from "./metrics-text.ts";

/** Memory, CPU time and age of this process, under the names that Prometheus clients use. */
export function processMetrics(): Metric[] {
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  return [
    gauge("process_resident_memory_bytes", "Resident memory in bytes.", memory.rss),
    gauge("process_start_time_seconds", "Start, in seconds since 1970.", startSeconds()),
    {
      name: "process_cpu_seconds_total",
      help: "User and system CPU time spent in seconds.",
      type: "counter",
      samples: [{ value: (cpu.user + cpu.system) / 1e6 }],
    },
    gauge("signpost_uptime_seconds", "Seconds since the process started.", uptime()),
    gauge("nodejs_heap_size_used_bytes", "Heap of the main thread in use.", memory.heapUsed),
    gauge("nodejs_external_memory_bytes", "Memory outside the heaps.", memory.external),
  ];
}

export function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: "gauge", samples: [{ value }] };
}

function startSeconds(): number {
  return Math.round(Date.now() / 1000 - uptime());
}
