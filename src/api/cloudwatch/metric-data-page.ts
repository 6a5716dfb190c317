import type { MetricDataResult, ScanBy } from "@aws-sdk/client-cloudwatch";
import type { MetricsDesk, StatisticsPoint, StatisticsQuery } from "../../metrics/metrics-desk.ts";
import { periodCount } from "./periods.ts";

/** One query of a request; its `keep` and `pointCountMax` are set here. */
export type Asked = { id: string; label: string; query: StatisticsQuery };

/**
 * The query that a page begins with, and the point to go on behind; without one at its first.
 * Those before it have been answered.
 */
export type PageStart = { index: number; atMs?: number | undefined };

type PageOptions = { order: ScanBy; budget: number; start: PageStart };

/** Points of one time: data put with several units has one for each. */
const unitCount = 27;

/**
 * A page of data: queries are answered in their order until the points are used up. So many are
 * asked for at once as are sure to fit.
 */
export async function answerPage(
  metrics: MetricsDesk,
  asked: readonly Asked[],
  { order, budget, start }: PageOptions,
): Promise<{ results: MetricDataResult[]; next?: PageStart }> {
  const results = asked.map(({ id, label }): MetricDataResult => {
    return { Id: id, Label: label, Timestamps: [], Values: [], StatusCode: "Complete" };
  });
  const rest = asked.slice(start.index).map(({ query }) => query);
  if (rest[0] && start.atMs !== undefined) rest[0] = goingOn(rest[0], order, start.atMs);
  let left = budget;
  for (let index = start.index; rest.length > 0;) {
    if (left <= 0) return { results: partialFrom(results, index), next: { index } };
    const group = rest.splice(0, sureToFit(rest, left));
    const pages = await metrics.statistics(group.map((query) => limited(query, order, left)));
    for (const { points, more } of pages) {
      if (left <= 0) return { results: partialFrom(results, index), next: { index } };
      const cut = cutAt(order === "TimestampDescending" ? points.toReversed() : points, left);
      const { page, last } = cut;
      results[index] = { ...results[index], ...columns(page) };
      left -= page.length;
      if (last && (more || page.length < points.length)) {
        return { results: partialFrom(results, index), next: { index, atMs: last.atMs } };
      }
      index++;
    }
  }
  return { results };
}

/** The rest of a query behind a point. */
function goingOn(query: StatisticsQuery, order: ScanBy, atMs: number): StatisticsQuery {
  if (order === "TimestampDescending") return { ...query, endMs: Math.min(query.endMs, atMs) };
  return { ...query, startMs: Math.max(query.startMs, atMs + query.periodSeconds * 1000) };
}

/** How many of the queries can be answered with so many points, at least one. */
function sureToFit(queries: readonly StatisticsQuery[], points: number): number {
  let used = 0;
  const count = queries.findIndex(({ startMs, endMs, periodSeconds }) => {
    used += periodCount(startMs, endMs, periodSeconds);
    return used > points;
  });
  return count < 0 ? queries.length : Math.max(1, count);
}

function limited(query: StatisticsQuery, order: ScanBy, points: number): StatisticsQuery {
  const keep = order === "TimestampDescending" ? "latest" : "earliest";
  return { ...query, keep, pointCountMax: points + unitCount };
}

/** So many points, and those of the same time as the last of them. */
function cutAt(points: readonly StatisticsPoint[], count: number) {
  let end = Math.min(count, points.length);
  while (end < points.length && points[end]?.atMs === points[end - 1]?.atMs) end++;
  return { page: points.slice(0, end), last: points[end - 1] };
}

function columns(points: readonly StatisticsPoint[]) {
  const known = points.filter(({ values }) => values[0] !== undefined);
  return {
    Timestamps: known.map(({ atMs }) => new Date(atMs)),
    Values: known.map(({ values }) => values[0] ?? 0),
  };
}

function partialFrom(results: readonly MetricDataResult[], index: number): MetricDataResult[] {
  return results.map((result, i) =>
    i < index ? result : { ...result, StatusCode: "PartialData" as const },
  );
}
