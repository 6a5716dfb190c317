import assert from "node:assert/strict";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { cbor } from "@smithy/core/cbor";
import fc from "fast-check";
import { systemClock } from "../../base/clock.ts";
import { metricRequestSizeMax, requestBodySizeMax } from "../../base/limits.ts";
import { startApiServer } from "./api-server.ts";
import { createCloudWatchServices } from "./cloudwatch-service.ts";
import type { CloudWatchHandlers } from "./cloudwatch-service.ts";
import { createRoute53Service } from "./route53-service.ts";
import { elementText, sendSigned, testCredentials } from "./testing/signing-client.ts";

const failures: unknown[] = [];
const put: Parameters<NonNullable<CloudWatchHandlers["PutMetricData"]>>[0][] = [];
const services = Promise.resolve([
  createRoute53Service({ GetHostedZoneCount: () => ({ HostedZoneCount: 7 }) }),
  ...createCloudWatchServices({
    PutMetricData(input) {
      put.push(input);
      return {};
    },
    ListMetrics: () => ({ Metrics: [] }),
  }),
]);
const server = await startApiServer({
  listen: { address: "127.0.0.1", port: 0 },
  services: () => services,
  routes: [],
  secretOf: (id) =>
    id === testCredentials.accessKeyId ? testCredentials.secretAccessKey : undefined,
  clock: systemClock,
  logger: { error: (fields, message) => void failures.push([fields, message]) },
});
after(() => server.stop());
const { port } = server;

type Answer = Awaited<ReturnType<typeof sendSigned>>;
type Sent = {
  body?: string | Uint8Array;
  target?: string;
  headers?: Record<string, string>;
  method?: string;
  service?: string;
};

const send = (request: Sent): Promise<Answer> =>
  sendSigned(port, { method: "POST", target: "/", service: "monitoring", ...request });
const form = (body: string, more: Sent = {}) =>
  send({ body, headers: { "content-type": "application/x-www-form-urlencoded" }, ...more });
const json = (body: string | Uint8Array, operation = "PutMetricData") =>
  send({
    body,
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `GraniteServiceVersion20100801.${operation}`,
    },
  });
