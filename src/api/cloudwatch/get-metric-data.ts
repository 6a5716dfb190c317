import { metricDataQueryCountMax, statisticsPointCountMax } from "../../base/limits.ts";
import { tokenOf } from "../protocol/page-token.ts";
import type { HandlerFamily, InputOf } from "./cloudwatch-handler.ts";
import { answerMath } from "./metric-data-math.ts";
import { answerPage } from "./metric-data-page.ts";
import type { PageStart } from "./metric-data-page.ts";
import { askedOf, refuseQueries } from "./metric-data-query.ts";
import { invalidToken, readToken } from "./next-token.ts";
import { validationFault } from "./refusals.ts";

type Input = InputOf<"GetMetricData">;

/** In a token: the page begins with the first point of its query. */
const wholeQuery = -1;

export const getMetricData: HandlerFamily<"GetMetricData"> = (context) => ({
  async GetMetricData(input) {
    refuse(input);
    const { metrics, clock, accountId } = context;
    const queries = input.MetricDataQueries;
    refuseQueries(queries, accountId);
    const nowMs = clock.nowMs();
    const times = { startMs: input.StartTime.getTime(), endMs: input.EndTime.getTime(), nowMs };
    const order = input.ScanBy ?? "TimestampDescending";
    const budget = pointsOf(input);
    if (queries.some(({ Expression }) => Expression !== undefined)) {
      // As at AWS there are no pages of what is computed.
      if (input.NextToken !== undefined) throw invalidToken();
      const results = await answerMath(metrics, queries, { order, budget, times });
      return { MetricDataResults: results, Messages: [] };
    }
    const asked = queries
      .filter(({ ReturnData }) => ReturnData !== false)
      .map((query) => askedOf(query, times));
    const start = startOf(input);
    const { results, next } = await answerPage(metrics, asked, { order, budget, start });
    return {
      MetricDataResults: results,
      ...(next ? { NextToken: tokenOf(["data", next.index, next.atMs ?? wholeQuery]) } : {}),
      Messages: [],
    };
  },
});

function refuse({ MetricDataQueries: queries, StartTime, EndTime }: Input): void {
  if (queries.length === 0) throw validationFault("The parameter MetricDataQueries is required.");
  if (queries.length > metricDataQueryCountMax) {
    const max = metricDataQueryCountMax;
    throw validationFault(
      `The collection MetricDataQueries must not have a size greater than ${max}.`,
    );
  }
  if (StartTime.getTime() >= EndTime.getTime()) {
    throw validationFault("The parameter EndTime must be greater than StartTime.");
  }
}

function pointsOf({ MaxDatapoints: count }: Input): number {
  if (count === undefined) return statisticsPointCountMax;
  if (count >= 1) return Math.min(count, statisticsPointCountMax);
  throw validationFault("The parameter MaxDatapoints must be greater than 0.");
}

/** Where the page begins, as `answerPage` left it. */
function startOf({ NextToken }: Input): PageStart {
  if (NextToken === undefined) return { index: 0 };
  const [, index, atMs] = readToken(NextToken, ["string", "number", "number"]).map(Number);
  return { index: Math.max(0, Math.trunc(index ?? 0)), ...(atMs === wholeQuery ? {} : { atMs }) };
}
