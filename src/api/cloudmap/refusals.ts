import { CloudMapProblem } from "../../control/model/cloud-map-problem.ts";
import { ServiceError } from "../protocol/service-error.ts";

export function invalidInput(message: string): ServiceError {
  return new ServiceError("InvalidInput", message);
}

/** What `f` gives. @throws ServiceError InvalidInput for what the model refuses */
export function checked<T>(f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (error instanceof CloudMapProblem) throw invalidInput(error.message);
    throw error;
  }
}

/** @param what in the plural: `namespaces` */
export function limitExceeded(what: string, limit: number): ServiceError {
  return new ServiceError("ResourceLimitExceeded", `Cannot create more ${what}: limit ${limit}`);
}

export function inUse(message: string): ServiceError {
  return new ServiceError("ResourceInUse", message);
}
