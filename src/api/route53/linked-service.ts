import type { LinkedService } from "../../control/model/hosted-zone.ts";
import { ServiceError } from "../protocol/service-error.ts";

type Linked = { id: string; linkedService?: LinkedService };

/**
 * Refuses to change what another service made and keeps: a client of Route 53 would undo its work.
 * @throws ServiceError AccessDenied, in AWS's words
 */
export function refuseLinked(
  kind: "hostedzone" | "healthcheck",
  { id, linkedService }: Linked,
): void {
  if (!linkedService) return;
  throw new ServiceError(
    "AccessDenied",
    `The resource ${kind}/${id} can only be managed through AWS Cloud Map ` +
      `(${linkedService.description})`,
  );
}

/** Who made a hosted zone or a health check, as answers have it. */
export function linkedServiceView({ linkedService }: Pick<Linked, "linkedService">) {
  if (!linkedService) return {};
  const { servicePrincipal, description } = linkedService;
  return { LinkedService: { ServicePrincipal: servicePrincipal, Description: description } };
}
