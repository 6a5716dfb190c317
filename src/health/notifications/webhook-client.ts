import { lookup } from "node:dns";
import type { LookupAddress } from "node:dns";
import { request as httpRequest } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { parseIp } from "../../base/ip.ts";
import type { Cidr } from "../../base/ip.ts";
import { webhookTimeoutMs } from "../../base/limits.ts";
import { isRefusedEndpoint } from "../../base/refused-endpoint.ts";

export type WebhookRequest = {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
};

/** What came of a request: an HTTP status, or why there was none. */
export type WebhookAnswer = { status: number } | { error: string };

/** Sends one request; never throws. */
export type PostWebhook = (wanted: WebhookRequest) => Promise<WebhookAnswer>;

/** Octets of an answer's body that are let in before its connection is closed. */
const answerSizeMax = 16 * 1024;

/**
 * Sends webhooks over HTTP, a connection each: certificates are validated, redirects are not
 * followed, and addresses that no health check may be sent to are refused after the name is looked
 * up.
 */
export class WebhookClient {
  readonly #allow: readonly Cidr[];
  readonly #lookup: LookupFunction;
  readonly #timeoutMs: number;
  readonly #underWay = new Set<ClientRequest>();

  constructor(allow: readonly Cidr[], timeoutMs = webhookTimeoutMs) {
    this.#allow = allow;
    this.#lookup = guardedLookup(allow);
    this.#timeoutMs = timeoutMs;
  }

  readonly post: PostWebhook = ({ url, headers, body }) => {
    const target = new URL(url);
    // A literal address is not looked up: it is judged here.
    const error = refusedHost(target, this.#allow);
    if (error !== undefined) return Promise.resolve({ error });
    return new Promise((resolve) => {
      const request = (target.protocol === "https:" ? httpsRequest : httpRequest)(target, {
        method: "POST",
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
        agent: false,
        lookup: this.#lookup,
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      this.#underWay.add(request);
      request.on("close", () => this.#underWay.delete(request));
      request.on("error", (failure) => resolve({ error: describe(failure) }));
      request.on("response", (answer) => {
        discard(answer);
        resolve({ status: answer.statusCode ?? 0 });
      });
      request.end(body);
    });
  };

  /** Ends what is under way. */
  close(): void {
    for (const request of this.#underWay) request.destroy();
  }
}

function discard(answer: IncomingMessage): void {
  let size = 0;
  answer.on("error", () => {}); // cut off: the status has said all
  answer.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > answerSizeMax) answer.destroy();
  });
}

/** Why nothing can be sent to a URL whose host is an address; undefined where it can. */
export function refusedHost({ hostname }: URL, allow: readonly Cidr[]): string | undefined {
  const address = parseIp(hostname.replace(/^\[(.*)\]$/, "$1"));
  if (!address || !isRefusedEndpoint(address, allow)) return undefined;
  return `${hostname} is in a local, private, nonroutable or multicast range`;
}

/** The system's lookup without the addresses that must not be connected to. */
function guardedLookup(allow: readonly Cidr[]): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[] = []) => {
      const usable = found.filter(({ address }) => {
        const ip = parseIp(address.replace(/%.*$/, ""));
        return ip !== undefined && !isRefusedEndpoint(ip, allow);
      });
      const [first] = usable;
      const refused =
        error ?? (first ? null : new Error(`no address of ${hostname} may be connected to`));
      if (refused || !first) callback(refused, "", 0);
      else if (options.all) callback(null, usable);
      else callback(null, first.address, first.family);
    });
  };
}

function describe(error: Error & { code?: string }): string {
  if (error.name === "AbortError") return "no answer in time";
  return (error.message || (error.code ?? error.name)).slice(0, 300);
}
