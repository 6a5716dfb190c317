import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadMetricsOf, loadMetricKey } from "../control/model/traffic-policy-document.ts";
import { parsePolicyDocument } from "../control/model/traffic-policy-parser.ts";
import { metricKey, metricOfKey, metricSortText } from "./metric-key.ts";

const metric = { namespace: "Shop", metricName: "Requests", dimensions: [] };

test("metricKey() takes dimensions for a set", () => {
  const [a, b] = [
    { name: "A", value: "1" },
    { name: "B", value: "2" },
  ];
  assert.equal(
    metricKey({ ...metric, dimensions: [b, a] }),
    metricKey({ ...metric, dimensions: [a, b] }),
  );
  assert.equal(metricKey({ ...metric, dimensions: [b, a] }), '["Shop","Requests","A","1","B","2"]');
});

test("metricKey() of what is reported is the key of what a rule names", () => {
  const document = parsePolicyDocument(
    JSON.stringify({
      AWSPolicyFormatVersion: "2026-11-22",
      RecordType: "A",
      StartRule: "idlest",
      Endpoints: { a: { Type: "value", Value: "192.0.2.1" } },
      Rules: {
        idlest: {
          RuleType: "load",
          Items: [
            {
              ...{ EndpointReference: "a", LowWatermark: 8, HighWatermark: 10 },
              Metric: { Namespace: "Shop", MetricName: "Requests", Dimensions: { Z: "1", B: "2" } },
            },
          ],
        },
      },
    }),
  );
  const [named] = loadMetricsOf(document);
  assert.ok(named);
  const dimensions = [
    { name: "B", value: "2" },
    { name: "Z", value: "1" },
  ];
  assert.equal(metricKey({ ...metric, dimensions }), loadMetricKey(named));
});

test("metricOfKey() reads what metricKey() wrote", () => {
  const text = fc.string({ minLength: 1 });
  const dimensions = fc.uniqueArray(fc.record({ name: text, value: text }), {
    selector: ({ name }) => name,
    maxLength: 5,
  });
  fc.assert(
    fc.property(text, text, dimensions, (namespace, metricName, given) => {
      const read = metricOfKey(metricKey({ namespace, metricName, dimensions: given }));
      assert.equal(read.namespace, namespace);
      assert.equal(metricKey(read), metricKey({ namespace, metricName, dimensions: given }));
    }),
  );
});

test("metricSortText() sorts by namespace, name, dimensions", () => {
  const sorted = [
    { namespace: "A", metricName: "Z", dimensions: [] },
    { namespace: "B", metricName: "A", dimensions: [] },
    { namespace: "B", metricName: "A", dimensions: [{ name: "d", value: "1" }] },
    { namespace: "B", metricName: "A", dimensions: [{ name: "d", value: "2" }] },
    { namespace: "B", metricName: "B", dimensions: [] },
  ];
  const byText = sorted
    .toReversed()
    .toSorted((a, b) => (metricSortText(a) < metricSortText(b) ? -1 : 1));
  assert.deepEqual(byText, sorted);
});
