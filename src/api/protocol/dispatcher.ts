import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../base/clock.ts";
import { Authenticator } from "./authenticator.ts";
import type { Authentication } from "./authenticator.ts";
import { unpackBody } from "./content-encoding.ts";
import type { HttpRequest, HttpResponse } from "./http-message.ts";
import { ClientGoneError, readChunks } from "./request-body.ts";
import { parseTarget, pathOf } from "./request-target.ts";
import type { RequestTarget } from "./request-target.ts";
import type { Route, RouteResponse } from "./route.ts";
import { RouteTable } from "./route-table.ts";
import type { FoundRoutes } from "./route-table.ts";
import { commonErrors, ServiceError } from "./service-error.ts";
import type { Service } from "./service.ts";

export type DispatcherOptions = {
  /**
   * Called for each request that is no route's; the first answers what is nobody's. They may be
   * loaded only then.
   */
  services(): Promise<readonly Service[]>;
  readonly routes: readonly Route[];
  /** The secret of an access key; `undefined` where there is no such key. */
  secretOf(accessKeyId: string): string | undefined;
  readonly clock: Clock;
  readonly logger: ApiLogger;
};

/** What the API needs of a logger; pino's fits. */
export type ApiLogger = {
  error(fields: object, message: string): void;
};

export type DispatcherLimits = {
  /** Octets of a body that is held in memory. */
  readonly bodySizeMax: number;
  /** From the head of a request to the end of its body. */
  readonly requestTimeoutMs: number;
  /** Octets of all bodies held at once; more is answered Throttling. */
  readonly bodyOctetsMax: number;
  /** Requests of known callers under way at once; one more is answered Throttling. */
  readonly requestCountMax: number;
};

/** One request and the place for its answer. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** Tells a client that waits for it (RFC 9110 §10.1.1) to send its body. */
  askForBody(): void;
};

export type Reply = RouteResponse & {
  readonly operation?: string;
  readonly accessKeyId?: string;
  readonly errorCode?: string;
};

/** A request on its way through; what is learned of it is written down as it is learned. */
type Received = {
  readonly exchange: Exchange;
  readonly receivedAtMs: number;
  readonly headerValues: ReadonlyMap<string, readonly string[]>;
  head: Omit<HttpRequest, "body">;
  target: RequestTarget;
  encodeError: (error: ServiceError, requestId: string) => HttpResponse;
  operation: string | undefined;
  accessKeyId: string | undefined;
  /** Octets of its body that count against the limit of all. */
  heldOctets: number;
};

/** Signatures of routes may be scoped to either. */
const routeSigningNames = ["signpost", "route53"];

