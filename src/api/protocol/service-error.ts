/**
 * Errors that any AWS service may answer, with their HTTP status. Errors of one service are not
 * here: their status is the `httpError` trait of the service's own schema.
 * https://docs.aws.amazon.com/Route53/latest/APIReference/CommonErrors.html
 */
export const commonErrors = {
  AccessDenied: 403,
  Conflict: 409,
  IncompleteSignature: 400,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  InvalidInput: 400,
  InvalidQueryParameter: 400,
  MalformedInput: 400,
  MalformedQueryString: 404,
  MethodNotAllowed: 405,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  NoSuchVersion: 400,
  NotFound: 404,
  NotImplemented: 501,
  RequestEntityTooLarge: 413,
  RequestExpired: 400,
  RequestTimeout: 408,
  SerializationException: 400,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  UnknownOperationException: 404,
  UnsupportedMediaType: 415,
} as const;

/**
 * An error that the caller is to see: a code of the service's model or of `commonErrors`.
 *
 * A code that is in neither is a defect; it is answered as InternalFailure and logged.
 */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: string;
  /** Further members of the modelled error, such as `messages` of InvalidChangeBatch. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.extra = extra;
  }
}

/** A change batch refused for `messages`; Route 53 writes them as one `[a, b]`. */
export function invalidChangeBatch(messages: readonly string[]): ServiceError {
  return new ServiceError("InvalidChangeBatch", `[${messages.join(", ")}]`, { messages });
}
