import { ServiceError } from "../protocol/service-error.ts";

/** What the firewall's operations answer to values that make no sense. */
export function invalid(message: string): ServiceError {
  return new ServiceError("ValidationException", message);
}

export function conflict(message: string): ServiceError {
  return new ServiceError("ConflictException", message);
}

export function notFound(id: string, type: string): ServiceError {
  const message = `[RSLVR-02025] Can't find the resource with ID '${id}'.`;
  return new ServiceError("ResourceNotFoundException", message, { ResourceType: type });
}

/** @param what `rules in rule group rslvr-frg-…` */
export function limitExceeded(
  what: string,
  { limit, type }: { limit: number; type: string },
): ServiceError {
  const message = `The limit of ${limit} ${what} has been reached.`;
  return new ServiceError("LimitExceededException", message, { ResourceType: type });
}
