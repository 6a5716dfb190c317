import { lookup } from "node:dns";
import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { Agent, request } from "undici";
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

/** Octets of an answer's body that are read, so that its connection can be used again. */
const answerSizeMax = 16 * 1024;

/**
 * Sends webhooks over HTTP: certificates are validated, redirects are not followed, and addresses
 * that no health check may be sent to are refused after the name is looked up.
 */
export class WebhookClient {
  readonly #allow: readonly Cidr[];
  readonly #agent: Agent;
  readonly #timeoutMs: number;

  constructor(allow: readonly Cidr[], timeoutMs = webhookTimeoutMs) {
    this.#allow = allow;
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({
      connect: { timeout: timeoutMs, lookup: guardedLookup(allow) },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connections: 2,
      maxOrigins: Infinity,
    });
  }

  readonly post: PostWebhook = async ({ url, headers, body }) => {
    // A literal address is not looked up: it is judged here.
    const refused = refusedHost(new URL(url), this.#allow);
    if (refused !== undefined) return { error: refused };
    try {
      const answer = await request(url, {
        method: "POST",
        headers,
        body,
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      await answer.body.dump({ limit: answerSizeMax });
      return { status: answer.statusCode };
    } catch (error) {
      return { error: describe(error as Error) };
    }
  };

  close(): Promise<void> {
    return this.#agent.destroy();
  }
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
  if (error.name === "TimeoutError") return "no answer in time";
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message || (error.code ?? error.name)}${cause}`.slice(0, 300);
}
