import { Readable } from "node:stream";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { HttpResponse } from "@smithy/core/protocols";
import type { HttpRequest, HttpResponse as Answer } from "../../src/api/protocol/http-message.ts";

type SdkRequest = Omit<HttpRequest, "body" | "query"> & { body?: string | Uint8Array };

/** The SDK's client, its requests answered by `serve` without a socket. */
export function loopbackCloudWatch(
  serve: (request: HttpRequest) => Answer | Promise<Answer>,
  protocol?: unknown,
): CloudWatchClient {
  const handle = async (sent: SdkRequest) => {
    const body = Buffer.from(sent.body ?? "");
    const answer = await serve({ ...sent, query: new URLSearchParams(), body });
    const lower = Object.entries(answer.headers).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]);
    return {
      response: new HttpResponse({
        statusCode: answer.status,
        headers: Object.fromEntries(lower) as Record<string, string>,
        body: Readable.from([Buffer.from(answer.body)]),
      }),
    };
  };
  return new CloudWatchClient({
    region: "us-east-1",
    endpoint: "http://127.0.0.1:1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    maxAttempts: 1,
    ...(protocol === undefined ? {} : { protocol: protocol as never }),
    disableRequestCompression: true,
    requestHandler: { handle } as never,
  });
}
