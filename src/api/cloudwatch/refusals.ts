import { ServiceError } from "../protocol/service-error.ts";

/** What the alarm actions answer to settings that make no sense. */
export function validationFault(message: string): ServiceError {
  return new ServiceError("ValidationException", message);
}

export function invalidValue(message: string): ServiceError {
  return new ServiceError("InvalidParameterValueException", message);
}

export function invalidCombination(message: string): ServiceError {
  return new ServiceError("InvalidParameterCombinationException", message);
}

export function missingParameter(message: string): ServiceError {
  return new ServiceError("MissingRequiredParameterException", message);
}

/** For what CloudWatch has and Signpost has not. */
export function notImplemented(what: string): ServiceError {
  return new ServiceError("NotImplemented", `${what} is not implemented.`);
}

/** @throws ServiceError NotImplemented for the first of `names` that `input` has */
export function refuseUnbuilt<I extends object>(input: I, names: readonly (keyof I & string)[]) {
  for (const name of names) if (input[name] !== undefined) throw notImplemented(name);
}
