import assert from "node:assert/strict";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { after, describe, test } from "node:test";
import * as route53 from "@aws-sdk/client-route-53";
import { systemClock } from "../../base/clock.ts";
import { startApiServer } from "./api-server.ts";
import type { AnsweredRequest, ApiServerOptions } from "./api-server.ts";
import { readText } from "./route.ts";
import type { Route } from "./route.ts";
import { createRoute53Service } from "./route53-service.ts";
import type { Route53Handlers } from "./route53-service.ts";
import { invalidChangeBatch, ServiceError } from "./service-error.ts";
import {
  elementText,
  send,
  sendSigned,
  signHeaders,
  testCredentials,
} from "./testing/signing-client.ts";

const change: route53.ChangeInfo = {
  Id: "/change/C1",
  Status: "INSYNC",
  SubmittedAt: new Date("2026-01-02T03:04:05.678Z"),
};

let release = (): void => {};
const handlers: Route53Handlers = {
  GetHostedZone: ({ Id }) => {
    if (Id === "BUG") throw new TypeError("secret detail");
    if (Id === "ODD") throw new ServiceError("NoSuchCode", "odd");
    throw new ServiceError("NoSuchHostedZone", `No hosted zone found with ID: ${Id}`);
  },
  CreateHostedZone: ({ Name, CallerReference }) => ({
    HostedZone: { Id: "/hostedzone/Z1", Name: `${Name}.`, CallerReference },
    ChangeInfo: change,
    DelegationSet: { NameServers: ["ns1.example.net"] },
    Location: "https://route53.amazonaws.com/2013-04-01/hostedzone/Z1",
  }),
  ChangeResourceRecordSets: () => {
    throw invalidChangeBatch(["a & b", "c"]);
  },
  GetHostedZoneCount: async () => {
    await new Promise<void>((resolve) => (release = resolve));
    return { HostedZoneCount: 7 };
  },
};

const committed: string[] = [];
const routes: Route[] = [
  {
    method: "GET",
    path: "/healthz",
    access: "none",
    bodySizeMax: 0,
    handle: () => ({ status: 200, body: "ok" }),
  },
  {
    method: "POST",
    path: "/signpost/v1/echo",
    access: "signed",
    bodySizeMax: 100,
    handle: async (request) => ({
      status: 201,
      body: `${request.accessKeyId} ${request.query.get("a")} ${await readText(request)}`,
    }),
  },
  {
    method: "POST",
    path: "/signpost/v1/import",
    access: "signed",
    bodySizeMax: Infinity,
    handle: (request) => ({
      status: 200,
      body: (async function* () {
        yield "begun\n";
        let size = 0;
        try {
          for await (const chunk of request.body) size += chunk.length;
          committed.push(request.requestId);
          yield `${size}\n`;
        } catch (error) {
          yield `${(error as ServiceError).code}\n`;
        }
      })(),
    }),
  },
];

const logged: { fields: object; message: string }[] = [];
const answered: AnsweredRequest[] = [];

async function start(options: Partial<ApiServerOptions> = {}) {
  const services = Promise.resolve([createRoute53Service(handlers)]);
  const server = await startApiServer({
    listen: { address: "127.0.0.1", port: 0 },
    services: () => services,
    routes,
    secretOf: (id) =>
      id === testCredentials.accessKeyId ? testCredentials.secretAccessKey : undefined,
    clock: systemClock,
    logger: { error: (fields, message) => void logged.push({ fields, message }) },
    onAnswer: (answer) => void answered.push(answer),
    ...options,
  });
  after(() => server.stop());
  return server;
}

/** Writes `text` and gives back all that comes until the server closes. */
function exchange(port: number, text: string, pauseMs = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = "";
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(text);
      if (pauseMs > 0) setTimeout(() => socket.end(), pauseMs);
    });
    socket.setEncoding("latin1");
    socket.on("data", (data: string) => (all += data));
    socket.on("end", () => resolve(all));
    socket.on("error", reject);
  });
}

