import { firewallFileSizeMax } from "../../base/limits.ts";
import type { Route } from "../protocol/route.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { json, ownRoute, parameter } from "./json-route.ts";
import type { SignpostContext } from "./signpost-context.ts";

/** `POST firewall/domains?list=LIST&mode=replace|add`: the body is a file, a domain a line. */
export function firewallImportRoute(context: SignpostContext): Route {
  const handle: Route["handle"] = async (request) => {
    const list = parameter(request, "list");
    const mode = parameter(request, "mode");
    if (mode !== "add" && mode !== "replace") {
      throw new ServiceError("InvalidInput", `Cannot import domains: mode ${mode} is not known`);
    }
    try {
      const { id, name, domainCount } = await context.importDomains({
        ...{ list, mode, file: request.body },
      });
      return json({ id, name, domainCount });
    } catch (error) {
      throw error instanceof ServiceError ? ownError(error) : error;
    }
  };
  return ownRoute("POST", "firewall/domains", handle, firewallFileSizeMax);
}

/** What Route 53 Resolver's errors are called here. */
const ownCodes: Readonly<Record<string, string>> = {
  ResourceNotFoundException: "NotFound",
  ValidationException: "InvalidInput",
  LimitExceededException: "InvalidInput",
};

function ownError(error: ServiceError): ServiceError {
  const code = ownCodes[error.code];
  return code === undefined ? error : new ServiceError(code, error.message);
}
