import type {
  AlarmHistoryItem,
  AlarmStatus,
  MetricId,
  MetricsDesk,
  StatisticsPoint,
  StatisticsQuery,
} from "../../src/metrics/metrics-desk.ts";
import type { MetricDatum } from "../../src/metrics/metric.ts";

/** A metrics desk as simple as can be, for tests of the API: it keeps all and evaluates nothing. */
export class MemoryMetricsDesk implements MetricsDesk {
  readonly data: MetricDatum[] = [];
  readonly states = new Map<string, AlarmStatus>();
  readonly items: AlarmHistoryItem[] = [];
  /** Thrown by every method, where a test sets it. */
  failure: Error | undefined;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  put: MetricsDesk["put"] = (data) => this.#answer(() => void this.data.push(...data));

  statistics: MetricsDesk["statistics"] = (queries) =>
    this.#answer(() =>
      queries.map((query) => {
        const points = this.#points(query);
        const { pointCountMax: max, keep } = query;
        const kept = keep === "earliest" ? points.slice(0, max) : points.slice(-max);
        return { points: kept, more: points.length > max };
      }),
    );

  list: MetricsDesk["list"] = (query) =>
    this.#answer(() => {
      const { namespace, metricName, dimensions, activeSinceMs = 0, from, limit } = query;
      const byKey = new Map(
        this.data
          .filter(({ atMs }) => atMs >= activeSinceMs)
          .filter((datum) => namespace === undefined || datum.namespace === namespace)
          .filter((datum) => metricName === undefined || datum.metricName === metricName)
          .filter((datum) =>
            dimensions.every(({ name, value }) =>
              datum.dimensions.some((d) => d.name === name && d.value === (value ?? d.value)),
            ),
          )
          .map((datum) => [keyOf(datum), idOf(datum)] as const)
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      );
      const all = [...byKey].filter(([key]) => !from || key >= keyOf(from)).map(([, id]) => id);
      const next = all[limit];
      return { metrics: all.slice(0, limit), ...(next ? { next } : {}) };
    });

  alarmStates: MetricsDesk["alarmStates"] = (names) =>
    this.#answer(() => names.map((name) => this.states.get(name)));

  setAlarmState: MetricsDesk["setAlarmState"] = ({ name, ...change }) =>
    this.#answer(() => {
      const before = this.states.get(name);
      const now = this.#nowMs();
      const transitionedAtMs = before?.state === change.state ? before.transitionedAtMs : now;
      this.states.set(name, { ...change, updatedAtMs: now, transitionedAtMs });
    });

  history: MetricsDesk["history"] = (query) =>
    this.#answer(() => {
      const { name, kinds, itemType, startMs = 0, endMs = Infinity, order, from, limit } = query;
      const newest = order === "newest first";
      const items = this.items
        .filter((item) => name === undefined || item.name === name)
        .filter((item) => kinds.includes(item.kind))
        .filter((item) => itemType === undefined || item.type === itemType)
        .filter(({ atMs }) => atMs >= startMs && atMs < endMs)
        .toSorted((a, b) => (newest ? b.id - a.id : a.id - b.id))
        .filter(({ id }) => from === undefined || (newest ? id <= from : id >= from));
      const next = items[limit]?.id;
      return { items: items.slice(0, limit), ...(next === undefined ? {} : { next }) };
    });

  async #answer<T>(f: () => T): Promise<T> {
    if (this.failure) throw this.failure;
    return f();
  }

  #points(query: StatisticsQuery): StatisticsPoint[] {
    const { startMs, endMs, periodSeconds, unit, statistics } = query;
    const data = this.data
      .filter((datum) => keyOf(datum) === keyOf(query))
      .filter((datum) => unit === undefined || (datum.unit ?? "None") === unit)
      .filter(({ atMs }) => atMs >= startMs && atMs < endMs);
    const periodOf = ({ atMs }: MetricDatum) =>
      startMs + Math.floor((atMs - startMs) / (periodSeconds * 1000)) * periodSeconds * 1000;
    const groups = Map.groupBy(data, (datum) => `${periodOf(datum)} ${datum.unit ?? "None"}`);
    return [...groups.values()]
      .map((group) => ({
        atMs: periodOf(group[0] as MetricDatum),
        unit: group[0]?.unit ?? "None",
        values: statistics.map((statistic) => statisticOf(group, statistic)),
      }))
      .toSorted((a, b) => a.atMs - b.atMs || (a.unit < b.unit ? -1 : 1));
  }
}

function keyOf({ namespace, metricName, dimensions }: MetricId): string {
  return JSON.stringify([namespace, metricName, dimensions]);
}

function idOf({ namespace, metricName, dimensions }: MetricId): MetricId {
  return { namespace, metricName, dimensions };
}

function statisticOf(group: readonly MetricDatum[], statistic: string): number | undefined {
  const sets = group.map((datum) => datum.statistics);
  const total = (f: (set: MetricDatum["statistics"]) => number) =>
    sets.reduce((sum, set) => sum + f(set), 0);
  switch (statistic) {
    case "SampleCount":
      return total((set) => set.sampleCount);
    case "Sum":
      return total((set) => set.sum);
    case "Average":
      return total((set) => set.sum) / total((set) => set.sampleCount);
    case "Minimum":
      return Math.min(...sets.map((set) => set.minimum));
    case "Maximum":
      return Math.max(...sets.map((set) => set.maximum));
    default: {
      // Enough for p50 and its like over single values.
      const values = sets.map((set) => set.maximum).toSorted((a, b) => a - b);
      return values[Math.ceil((Number(statistic.slice(1)) / 100) * values.length) - 1];
    }
  }
}
