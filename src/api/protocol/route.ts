/**
 * An HTTP route beside the AWS services: `/metrics`, `/healthz`, `/signpost/…`.
 * The path matches exactly, but for segments in braces (`/signpost/v1/health-checks/{id}`), which
 * stand for any one segment; queries are free.
 */
export type Route = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  /** `signed`: SigV4 as for an AWS service; `none`: open to all who reach the port. */
  readonly access: "signed" | "none";
  /**
   * The longest body taken, in octets; 0 = none, Infinity = unbounded (a streamed import).
   * Over it the client gets RequestEntityTooLarge.
   */
  readonly bodySizeMax: number;
  /** How long a request may take from its first octet to its last; default as for services. */
  readonly requestTimeoutMs?: number;
  readonly handle: (request: RouteRequest) => RouteResponse | Promise<RouteResponse>;
};

export type RouteRequest = {
  readonly requestId: string;
  /** The verified caller; `undefined` where `access` is `none`. */
  readonly accessKeyId: string | undefined;
  /** What stands for the path's segments in braces, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The address that the request came from; "" where its connection is gone already. */
  readonly remoteAddress: string;
  /**
   * The body as it arrives. The iteration throws a ServiceError after the last chunk where the
   * body's hash is not the signed one: commit nothing before it has ended.
   */
  readonly body: AsyncIterable<Uint8Array>;
};

export type RouteResponse = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** An iterable is streamed, at the pace of the client. */
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array>;
};

/** The whole body, decoded as UTF-8; the route's `bodySizeMax` bounds it. */
export async function readText(request: RouteRequest): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  for await (const chunk of request.body) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
