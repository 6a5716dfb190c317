import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as limits from "../../base/limits.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { DispatcherLimits, DispatcherOptions, Exchange, Reply } from "./dispatcher.ts";
import { ClientGoneError } from "./request-body.ts";
import { sendReply } from "./send-reply.ts";

export type ApiServerOptions = DispatcherOptions & {
  /** Port 0 takes a free one. */
  readonly listen: { readonly address: string; readonly port: number };
  /** Called once for every request that is answered; for metrics and access logs. */
  readonly onAnswer?: (answer: AnsweredRequest) => void;
  readonly newRequestId?: () => string;
  readonly limits?: Partial<ApiLimits>;
};

export type AnsweredRequest = {
  readonly requestId: string;
  /** `CreateHostedZone`, or method and path of a route; `undefined` where none was found. */
  readonly operation: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly status: number;
  /** The code of an error. */
  readonly errorCode: string | undefined;
  /** From the request's head to the answer's. */
  readonly durationMs: number;
};

export type ApiLimits = DispatcherLimits & {
  /** From the start of a connection, or of a request, to the end of the request's head. */
  readonly headTimeoutMs: number;
  /** Connections at once; one more is closed. */
  readonly connectionCountMax: number;
  /** How long `stop` waits for requests under way before it cuts them off. */
  readonly stopTimeoutMs: number;
};

export type ApiServer = {
  readonly address: string;
  readonly port: number;
  /** Takes no more connections, answers what is under way, then resolves. */
  stop(): Promise<void>;
};

const defaultLimits: ApiLimits = {
  bodySizeMax: limits.requestBodySizeMax,
  requestTimeoutMs: limits.requestTimeoutMs,
  headTimeoutMs: limits.requestHeadTimeoutMs,
  requestCountMax: limits.requestCountMax,
  bodyOctetsMax: limits.requestBodyOctetsMax,
  connectionCountMax: limits.apiConnectionCountMax,
  stopTimeoutMs: limits.apiStopTimeoutMs,
};

/**
 * Starts the HTTP server of all APIs: one port, AWS services by their protocols, routes by path.
 * @throws where it cannot listen
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const effective = { ...defaultLimits, ...options.limits };
  const desk = new RequestDesk(options, effective);
  const server = createServer({
    maxHeaderSize: limits.requestHeadSizeMax,
    headersTimeout: effective.headTimeoutMs,
    requestTimeout: 0, // bodies have their own timer, and a streamed one may take longer
    connectionsCheckingInterval: Math.min(1_000, effective.headTimeoutMs),
    keepAliveTimeout: limits.apiIdleTimeoutMs,
  });
  server.maxConnections = effective.connectionCountMax;
  server.timeout = limits.apiIdleTimeoutMs;
  server.on("request", (request, response) => desk.take(request, response, false));
  server.on("checkContinue", (request, response) => desk.take(request, response, true));
  await listen(server, options.listen);
  server.on("error", (err) => options.logger.error({ err }, "Cannot accept connection"));
  const { address, port } = server.address() as AddressInfo;
  const stop = () => {
    desk.closing = true;
    return stopServer(server, effective.stopTimeoutMs);
  };
  return { address, port, stop };
}

/** Takes requests in and sees each to its end. */
class RequestDesk {
  /** Set when the server stops: answers then close their connections. */
  closing = false;
  readonly #options: ApiServerOptions;
  readonly #dispatcher: Dispatcher;

  constructor(options: ApiServerOptions, effective: DispatcherLimits) {
    this.#options = options;
    this.#dispatcher = new Dispatcher(options, effective);
  }

  take(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const exchange: Exchange = {
      request,
      response,
      requestId: (this.#options.newRequestId ?? randomUUID)(),
      askForBody: expectsContinue ? () => response.writeContinue() : () => {},
    };
    response.on("error", () => {}); // a write to a connection just closed: nobody to tell
    this.#serve(exchange).catch((error: unknown) => {
      // The answer has begun: only a cut connection can still say that it is not whole.
      response.destroy();
      if (error instanceof ClientGoneError || !request.socket.writable) return;
      const { requestId } = exchange;
      this.#options.logger.error({ err: error, requestId }, "Cannot finish answer: cut off");
    });
  }

  async #serve(exchange: Exchange): Promise<void> {
    const startedAtMs = this.#options.clock.nowMs();
    const reply = await this.#dispatcher.answer(exchange);
    this.#report(exchange, reply, startedAtMs);
    await sendReply(exchange, reply, { close: this.closing });
  }

  #report({ requestId }: Exchange, reply: Reply, startedAtMs: number): void {
    this.#options.onAnswer?.({
      requestId,
      operation: reply.operation,
      accessKeyId: reply.accessKeyId,
      status: reply.status,
      errorCode: reply.errorCode,
      durationMs: this.#options.clock.nowMs() - startedAtMs,
    });
  }
}

function listen(server: Server, at: ApiServerOptions["listen"]): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: at.address, port: at.port, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function stopServer(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(timer);
      resolve();
    });
  });
}
