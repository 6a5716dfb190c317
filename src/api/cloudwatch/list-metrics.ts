import { metricPastMaxMs } from "../../base/limits.ts";
import type { MetricId, MetricListQuery } from "../../metrics/metrics-desk.ts";
import { tokenOf } from "../protocol/page-token.ts";
import type { HandlerFamily, InputOf } from "./cloudwatch-handler.ts";
import { dimensionsOf, dimensionViews } from "./dimensions.ts";
import { invalidToken, readToken } from "./next-token.ts";
import { invalidValue, notImplemented } from "./refusals.ts";

type Input = InputOf<"ListMetrics">;

const pageSize = 500;
const threeHoursMs = 3 * 60 * 60 * 1000;

export const listMetrics: HandlerFamily<"ListMetrics"> = ({ metrics, clock }) => ({
  async ListMetrics(input) {
    const page = await metrics.list(queryOf(input, clock.nowMs()));
    return {
      Metrics: page.metrics.map(({ namespace, metricName, dimensions }) => ({
        Namespace: namespace,
        MetricName: metricName,
        Dimensions: dimensionViews(dimensions),
      })),
      ...(page.next ? { NextToken: metricToken(page.next) } : {}),
    };
  },
});

/** Metrics without data in the past two weeks are not listed, as at AWS. */
function queryOf(input: Input, nowMs: number): MetricListQuery {
  const { Namespace, MetricName, RecentlyActive, NextToken } = input;
  if (input.OwningAccount !== undefined) throw notImplemented("OwningAccount");
  if (input.IncludeLinkedAccounts === true) throw notImplemented("IncludeLinkedAccounts");
  if (RecentlyActive !== undefined && RecentlyActive !== "PT3H") {
    throw invalidValue("The parameter RecentlyActive must be a value in the set [ PT3H ].");
  }
  return {
    ...(Namespace === undefined ? {} : { namespace: Namespace }),
    ...(MetricName === undefined ? {} : { metricName: MetricName }),
    dimensions: (input.Dimensions ?? []).map(({ Name, Value }) => ({
      name: Name,
      ...(Value === undefined ? {} : { value: Value }),
    })),
    activeSinceMs: nowMs - (RecentlyActive === undefined ? metricPastMaxMs : threeHoursMs),
    ...(NextToken === undefined ? {} : { from: readMetric(NextToken) }),
    limit: pageSize,
  };
}

function metricToken({ namespace, metricName, dimensions }: MetricId): string {
  const texts = dimensions.flatMap(({ name, value }) => [name, value]);
  return tokenOf(["metric", namespace, metricName, JSON.stringify(texts)]);
}

function readMetric(token: string): MetricId {
  const [, namespace, metricName, dimensions] = readToken(token, [
    "string",
    "string",
    "string",
    "string",
  ]).map(String);
  const texts = readTexts(dimensions ?? "");
  const pairs: { Name: string; Value: string }[] = [];
  for (let i = 0; i + 1 < texts.length; i += 2) {
    pairs.push({ Name: texts[i] ?? "", Value: texts[i + 1] ?? "" });
  }
  return {
    namespace: namespace ?? "",
    metricName: metricName ?? "",
    dimensions: dimensionsOf(pairs),
  };
}

function readTexts(json: string): string[] {
  try {
    const texts = JSON.parse(json) as unknown;
    if (Array.isArray(texts)) return texts.map(String);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalidToken();
}
