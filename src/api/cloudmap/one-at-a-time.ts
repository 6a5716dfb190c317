import { ServiceError } from "../protocol/service-error.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import { newOperationId } from "./commit.ts";

/**
 * Does something on an instance that nothing else may be done on meanwhile.
 * @param f is given the id of its operation
 * @throws ServiceError DuplicateRequest where something is under way
 */
export async function alone<T>(
  context: CloudMapContext,
  [serviceId, instanceId]: readonly [serviceId: string, instanceId: string],
  f: (operationId: string) => Promise<T>,
): Promise<T> {
  const { underWay } = context;
  const key = `${serviceId} ${instanceId}`;
  const other = underWay.get(key);
  if (other !== undefined) {
    const message = `Another request for the instance ${instanceId} is in progress`;
    throw new ServiceError("DuplicateRequest", message, { DuplicateOperationId: other });
  }
  const operationId = newOperationId(context);
  underWay.set(key, operationId);
  try {
    return await f(operationId);
  } finally {
    underWay.delete(key);
  }
}
