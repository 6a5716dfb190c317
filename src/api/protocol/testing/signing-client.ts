import { request as httpRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";

// A client for tests that signs as the SDK does and sends what it is told, right or wrong.

export const testCredentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "test secret" };

export type TestRequest = {
  readonly method?: string;
  /** With the query, encoded as it is to be sent. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly service?: string;
  readonly signingDate?: Date;
  readonly credentials?: { accessKeyId: string; secretAccessKey: string };
};

export type TestResponse = { status: number; headers: IncomingHttpHeaders; body: string };

/** The headers of `test` with a signature for the server at `port`. */
export async function signHeaders(
  port: number,
  test: TestRequest,
): Promise<Record<string, string>> {
  const url = new URL(`http://127.0.0.1:${port}${test.target}`);
  const query: Record<string, string[]> = {};
  for (const [name, value] of url.searchParams) (query[name] ??= []).push(value);
  const signer = new SignatureV4({
    service: test.service ?? "route53",
    region: "us-east-1",
    sha256: Hash.bind(null, "sha256"),
    credentials: test.credentials ?? testCredentials,
  });
  const signed = await signer.sign(
    {
      method: test.method ?? "GET",
      protocol: "http:",
      hostname: url.hostname,
      path: test.target.replace(/\?.*/s, ""),
      query,
      headers: { host: url.host, ...test.headers },
      body: test.body,
    },
    test.signingDate ? { signingDate: test.signingDate } : {},
  );
  return signed.headers;
}

export async function sendSigned(port: number, test: TestRequest): Promise<TestResponse> {
  return send(port, { ...test, headers: await signHeaders(port, test) });
}

/** Sends without a signature; the whole answer as text. */
export function send(port: number, test: TestRequest): Promise<TestResponse> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: "127.0.0.1",
      port,
      method: test.method ?? "GET",
      path: test.target,
      headers: test.headers ?? {},
      agent: false,
    });
    request.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    request.on("error", reject);
    request.end(test.body);
  });
}

/** The text of the first element `name` of an XML answer. */
export function elementText(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}
