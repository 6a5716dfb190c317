import { Readable } from "node:stream";
import { HttpResponse } from "@smithy/core/protocols";
import type { HttpRequest, HttpResponse as Answer } from "../../src/api/protocol/http-message.ts";

type SdkRequest = Omit<HttpRequest, "body" | "query"> & { body?: string | Uint8Array };

/** What a client of the SDK needs so that its requests are answered by `serve`, without a socket. */
export function loopbackSettings(serve: (request: HttpRequest) => Answer | Promise<Answer>) {
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
  return {
    region: "us-east-1",
    endpoint: "http://127.0.0.1:1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    maxAttempts: 1,
    requestHandler: { handle } as never,
  };
}
