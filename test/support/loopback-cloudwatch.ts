import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { HttpRequest, HttpResponse as Answer } from "../../src/api/protocol/http-message.ts";
import { loopbackSettings } from "./loopback-handler.ts";

/** The SDK's client, its requests answered by `serve` without a socket. */
export function loopbackCloudWatch(
  serve: (request: HttpRequest) => Answer | Promise<Answer>,
  protocol?: unknown,
): CloudWatchClient {
  return new CloudWatchClient({
    ...loopbackSettings(serve),
    ...(protocol === undefined ? {} : { protocol: protocol as never }),
    disableRequestCompression: true,
  });
}
