import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { parseTarget } from "./request-target.ts";
import { ServiceError } from "./service-error.ts";
import { checkClaim, readClaim, unsignedPayload, verifySignature } from "./sigv4.ts";
import type { SignedRequest } from "./sigv4.ts";

const skewMs = 15 * 60 * 1000;

type Sent = {
  method: string;
  target: string;
  headers: readonly (readonly [string, string])[];
  body: string;
};

type Vectors = {
  accessKeyId: string;
  secret: string;
  time: string;
  requests: (Sent & { name: string })[];
};

const vectors = JSON.parse(
  readFileSync(new URL("sigv4-vectors.json", import.meta.url), "utf8"),
) as Vectors;
const nowMs = Date.parse(vectors.time);

function received(sent: Sent): SignedRequest {
  const headers = new Map<string, string[]>();
  for (const [name, value] of sent.headers) {
    const same = headers.get(name.toLowerCase()) ?? [];
    headers.set(name.toLowerCase(), [...same, value]);
  }
  return { method: sent.method, target: parseTarget(sent.target), headers };
}

/** The access key id of a good request. */
function verify(sent: Sent, options: { atMs?: number; secret?: string } = {}): string {
  const request = received(sent);
  const claim = readClaim(request);
  checkClaim(claim, { nowMs: options.atMs ?? nowMs, skewMs, services: ["route53", "signpost"] });
  const computed = createHash("sha256").update(sent.body).digest("hex");
  const payloadHash = claim.payloadHash === unsignedPayload ? unsignedPayload : computed;
  verifySignature(claim, request, { secret: options.secret ?? vectors.secret, payloadHash });
  return claim.accessKeyId;
}

function refusal(run: () => unknown): { code: string; message: string } {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ServiceError, String(error));
    return { code: error.code, message: error.message };
  }
  return assert.fail("accepted");
}

for (const sent of vectors.requests) {
  test(`verifySignature() takes what botocore signs: ${sent.name}`, () => {
    assert.equal(verify(sent), vectors.accessKeyId);
  });
  test(`verifySignature() refuses it changed: ${sent.name}`, () => {
    const changed: [string, Sent][] = [
      ["method", { ...sent, method: sent.method === "GET" ? "DELETE" : "GET" }],
      ["path", { ...sent, target: sent.target.replace("/", "/y/") }],
      ["query", { ...sent, target: `${sent.target}${sent.target.includes("?") ? "&" : "?"}z=1` }],
      ["host", { ...sent, headers: [["Host", "other"], ...sent.headers.slice(1)] }],
    ];
    const bound = !JSON.stringify(sent.headers).includes(unsignedPayload);
    if (bound) changed.push(["body", { ...sent, body: `${sent.body} ` }]);
    for (const [what, request] of changed) {
      assert.equal(refusal(() => verify(request)).code, "SignatureDoesNotMatch", what);
    }
    const other = refusal(() => verify(sent, { secret: "other" }));
    assert.equal(other.code, "SignatureDoesNotMatch");
  });
}

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: vectors.secret };
const sdkSigner = new SignatureV4({
  service: "route53",
  region: "ap-southeast-2",
  sha256: Hash.bind(null, "sha256"),
  credentials,
});

const queryText = fc.string({ unit: "binary", maxLength: 8 });
const sdkRequest = fc.record({
  method: fc.constantFrom("GET", "POST", "DELETE"),
  segments: fc.array(fc.string({ minLength: 1, maxLength: 6, unit: "grapheme" })),
  query: fc.dictionary(queryText, fc.oneof(queryText, fc.array(queryText, { maxLength: 3 })), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
  header: fc.stringMatching(/^[!-~][ -~]{0,12}$/),
  body: fc.string(),
});

const escape = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

function targetOf(path: string, query: Record<string, string | readonly string[] | null>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ""].flat().map((each) => `${escape(name)}=${escape(each)}`),
  );
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}

