import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { discardedSizeMax, discardTimeoutMs } from "../../base/limits.ts";
import type { Exchange, Reply } from "./dispatcher.ts";
import { discardRest } from "./request-body.ts";

/**
 * Writes an answer. Where the request's body has not been read to its end, the rest is let go by
 * before the connection closes: a client that still writes would otherwise lose the answer.
 */
export async function sendReply(
  exchange: Exchange,
  reply: Reply,
  options: { readonly close: boolean },
): Promise<void> {
  const { request, response, requestId } = exchange;
  if (response.destroyed) return;
  response.setHeader("x-amzn-RequestId", requestId);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (options.close || !request.complete) response.setHeader("Connection", "close");
  const { status, body } = reply;
  if (typeof body === "string" || body instanceof Uint8Array) {
    response.setHeader("Content-Length", Buffer.byteLength(body));
    response.writeHead(status);
    if (request.complete) return void response.end(body);
    response.write(body);
  } else {
    response.writeHead(status);
    if (request.method !== "HEAD") await pipeline(Readable.from(body), response, { end: false });
  }
  // A client that was too slow is not waited for again.
  if (!request.complete && reply.errorCode !== "RequestTimeout") {
    await discardRest(request, { sizeMax: discardedSizeMax, timeoutMs: discardTimeoutMs });
  }
  response.end();
}