describe("startApiServer()", async () => {
  const server = await start();
  const { port } = server;
  const client = new route53.Route53Client({
    region: "eu-north-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: testCredentials,
    maxAttempts: 1,
  });
  after(() => client.destroy());

  test("serves the SDK's client", async () => {
    const command = new route53.CreateHostedZoneCommand({
      Name: "example.com",
      CallerReference: "reference 😀",
    });
    const answer = await client.send(command);
    assert.equal(answer.$metadata.httpStatusCode, 201);
    assert.equal(answer.HostedZone?.CallerReference, "reference 😀");
    assert.equal(answer.Location, "https://route53.amazonaws.com/2013-04-01/hostedzone/Z1");
    assert.deepEqual(answer.ChangeInfo, change);
  });

  test("cuts the kind from ids", async () => {
    for (const id of ["Z1", "/hostedzone/Z1", "hostedzone/Z1"]) {
      const target = `/2013-04-01/hostedzone/${encodeURIComponent(id)}`;
      const answer = await sendSigned(port, { target });
      assert.equal(answer.status, 404);
      assert.equal(elementText(answer.body, "Message"), "No hosted zone found with ID: Z1");
    }
  });

  test("answers errors as AWS writes them", async () => {
    const answer = await sendSigned(port, { target: "/2013-04-01/hostedzone/Z1" });
    const id = answer.headers["x-amzn-requestid"];
    assert.match(String(id), /^[0-9a-f-]{36}$/);
    assert.equal(answer.headers["content-type"], "text/xml");
    assert.equal(
      answer.body,
      '<?xml version="1.0"?>\n' +
        '<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error>' +
        "<Type>Sender</Type><Code>NoSuchHostedZone</Code>" +
        "<Message>No hosted zone found with ID: Z1</Message></Error>" +
        `<RequestId>${id}</RequestId></ErrorResponse>`,
    );
  });

  test("answers a refused change batch with its messages", async () => {
    const refused = client.send(
      new route53.ChangeResourceRecordSetsCommand({
        HostedZoneId: "/hostedzone/Z1",
        ChangeBatch: {
          Changes: [{ Action: "CREATE", ResourceRecordSet: { Name: "a", Type: "A" } }],
        },
      }),
    );
    await assert.rejects(refused, (error) => {
      assert.ok(error instanceof route53.InvalidChangeBatch);
      assert.equal(error.message, "[a & b, c]");
      assert.deepEqual(error.messages, ["a & b", "c"]);
      return true;
    });
  });

  const refusals: [name: string, target: string, method: string, status: number, code: string][] = [
    ["a path that is none", "/2013-04-01/zones", "GET", 404, "UnknownOperationException"],
    ["another API version", "/2012-12-12/hostedzone", "GET", 404, "UnknownOperationException"],
    ["a method that is none", "/2013-04-01/hostedzone", "PUT", 405, "MethodNotAllowed"],
    ["HEAD", "/2013-04-01/hostedzone", "HEAD", 405, ""],
    ["OPTIONS", "/2013-04-01/hostedzone", "OPTIONS", 405, "MethodNotAllowed"],
    ["an operation to come", "/2013-04-01/healthcheck", "GET", 501, "NotImplemented"],
    ["an id too long", `/2013-04-01/hostedzone/${"Z".repeat(33)}`, "GET", 400, "InvalidInput"],
    ["broken encoding in the path", "/2013-04-01/hostedzone/%zz", "GET", 400, "MalformedInput"],
  ];
  for (const [name, target, method, status, code] of refusals) {
    test(`refuses ${name}`, async () => {
      const answer = await sendSigned(port, { target, method });
      assert.equal(answer.status, status, answer.body);
      assert.equal(elementText(answer.body, "Code") ?? "", code);
    });
  }

  test("answers a defect without its details and logs it with the request's id", async () => {
    for (const id of ["BUG", "ODD"]) {
      logged.length = 0;
      const answer = await sendSigned(port, { target: `/2013-04-01/hostedzone/${id}` });
      assert.equal(answer.status, 500);
      assert.equal(elementText(answer.body, "Code"), "InternalFailure");
      assert.equal(elementText(answer.body, "Type"), "Receiver");
      assert.doesNotMatch(answer.body, /secret detail|odd/);
      assert.equal(logged.length, 1);
      const fields = logged[0]?.fields as Record<string, unknown>;
      assert.equal(fields["requestId"], answer.headers["x-amzn-requestid"]);
      assert.equal(fields["operation"], "GetHostedZone");
    }
  });

  test("reports what it answered", async () => {
    answered.length = 0;
    await sendSigned(port, { target: "/2013-04-01/hostedzone/Z1" });
    assert.equal(answered.length, 1);
    assert.partialDeepStrictEqual(answered[0], {
      operation: "GetHostedZone",
      accessKeyId: "AKIDEXAMPLE",
      status: 404,
      errorCode: "NoSuchHostedZone",
    });
  });

  test("refuses callers it does not know", async () => {
    const target = "/2013-04-01/hostedzone";
    const date = new Date(Date.now() - 16 * 60 * 1000);
    const cases: [string, Promise<{ status: number; body: string }>, number][] = [
      ["MissingAuthenticationToken", send(port, { target }), 403],
      [
        "InvalidClientTokenId",
        sendSigned(port, {
          target,
          credentials: { accessKeyId: "AKIDOTHER", secretAccessKey: "x" },
        }),
        403,
      ],
      [
        "SignatureDoesNotMatch",
        sendSigned(port, {
          target,
          credentials: { ...testCredentials, secretAccessKey: "x" },
        }),
        403,
      ],
      ["SignatureDoesNotMatch", sendSigned(port, { target, signingDate: date }), 403],
      ["SignatureDoesNotMatch", sendSigned(port, { target, service: "iam" }), 403],
      [
        "InvalidClientTokenId",
        sendSigned(port, { target, headers: { "x-amz-security-token": "t" } }),
        403,
      ],
      [
        "IncompleteSignature",
        send(port, { target, headers: { authorization: "AWS4-HMAC-SHA256 Credential=x" } }),
        400,
      ],
      ["MalformedQueryString", send(port, { target: `${target}?a=%` }), 404],
    ];
    for (const [code, answering, status] of cases) {
      const answer = await answering;
      assert.equal(elementText(answer.body, "Code"), code);
      assert.equal(answer.status, status);
    }
  });

  test("refuses a body other than the one signed", async () => {
    const target = "/2013-04-01/hostedzone";
    for (const stated of [true, false]) {
      const signed = await signHeaders(port, { method: "POST", target, body: "<a/>" });
      const { "x-amz-content-sha256": hash, ...others } = signed;
      const headers = stated ? { ...others, "x-amz-content-sha256": hash ?? "" } : others;
      const answer = await send(port, { method: "POST", target, headers, body: "<b/>" });
      assert.equal(answer.status, 403);
      assert.equal(elementText(answer.body, "Code"), "SignatureDoesNotMatch");
    }
  });

  test("serves routes beside the services", async () => {
    assert.equal((await send(port, { target: "/healthz" })).body, "ok");
    const head = await send(port, { target: "/healthz", method: "HEAD" });
    assert.equal(head.status, 200);
    assert.equal(head.headers["content-length"], "2");
    const wrong = await send(port, { target: "/healthz", method: "POST" });
    assert.equal(wrong.status, 405);
    assert.deepEqual(JSON.parse(wrong.body).code, "MethodNotAllowed");
    const target = "/signpost/v1/echo?a=1%202";
    const unsigned = await send(port, { target, method: "POST", body: "hello" });
    assert.equal(unsigned.status, 403);
    assert.equal(JSON.parse(unsigned.body).code, "MissingAuthenticationToken");
    const signed = { target, method: "POST", body: "hello", service: "signpost" };
    const answer = await sendSigned(port, signed);
    assert.equal(answer.status, 201);
    assert.equal(answer.body, "AKIDEXAMPLE 1 2 hello");
    const long = await sendSigned(port, { ...signed, body: "x".repeat(101) });
    assert.equal(long.status, 413);
    assert.equal(JSON.parse(long.body).code, "RequestEntityTooLarge");
  });

  test("streams the body of a route, and proves it at the end", async () => {
    const target = "/signpost/v1/import";
    const body = "x".repeat(6 * 1024 * 1024);
    const good = await sendSigned(port, { target, method: "POST", body, service: "signpost" });
    assert.equal(good.body, `begun\n${body.length}\n`);
    committed.length = 0;
    const headers = await signHeaders(port, { target, method: "POST", body });
    const other = await send(port, { target, method: "POST", headers, body: `${body.slice(1)}y` });
    assert.equal(other.body, "begun\nSignatureDoesNotMatch\n");
    assert.deepEqual(committed, []);
    const { "x-amz-content-sha256": _hash, ...unstated } = headers;
    const refused = await send(port, { target, method: "POST", headers: unstated, body });
    assert.equal(refused.status, 400);
    assert.equal(JSON.parse(refused.body).code, "IncompleteSignature");
    const unsigned = await sendSigned(port, {
      target,
      method: "POST",
      body,
      headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    });
    assert.equal(unsigned.body, `begun\n${body.length}\n`);
  });

  test("refuses a body over 4 MiB, and its sender reads the answer", async () => {
    const target = "/2013-04-01/hostedzone";
    const body = Buffer.alloc(5 * 1024 * 1024, 32);
    const declared = await sendSigned(port, { target, method: "POST", body });
    assert.equal(declared.status, 413);
    assert.equal(elementText(declared.body, "Code"), "RequestEntityTooLarge");
    assert.equal(declared.headers.connection, "close");
    const signed = await signHeaders(port, { target, method: "POST", body });
    const headers = { ...signed, "transfer-encoding": "chunked" };
    const chunked = await send(port, { target, method: "POST", headers, body });
    assert.equal(chunked.status, 413);
  });

  test("takes chunked bodies and asks for those that wait (100-continue)", async () => {
    const body =
      '<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">' +
      "<Name>a</Name><CallerReference>r</CallerReference></CreateHostedZoneRequest>";
    const target = "/2013-04-01/hostedzone";
    const signed = await signHeaders(port, { target, method: "POST", body });
    const headers = { ...signed, "transfer-encoding": "chunked" };
    assert.equal((await send(port, { target, method: "POST", headers, body })).status, 201);
    const lines = Object.entries({ ...signed, "content-length": String(body.length) });
    const head = [`POST ${target} HTTP/1.1`, ...lines.map((line) => line.join(": "))];
    const text = [...head, "Expect: 100-continue", "Connection: close", "", body].join("\r\n");
    const all = await exchange(port, text);
    assert.match(all, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 Created\r\n/);
    const unsigned = [`POST ${target} HTTP/1.1`, `Host: a`, "Content-Length: 9000000"];
    const refusal = await exchange(
      port,
      [...unsigned, "Expect: 100-continue", "", ""].join("\r\n"),
      50,
    );
    assert.match(refusal, /^HTTP\/1\.1 403 Forbidden\r\n/);
  });

  test("answers several requests on one connection", async () => {
    const get = "GET /healthz HTTP/1.1\r\nHost: a\r\n";
    const all = await exchange(port, `${get}\r\n${get}Connection: close\r\n\r\n`);
    assert.equal(all.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
  });

  test("takes a target in absolute form", async () => {
    const all = await exchange(
      port,
      "GET http://example.org/healthz HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n",
    );
    assert.match(all, /^HTTP\/1\.1 200 OK\r\n/);
  });

  const malformed: [name: string, text: string, answer: RegExp][] = [
    ["what is not HTTP", "\0\0\0\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["no host", "GET /healthz HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
    [
      "a head over 16 KiB",
      `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(17_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
    [
      "two lengths",
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      /^HTTP\/1\.1 400 /,
    ],
    ["CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", /^$/],
  ];
  for (const [name, text, pattern] of malformed) {
    test(`refuses ${name}`, async () => assert.match(await exchange(port, text), pattern));
  }
});

describe("startApiServer() with small limits", async () => {
  const server = await start({
    limits: {
      requestTimeoutMs: 200,
      headTimeoutMs: 200,
      requestCountMax: 2,
      bodyOctetsMax: 1000,
      stopTimeoutMs: 300,
    },
  });
  const { port } = server;

  test("gives up on a body that does not come", async () => {
    const target = "/signpost/v1/echo";
    const headers = await signHeaders(port, { target, method: "POST", body: "hello" });
    const lines = Object.entries({ ...headers, "content-length": "5" });
    const head = [`POST ${target} HTTP/1.1`, ...lines.map((line) => line.join(": ")), "", "he"];
    const all = await exchange(port, head.join("\r\n"));
    assert.match(all, /^HTTP\/1\.1 408 /);
    assert.match(all, /"code":"RequestTimeout"/);
  });

  test("gives up on a head that does not come", { timeout: 5000 }, async () => {
    assert.match(await exchange(port, "GET /healthz HT"), /^HTTP\/1\.1 408 /);
    await exchange(port, "");
  });

  test("forgets a client that goes away in its body", async () => {
    const target = "/signpost/v1/echo";
    const headers = await signHeaders(port, { target, method: "POST", body: "hello" });
    const lines = Object.entries({ ...headers, "content-length": "5" });
    const head = [`POST ${target} HTTP/1.1`, ...lines.map((line) => line.join(": ")), "", "he"];
    logged.length = 0;
    const socket = connect(port, "127.0.0.1", () => socket.write(head.join("\r\n")));
    await delay(50);
    socket.destroy();
    await delay(100);
    assert.deepEqual(logged, []);
  });

  test("answers Throttling over its limits, but its health always", async () => {
    const counting = { target: "/2013-04-01/hostedzonecount" };
    const underWay: ReturnType<typeof sendSigned>[] = [];
    const releases: (() => void)[] = [];
    for (let i = 0; i < 2; i++) {
      const before = release;
      underWay.push(sendSigned(port, counting));
      while (release === before) await delay(5);
      releases.push(release);
    }
    const over = await sendSigned(port, counting);
    assert.equal(over.status, 400);
    assert.equal(elementText(over.body, "Code"), "Throttling");
    assert.equal(elementText(over.body, "Message"), "Rate exceeded");
    assert.equal((await send(port, { target: "/healthz" })).status, 200);
    for (const each of releases) each();
    for (const each of underWay) assert.equal((await each).status, 200);
    const body = "x".repeat(1001);
    const large = await sendSigned(port, {
      target: "/2013-04-01/hostedzone",
      method: "POST",
      body,
    });
    assert.equal(elementText(large.body, "Code"), "Throttling");
  });

  test("stop() answers what is under way and takes no more", async () => {
    const before = release;
    const last = sendSigned(port, { target: "/2013-04-01/hostedzonecount" });
    while (release === before) await delay(5);
    const stopped = server.stop();
    await assert.rejects(send(port, { target: "/healthz" }));
    release();
    const answer = await last;
    assert.equal(elementText(answer.body, "HostedZoneCount"), "7");
    assert.equal(answer.headers.connection, "close");
    await stopped;
  });
});