test("verifySignature() takes what the SDK's signer signs and presigns", async () => {
  const property = fc.asyncProperty(sdkRequest, fc.boolean(), async (drawn, presign) => {
    const dots = drawn.segments.filter((segment) => !/^\.+$/.test(segment));
    const request = {
      method: drawn.method,
      protocol: "http:",
      hostname: "127.0.0.1",
      path: `/${dots.map(escape).join("/")}`,
      query: drawn.query,
      headers: { host: "127.0.0.1:8053", "x-amz-meta": drawn.header },
      body: drawn.body,
    };
    const signingDate = new Date(nowMs);
    const signed = presign
      ? await sdkSigner.presign(request, { signingDate, expiresIn: 60 })
      : await sdkSigner.sign(request, { signingDate });
    const sent = {
      method: drawn.method,
      target: targetOf(request.path, signed.query ?? {}),
      headers: Object.entries(signed.headers),
      body: drawn.body,
    };
    assert.equal(verify(sent), credentials.accessKeyId);
  });
  await fc.assert(property);
});

const good = vectors.requests.find(({ name }) => name === "plain path") as Sent;
const presigned = vectors.requests.find(({ name }) => name === "presigned: plain path") as Sent;

function withHeader(name: string, change: (value: string) => string | undefined): Sent {
  const headers = good.headers.flatMap(([key, value]): [string, string][] => {
    const changed = key === name ? change(value) : value;
    return changed === undefined ? [] : [[key, changed]];
  });
  return { ...good, headers };
}

const authorization = (change: (value: string) => string | undefined) =>
  withHeader("Authorization", change);

const refused: [name: string, sent: Sent, code: string, message: string | RegExp][] = [
  [
    "nothing",
    authorization(() => undefined),
    "MissingAuthenticationToken",
    "Missing Authentication Token",
  ],
  [
    "another scheme",
    authorization(() => "Basic dXNlcjpwYXNz"),
    "IncompleteSignature",
    "Unsupported AWS 'algorithm': 'Basic'.",
  ],
  [
    "another algorithm",
    authorization((value) => value.replace("SHA256", "SHA1")),
    "IncompleteSignature",
    "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'.",
  ],
  [
    "the scheme alone",
    { ...good, headers: [["Authorization", "AWS4-HMAC-SHA256"]] },
    "IncompleteSignature",
    "Authorization header requires 'Credential' parameter. " +
      "Authorization header requires 'Signature' parameter. " +
      "Authorization header requires 'SignedHeaders' parameter. " +
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
  ],
  [
    "a short credential",
    authorization((value) => value.replace("/us-east-1", "")),
    "IncompleteSignature",
    "Credential must have exactly 5 slash-delimited elements, e.g. " +
      "keyid/date/region/service/term, got 'AKIDEXAMPLE/20260102/route53/aws4_request'",
  ],
  [
    "another terminator",
    authorization((value) => value.replace("aws4_request", "aws5_request")),
    "SignatureDoesNotMatch",
    "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
  ],
  [
    "another service",
    authorization((value) => value.replace("/route53/", "/iam/")),
    "SignatureDoesNotMatch",
    "Credential should be scoped to correct service: 'route53'.",
  ],
  [
    "the host not signed",
    authorization((value) => value.replace("SignedHeaders=host;", "SignedHeaders=")),
    "SignatureDoesNotMatch",
    "'Host' must be a 'SignedHeader' in the AWS Authorization.",
  ],
  [
    "a date in words",
    withHeader("X-Amz-Date", () => "yesterday"),
    "IncompleteSignature",
    /^Date must be in ISO-8601 'basic format'\. Got 'yesterday'\./,
  ],
  [
    "a date that is none",
    withHeader("X-Amz-Date", () => "20261399T000000Z"),
    "IncompleteSignature",
    /^Date must be in ISO-8601 'basic format'\./,
  ],
  [
    "another day in the scope",
    authorization((value) => value.replace("/20260102/", "/20260101/")),
    "SignatureDoesNotMatch",
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: " +
      "'20260101' != '20260102', from '20260102T030405Z'.",
  ],
  [
    "a signature cut short",
    authorization((value) => value.slice(0, -1)),
    "SignatureDoesNotMatch",
    /^The request signature we calculated does not match the signature you provided\./,
  ],
  [
    "a presigned life of 8 days",
    { ...presigned, target: presigned.target.replace("Expires=900", "Expires=691200") },
    "InvalidQueryParameter",
    "X-Amz-Expires must be between 1 and 604800 seconds",
  ],
  [
    "a presigned query without its date",
    { ...presigned, target: presigned.target.replace("X-Amz-Date", "X-Amz-Day") },
    "IncompleteSignature",
    "AWS query-string parameters must include 'X-Amz-Date'. " +
      "Re-examine the query-string parameters.",
  ],
  [
    "a broken query",
    { ...good, target: "/x?a=%zz" },
    "MalformedQueryString",
    "The query string contains a syntax error.",
  ],
];