/** Finds who answers a request, proves its signature, and makes every failure an answer. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #limits: DispatcherLimits;
  readonly #authenticator: Authenticator;
  readonly #routes: RouteTable;
  #heldOctets = 0;
  #underWay = 0;

  constructor(options: DispatcherOptions, limits: DispatcherLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#authenticator = new Authenticator(options);
    this.#routes = new RouteTable(options.routes);
  }

  /** @throws ClientGoneError where there is nobody left to answer */
  async answer(exchange: Exchange): Promise<Reply> {
    const received = this.#receive(exchange);
    try {
      const reply = await this.#dispatch(received);
      return { ...reply, operation: received.operation, accessKeyId: received.accessKeyId };
    } catch (error) {
      if (error instanceof ClientGoneError) throw error;
      return this.#refuse(received, error);
    } finally {
      this.#heldOctets -= received.heldOctets;
    }
  }

  #receive(exchange: Exchange): Received {
    const { method = "GET", rawHeaders } = exchange.request;
    const headerValues = groupHeaders(rawHeaders);
    const headers: Record<string, string> = {};
    for (const [name, values] of headerValues) headers[name] = values.join(", ");
    return {
      exchange,
      receivedAtMs: this.#options.clock.nowMs(),
      headerValues,
      head: { method, path: "/", query: new URLSearchParams(), headers },
      target: { segments: [], trailingSlash: false, query: [] },
      encodeError: encodeRouteError,
      operation: undefined,
      accessKeyId: undefined,
      heldOctets: 0,
    };
  }

  async #dispatch(received: Received): Promise<RouteResponse> {
    const target = await this.#parseTarget(received);
    const query = new URLSearchParams();
    for (const [name, value] of target.query) query.append(name, value);
    const head = { ...received.head, path: pathOf(target), query };
    received.target = target;
    received.head = head;
    const found = this.#routes.find(target.segments);
    if (found) return await this.#answerRoute(received, found);
    const services = await this.#options.services();
    if (target.segments[0] !== "signpost") received.encodeError = encoderOf(services);
    const service = services.find((candidate) => candidate.accepts(head));
    if (service) return await this.#answerService(received, service);
    const message = `Unknown operation: ${head.method} ${head.path}`;
    throw new ServiceError("UnknownOperationException", message);
  }

  /** @throws ServiceError where there is none, which is told in the first service's words */
  async #parseTarget(received: Received): Promise<RequestTarget> {
    try {
      return parseTarget(received.exchange.request.url ?? "/");
    } catch (error) {
      received.encodeError = encoderOf(await this.#options.services());
      throw error;
    }
  }

  async #answerService(received: Received, service: Service): Promise<HttpResponse> {
    received.encodeError = service.encodeError;
    const authentication = this.#authenticate(received, [service.signingName]);
    const { bodySizeMax = Infinity } = service;
    const sent = await this.#collect(received, Math.min(bodySizeMax, this.#limits.bodySizeMax));
    authentication.finish(sha256(sent));
    received.accessKeyId = authentication.accessKeyId;
    const body = service.takesGzip ? await this.#unpack(received, sent) : sent;
    const request = { ...received.head, body };
    const operation = service.find(request);
    received.operation = operation.name;
    return await operation.run(request, {
      requestId: received.exchange.requestId,
      accessKeyId: authentication.accessKeyId,
      receivedAtMs: received.receivedAtMs,
    });
  }

  async #answerRoute(received: Received, found: FoundRoutes): Promise<RouteResponse> {
    const { routes, params } = found;
    received.encodeError = encodeRouteError;
    const { method, path } = received.head;
    const wanted = method === "HEAD" ? "GET" : method;
    const route = routes.find((candidate) => candidate.method === wanted);
    if (!route) {
      const allow = routes.map((candidate) => candidate.method).join(", ");
      throw new ServiceError("MethodNotAllowed", `${method} ${path}: allowed are ${allow}`);
    }
    received.operation = `${route.method} ${route.path}`;
    const signed = route.access === "signed";
    const authentication = signed ? this.#authenticate(received, routeSigningNames) : undefined;
    const body = await this.#routeBody(received, route, authentication);
    received.accessKeyId = authentication?.accessKeyId;
    const { requestId } = received.exchange;
    const { headers, query } = received.head;
    return await route.handle({
      requestId,
      accessKeyId: authentication?.accessKeyId,
      params,
      query,
      headers,
      remoteAddress: received.exchange.request.socket.remoteAddress ?? "",
      body,
    });
  }

  #authenticate(received: Received, services: readonly string[]): Authentication {
    const { head, target, headerValues } = received;
    const signed = { method: head.method, target, headers: headerValues };
    const authentication = this.#authenticator.begin(signed, services);
    if (this.#underWay >= this.#limits.requestCountMax) throw rateExceeded();
    this.#underWay++;
    received.exchange.response.once("close", () => this.#underWay--);
    return authentication;
  }

  /** Small bodies are proved before the handler runs, streams as the handler reads them. */
  async #routeBody(
    received: Received,
    route: Route,
    authentication: Authentication | undefined,
  ): Promise<AsyncIterable<Uint8Array>> {
    if (route.bodySizeMax <= this.#limits.bodySizeMax) {
      const body = await this.#collect(received, route.bodySizeMax);
      authentication?.finish(sha256(body));
      return once(body);
    }
    if (authentication && !authentication.headProved) {
      const message = "A streamed body requires the header 'X-Amz-Content-SHA256'.";
      throw new ServiceError("IncompleteSignature", message);
    }
    const { request } = received.exchange;
    const timeoutMs = route.requestTimeoutMs ?? this.#limits.requestTimeoutMs;
    request.socket.setTimeout(timeoutMs); // Node puts its own back for the next request
    received.exchange.askForBody();
    return proved(readChunks(request, { sizeMax: route.bodySizeMax, timeoutMs }), authentication);
  }

  /** The whole body; its octets count against the limit of all until the request is answered. */
  async #collect(received: Received, sizeMax: number): Promise<Uint8Array> {
    const { request, askForBody } = received.exchange;
    const chunks: Uint8Array[] = [];
    const timeoutMs = this.#limits.requestTimeoutMs;
    if (Number(request.headers["content-length"] ?? 0) <= sizeMax) askForBody();
    for await (const chunk of readChunks(request, { sizeMax, timeoutMs })) {
      chunks.push(chunk);
      this.#hold(received, chunk.length);
    }
    return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
  }

  async #unpack(received: Received, body: Uint8Array): Promise<Uint8Array> {
    const encoding = received.head.headers["content-encoding"]?.trim().toLowerCase();
    if (encoding === undefined || encoding === "") return body;
    const unpacked = await unpackBody(body, { encoding, sizeMax: this.#limits.bodySizeMax });
    this.#hold(received, unpacked.length);
    return unpacked;
  }

  #hold(received: Received, octets: number): void {
    received.heldOctets += octets;
    this.#heldOctets += octets;
    if (this.#heldOctets > this.#limits.bodyOctetsMax) throw rateExceeded();
  }

  #refuse(received: Received, thrown: unknown): Reply {
    const { requestId } = received.exchange;
    const { operation, accessKeyId } = received;
    const report = (err: unknown) => {
      const fields = { err, requestId, operation, accessKeyId };
      this.#options.logger.error(fields, "Cannot answer request: internal failure");
    };
    if (thrown instanceof ServiceError) {
      try {
        const reply = received.encodeError(thrown, requestId);
        return { ...reply, operation, accessKeyId, errorCode: thrown.code };
      } catch (error) {
        report(new Error("An error that cannot be encoded", { cause: [thrown, error] }));
      }
    } else report(thrown);
    const reply = received.encodeError(internalFailure, requestId);
    return { ...reply, operation, accessKeyId, errorCode: internalFailure.code };
  }
}