const rpc = (body: Uint8Array, operation = "PutMetricData", headers = {}) =>
  send({
    body,
    target: `/service/GraniteServiceVersion20100801/operation/${operation}`,
    headers: { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", ...headers },
  });

const action = "Action=PutMetricData&Version=2010-08-01&Namespace=N&MetricData.member.1";
const formCases: [name: string, body: string, status: number, code: string, message: RegExp][] = [
  ["no action", "Version=2010-08-01", 400, "MissingAction", /Action/],
  [
    "an action that is none",
    "Action=Fly&Version=2010-08-01",
    400,
    "InvalidAction",
    /Could not find operation Fly for version 2010-08-01/,
  ],
  [
    "another version",
    "Action=PutMetricData&Version=2009-01-01",
    400,
    "NoSuchVersion",
    /2009-01-01/,
  ],
  ["no version", "Action=PutMetricData", 400, "NoSuchVersion", /No version/],
  [
    "an operation that is not there",
    "Action=PutDashboard&Version=2010-08-01",
    501,
    "NotImplemented",
    /PutDashboard/,
  ],
  ["broken percent-encoding", `${action}.MetricName=%zz`, 400, "MalformedInput", /percent/],
  [
    "text for a number",
    `${action}.MetricName=m&MetricData.member.1.Value=x`,
    400,
    "MalformedInput",
    /x.* is not a valid value for .*double/,
  ],
  [
    "text for a time",
    `${action}.MetricName=m&MetricData.member.1.Timestamp=now`,
    400,
    "MalformedInput",
    /timestamp must follow ISO8601/,
  ],
  [
    "text for a list",
    "Action=PutMetricData&Version=2010-08-01&Namespace=N&MetricData=x",
    400,
    "MalformedInput",
    /list/,
  ],
  ["text for a structure", `${action}=x`, 400, "MalformedInput", /complex element/],
  ["a structure for text", `${action}.MetricName.x=y`, 400, "MalformedInput", /structure/],
  [
    "an element without a number",
    "Action=PutMetricData&Version=2010-08-01&Namespace=N&MetricData.member.x.MetricName=m",
    400,
    "MalformedInput",
    /x.* is no number/,
  ],
  [
    "a parameter twice",
    `${action}.MetricName=m&MetricData.member.1.MetricName=n`,
    400,
    "MalformedInput",
    /given twice/,
  ],
  [
    "endless nesting",
    `${action}${".a".repeat(5_000)}=1`,
    400,
    "MalformedInput",
    /Nested too deeply/,
  ],
];
for (const [name, body, status, code, message] of formCases) {
  test(`query protocol refuses ${name}`, async () => {
    const answer = await form(body);
    assert.equal(answer.status, status);
    assert.equal(elementText(answer.body, "Code"), code);
    assert.match(elementText(answer.body, "Message") ?? "", message);
    assert.equal(elementText(answer.body, "RequestId"), answer.headers["x-amzn-requestid"]);
    assert.match(answer.body, /^<ErrorResponse xmlns="http:\/\/monitoring/);
  });
}

test("query protocol takes lists with gaps, empty lists and parameters it does not know", async () => {
  put.length = 0;
  const data = ["10.MetricName=second", "2.MetricName=first", "2.Dimensions=", "2.Nobody=x"];
  const parameters = data.map((each) => `MetricData.member.${each}`).join("&");
  const answer = await form(
    `Action=PutMetricData&Version=2010-08-01&Namespace=a%2Fb+c&${parameters}`,
  );
  assert.equal(answer.status, 200);
  assert.match(
    answer.body,
    /^<PutMetricDataResponse xmlns="http:\/\/monitoring.amazonaws.com\/doc\/2010-08-01\/"><ResponseMetadata><RequestId>/,
  );
  const [input] = put;
  assert.equal(input?.Namespace, "a/b c");
  assert.deepEqual(input?.MetricData, [
    { MetricName: "first", Dimensions: [] },
    { MetricName: "second" },
  ]);
});

test("query protocol answers GET", async () => {
  const answer = await send({ method: "GET", target: "/?Action=ListMetrics&Version=2010-08-01" });
  assert.equal(answer.status, 200);
  assert.match(answer.body, /<ListMetricsResult><Metrics\/><\/ListMetricsResult>/);
});

const valid = '{"Namespace":"N","MetricData":[]}';
const jsonCases: [name: string, body: string | Uint8Array, code: string, message: RegExp][] = [
  ["no JSON", "{", "SerializationException", /Not JSON/],
  ["what is not UTF-8", Uint8Array.of(0x22, 0xff, 0x22), "SerializationException", /Not JSON/],
  ["a list", "[]", "SerializationException", /Start of list found where not expected/],
  [
    "a number for text",
    '{"Namespace":1}',
    "SerializationException",
    /NUMBER_VALUE cannot be converted to String/,
  ],
  [
    "text for a list",
    '{"Namespace":"N","MetricData":"x"}',
    "SerializationException",
    /STRING_VALUE cannot be converted to List/,
  ],
  [
    "a structure for text",
    '{"Namespace":{}}',
    "SerializationException",
    /Start of structure or map found where not expected/,
  ],
  [
    "half a whole number",
    '{"Namespace":"N","MetricData":[{"MetricName":"m","StorageResolution":1.5}]}',
    "SerializationException",
    /NUMBER_VALUE cannot be converted to Integer/,
  ],
  [
    "text for a time",
    '{"Namespace":"N","MetricData":[{"MetricName":"m","Timestamp":"now"}]}',
    "SerializationException",
    /STRING_VALUE cannot be converted to Timestamp/,
  ],
  [
    "null in a list",
    '{"Namespace":"N","MetricData":[null]}',
    "SerializationException",
    /NULL_VALUE/,
  ],
  ["endless nesting", "[".repeat(500_000), "SerializationException", /Nested too deeply/],
  ["too many values", `[${"0,".repeat(400_001)}0]`, "SerializationException", /Too many values/],
];
for (const [name, body, code, message] of jsonCases) {
  test(`JSON protocol refuses ${name}`, async () => {
    const answer = await json(body);
    assert.equal(answer.status, 400);
    const error = JSON.parse(answer.body) as { __type: string; message: string };
    assert.equal(error.__type, `com.amazon.coral.service#${code}`);
    assert.match(error.message, message);
    assert.equal(answer.headers["x-amzn-query-error"], `${code};Sender`);
  });
}

test("JSON protocol: an operation that is none, and one that is not there", async () => {
  const none = await json("{}", "Fly");
  assert.equal(none.status, 400);
  assert.match(none.body, /#UnknownOperationException"/);
  assert.equal((await json("{}", "PutDashboard")).status, 501);
  assert.equal((await json(valid)).status, 200);
  assert.equal((await json('{"Namespace":"N","Nobody":1,"MetricData":null}')).status, 200);
});

test("JSON and CBOR name errors of the signature in their own way", async () => {
  const unsigned = await fetch(`http://127.0.0.1:${port}/`, {
    method: "POST",
    headers: { "x-amz-target": "GraniteServiceVersion20100801.ListMetrics" },
  });
  assert.equal(unsigned.status, 400);
  assert.match(await unsigned.text(), /#MissingAuthenticationTokenException"/);
  const other = await json("{}", "ListMetrics");
  assert.equal(other.status, 200);
  const scoped = await send({
    body: "{}",
    service: "route53",
    headers: { "x-amz-target": "GraniteServiceVersion20100801.ListMetrics" },
  });
  assert.match(scoped.body, /#InvalidSignatureException"/);
});

test("CBOR protocol refuses what is not its own", async () => {
  const broken = await rpc(Uint8Array.of(0xbf));
  assert.equal(broken.status, 400);
  assert.match(broken.body, /SerializationException/);
  assert.equal(broken.headers["x-amzn-query-error"], "SerializationException;Sender");
  assert.equal(broken.headers["smithy-protocol"], "rpc-v2-cbor");
  const typed = await rpc(cbor.serialize({ Namespace: 5 }));
  assert.match(typed.body, /NUMBER_VALUE cannot be converted to String/);
  assert.match((await rpc(cbor.serialize({}), "Fly")).body, /UnknownOperationException/);
  const other = await rpc(cbor.serialize({}), "ListMetrics", { "smithy-protocol": "rpc-v2-json" });
  assert.match(other.body, /UnknownOperationException/);
  assert.equal((await rpc(new Uint8Array(), "ListMetrics")).status, 200);
});

test("the API's port serves Route 53 beside CloudWatch", async () => {
  const target = "/2013-04-01/hostedzonecount";
  const counted = await send({ method: "GET", target, service: "route53" });
  assert.equal(elementText(counted.body, "HostedZoneCount"), "7");
  assert.equal((await form("Action=ListMetrics&Version=2010-08-01")).status, 200);
  const scoped = await form("Action=ListMetrics&Version=2010-08-01", { service: "route53" });
  assert.equal(elementText(scoped.body, "Code"), "SignatureDoesNotMatch");
});

test("bodies are unpacked after their signature is proved", async () => {
  put.length = 0;
  const client = new CloudWatchClient({
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: testCredentials,
    maxAttempts: 1,
    requestMinCompressionSizeBytes: 1,
  });
  const sent: string[] = [];
  client.middlewareStack.add(
    (next) => async (args) => {
      sent.push(
        (args.request as { headers: Record<string, string> }).headers["content-encoding"] ?? "",
      );
      return next(args);
    },
    { step: "finalizeRequest", priority: "low" },
  );
  const MetricData = Array.from({ length: 1_000 }, (_, i) => ({ MetricName: `m${i}`, Value: i }));
  await client.send(new PutMetricDataCommand({ Namespace: "N", MetricData }));
  client.destroy();
  assert.deepEqual(sent, ["gzip"]);
  assert.equal(put[0]?.MetricData?.length, 1_000);
});

const packed = (body: string | Uint8Array, encoding = "gzip") =>
  send({
    body,
    headers: {
      "content-encoding": encoding,
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "GraniteServiceVersion20100801.PutMetricData",
    },
  });

test("packed bodies are bounded, and refused where they are not what they say", async () => {
  assert.equal((await packed(gzipSync(valid))).status, 200);
  assert.equal((await packed(valid, "identity")).status, 200);
  const bomb = gzipSync(Buffer.alloc(requestBodySizeMax + 1, " "));
  assert.ok(bomb.length < 10_000);
  const over = await packed(bomb);
  assert.equal(over.status, 413);
  assert.match(over.body, /RequestEntityTooLarge.*exceeds the limit of 4194304 bytes/);
  assert.match((await packed("no gzip")).body, /MalformedInput.*not gzip/);
  assert.match((await packed(gzipSync(valid).subarray(0, 20))).body, /MalformedInput/);
  const brotli = await packed(valid, "br");
  assert.equal(brotli.status, 415);
  assert.match(brotli.body, /Unsupported content encoding: br/);
});

test("a request of more than a mebibyte is refused as it is", async () => {
  const answer = await json(" ".repeat(metricRequestSizeMax + 1));
  assert.equal(answer.status, 413);
});

test("whatever comes is answered below 500, and nothing fails", async () => {
  const octets = fc.uint8Array({ maxLength: 200 });
  const piece = fc.constantFrom(
    "Action=",
    "PutMetricData",
    "&",
    "MetricData",
    ".member",
    ".1",
    "=",
    "%",
    "a",
  );
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
  const document = fc
    .json({ maxDepth: 4 })
    .map((value) => `{"Namespace":"N","MetricData":${value}}`);
  const request = fc.oneof(
    octets.map((body) => () => rpc(body)),
    document.map((body) => () => json(body)),
    octets.map((body) => () => json(body)),
    text.map((body) => () => form(body)),
    octets.map((body) => () => packed(body)),
  );
  await fc.assert(
    fc.asyncProperty(request, async (sendIt) => {
      const { status } = await sendIt();
      assert.ok(status < 500, String(status));
    }),
    { numRuns: 400 },
  );
  assert.deepEqual(failures, []);
});
