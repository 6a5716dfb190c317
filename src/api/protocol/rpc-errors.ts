import { assert } from "../../base/assert.ts";
import { commonErrors } from "./service-error.ts";
import type { ServiceError } from "./service-error.ts";
import type { ServiceModel } from "./service-model.ts";

/** An error as AWS's JSON and CBOR protocols write it. */
export type RpcError = {
  readonly status: number;
  /** `com.amazonaws.cloudwatch#ResourceNotFound` */
  readonly type: string;
  /** The member that has the message: services differ in its first letter. */
  readonly messageMember: "message" | "Message";
  /**
   * What clients that know the service by the query protocol go by: `ResourceNotFound;Sender`.
   * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
   */
  readonly queryError: string;
};

/** Names that these protocols have for errors of every service; all of them are answered 400. */
const otherNames: Readonly<Record<string, string>> = {
  AccessDenied: "AccessDeniedException",
  IncompleteSignature: "IncompleteSignatureException",
  InvalidClientTokenId: "UnrecognizedClientException",
  MissingAuthenticationToken: "MissingAuthenticationTokenException",
  RequestExpired: "InvalidSignatureException",
  SerializationException: "SerializationException",
  SignatureDoesNotMatch: "InvalidSignatureException",
  Throttling: "ThrottlingException",
  UnknownOperationException: "UnknownOperationException",
};

/** Throws AssertionError for an error that is neither in the model nor in the catalogue. */
export function rpcErrorOf(error: ServiceError, model: ServiceModel): RpcError {
  const known = model.errors.get(error.code);
  if (known) {
    const names = (known.schema as unknown as readonly [0, 0, 0, 0, readonly string[]])[4];
    return {
      status: known.status,
      type: `${known.namespace}#${known.code}`,
      messageMember: names.includes("Message") ? "Message" : "message",
      queryError: queryError(known.queryCode ?? known.code, known.status),
    };
  }
  const statuses: Readonly<Record<string, number>> = commonErrors;
  const common = statuses[error.code];
  assert(common !== undefined, `Cannot answer error ${error.code}: not in model or catalogue`);
  const name = otherNames[error.code];
  const status = name === undefined ? common : 400;
  return {
    status,
    type: `com.amazon.coral.service#${name ?? error.code}`,
    messageMember: "message",
    queryError: queryError(error.code, status),
  };
}

function queryError(code: string, status: number): string {
  return `${code};${status >= 500 ? "Receiver" : "Sender"}`;
}
