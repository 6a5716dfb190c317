import { ServiceError } from "../protocol/service-error.ts";

/** A member of the request that cannot be taken. */
export function invalidParameter(message: string, field?: string): ServiceError {
  const extra = field === undefined ? {} : { FieldName: field };
  return new ServiceError("InvalidParameterException", message, extra);
}

/** A request that makes no sense as a whole, or not in the state that things are in. */
export function invalidRequest(message: string): ServiceError {
  return new ServiceError("InvalidRequestException", message);
}

export function notFound(message: string, resourceType: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", message, { ResourceType: resourceType });
}

export function exists(message: string, resourceType: string): ServiceError {
  return new ServiceError("ResourceExistsException", message, { ResourceType: resourceType });
}

export function inUse(message: string, resourceType: string): ServiceError {
  return new ServiceError("ResourceInUseException", message, { ResourceType: resourceType });
}

export function limitExceeded(message: string, resourceType: string): ServiceError {
  return new ServiceError("LimitExceededException", message, { ResourceType: resourceType });
}

/** What the operations on policies have instead of notFound(). */
export function unknownResource(message: string): ServiceError {
  return new ServiceError("UnknownResourceException", message);
}

/** @param problem see sharingPolicyProblem() */
export function invalidPolicy(problem: string): ServiceError {
  return new ServiceError("InvalidPolicyDocument", `The policy is not valid: ${problem}.`);
}
