import type { HttpRequest, HttpResponse } from "./http-message.ts";
import type { RequestContext } from "./operation.ts";
import type { ServiceError } from "./service-error.ts";

/** An AWS service as the server sees it, whatever its protocol. */
export type Service = {
  /** The name that signatures are scoped to: `route53`. */
  readonly signingName: string;
  /** Octets of a request's body as it is sent; default: the API's own limit. */
  readonly bodySizeMax?: number;
  /** Whether bodies may come compressed (`Content-Encoding: gzip`). */
  readonly takesGzip?: boolean;
  /** Whether a request is for this service: by its path, or by its headers. */
  accepts(head: Omit<HttpRequest, "body">): boolean;
  /**
   * The operation that a request asks for.
   * @throws ServiceError where there is none
   */
  find(request: HttpRequest): FoundOperation;
  encodeError(error: ServiceError, requestId: string): HttpResponse;
};

export type FoundOperation = {
  readonly name: string;
  /**
   * Decodes and validates the input, does the work, encodes the answer.
   * @throws ServiceError, NotImplemented among them, or anything else for a defect
   */
  run(request: HttpRequest, context: RequestContext): Promise<HttpResponse>;
};
