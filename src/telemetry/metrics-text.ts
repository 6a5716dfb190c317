import { sumCounter } from "./counters.ts";
import type { CounterBlock, CounterSet } from "./counters.ts";

export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

export type Sample = { labels?: Readonly<Record<string, string>>; value: number };
export type Metric = {
  name: string;
  help: string;
  type: "counter" | "gauge";
  samples: readonly Sample[];
};

export function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: "gauge", samples: [{ value }] };
}

export function counter(name: string, help: string, value: number): Metric {
  return { name, help, type: "counter", samples: [{ value }] };
}

/** Blocks that are summed, told from others of the same set by label texts, such as `a="1"`. */
export type CounterGroup = { labels: string; blocks: readonly CounterBlock[] };

/** Metrics in the Prometheus text format 0.0.4. */
export function formatMetrics(metrics: Iterable<Metric>): string {
  let text = "";
  for (const metric of metrics) {
    text += formatHead(metric);
    for (const sample of metric.samples) {
      text += formatLine(metric.name, formatLabels(sample.labels ?? {}), sample.value);
    }
  }
  return text;
}

/** Every counter of a set, one sum a group, in the Prometheus text format 0.0.4. */
export function formatCounters(set: CounterSet<string>, groups: readonly CounterGroup[]): string {
  let text = "";
  for (const [key, definition] of Object.entries(set.definitions)) {
    text += formatHead({ ...definition, type: "counter" });
    const first = set.index[key] ?? 0;
    for (const group of groups) {
      definition.series.forEach((series, i) => {
        const labels = [group.labels, series].filter((label) => label !== "").join(",");
        text += formatLine(definition.name, labels, sumCounter(group.blocks, first + i));
      });
    }
  }
  return text;
}

function formatHead(metric: { name: string; help: string; type: string }): string {
  const help = metric.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${metric.name} ${help}\n# TYPE ${metric.name} ${metric.type}\n`;
}

function formatLine(name: string, labels: string, value: number): string {
  return labels === "" ? `${name} ${value}\n` : `${name}{${labels}} ${value}\n`;
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${escapeLabelValue(value)}"`)
    .join(",");
}

function escapeLabelValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