const internalFailure = new ServiceError(
  "InternalFailure",
  "The request processing has failed because of an unknown error, exception or failure.",
);

function encoderOf(services: readonly Service[]): Received["encodeError"] {
  return services[0]?.encodeError ?? encodeRouteError;
}

function rateExceeded(): ServiceError {
  return new ServiceError("Throttling", "Rate exceeded");
}

/** Errors of routes: `{"code", "message", "requestId"}`. */
function encodeRouteError(error: ServiceError, requestId: string): HttpResponse {
  const statuses: Readonly<Record<string, number>> = commonErrors;
  const { code, message } = error;
  return {
    status: statuses[code] ?? 400,
    headers: { "x-amzn-RequestId": requestId, "Content-Type": "application/json" },
    body: JSON.stringify({ code, message, requestId }),
  };
}

function groupHeaders(rawHeaders: readonly string[]): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase();
    const values = grouped.get(name);
    if (values) values.push(rawHeaders[i + 1] ?? "");
    else grouped.set(name, [rawHeaders[i + 1] ?? ""]);
  }
  return grouped;
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  if (body.length > 0) yield body;
}

/** The chunks; after the last it throws where they are not what was signed. */
async function* proved(
  chunks: AsyncIterable<Uint8Array>,
  authentication: Authentication | undefined,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  authentication?.finish(hash.digest("hex"));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