for (const [name, sent, code, message] of refused) {
  test(`readClaim() checkClaim() verifySignature() refuse ${name}`, () => {
    const error = refusal(() => verify(sent));
    assert.equal(error.code, code, error.message);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
  });
}

test("checkClaim() refuses clocks more than 15 minutes apart, in AWS's words", () => {
  assert.equal(verify(good, { atMs: nowMs + skewMs }), vectors.accessKeyId);
  assert.equal(verify(good, { atMs: nowMs - skewMs }), vectors.accessKeyId);
  assert.deepEqual(
    refusal(() => verify(good, { atMs: nowMs + skewMs + 1000 })),
    {
      code: "SignatureDoesNotMatch",
      message:
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z " +
        "(20260102T031906Z - 15 min.)",
    },
  );
  assert.deepEqual(
    refusal(() => verify(good, { atMs: nowMs - skewMs - 1000 })),
    {
      code: "SignatureDoesNotMatch",
      message:
        "Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z " +
        "(20260102T024904Z + 15 min.)",
    },
  );
});

test("checkClaim() ends a presigned request after its own time", () => {
  assert.equal(verify(presigned, { atMs: nowMs + 900_000 }), vectors.accessKeyId);
  const error = refusal(() => verify(presigned, { atMs: nowMs + 901_000 }));
  assert.match(error.message, /^Signature expired: /);
});

test("readClaim() takes the time of a Date header", () => {
  const dated = withHeader("X-Amz-Date", () => undefined);
  const headers = [...dated.headers, ["Date", "Fri, 02 Jan 2026 03:04:05 GMT"] as const];
  assert.equal(readClaim(received({ ...dated, headers })).time, "20260102T030405Z");
});

test("canonical headers join repeated values and collapse spaces", async () => {
  const signed = await sdkSigner.sign(
    {
      method: "GET",
      protocol: "http:",
      hostname: "h",
      path: "/",
      query: {},
      headers: { host: "h", "x-amz-meta": "a,b c" },
    },
    { signingDate: new Date(nowMs) },
  );
  const headers = Object.entries(signed.headers).flatMap(([name, value]): [string, string][] =>
    name === "x-amz-meta"
      ? [
          [name, " a "],
          [name, "b   c"],
        ]
      : [[name, value]],
  );
  assert.equal(verify({ method: "GET", target: "/", headers, body: "" }), "AKIDEXAMPLE");
});

test("readClaim() never throws anything but a ServiceError", () => {
  const header = fc.oneof(
    fc.string(),
    fc.string().map((text) => `AWS4-HMAC-SHA256 ${text}`),
    fc
      .string()
      .map((text) => `AWS4-HMAC-SHA256 Credential=${text}, SignedHeaders=host, Signature=0`),
  );
  const property = fc.property(header, fc.string(), fc.string(), (value, date, query) => {
    const sent: Sent = {
      method: "GET",
      target: `/x?${query}`,
      headers: [
        ["Authorization", value],
        ["Date", date],
      ],
      body: "",
    };
    refusal(() => verify(sent));
  });
  fc.assert(property);
});
