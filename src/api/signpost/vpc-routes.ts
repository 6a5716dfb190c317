import { vpcRequestSizeMax } from "../../base/limits.ts";
import { InputProblem } from "../../control/model/input-object.ts";
import type { Route, RouteRequest } from "../protocol/route.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { json, ownRoute, parameter, readJson } from "./json-route.ts";
import { deleteHost, listHosts, putHost } from "./vpc-hosts.ts";
import { createVpc, deleteVpc, listVpcs, updateVpc } from "./vpcs.ts";

/** VPCs: what EC2 would know of them. */
export function vpcRoutes(context: ApiContext): Route[] {
  const idOf = ({ params }: RouteRequest): string => params["id"] ?? "";
  return [
    route("GET", "vpcs", () => ({ vpcs: listVpcs(context.state) })),
    route("POST", "vpcs", async (request) => createVpc(context, await readJson(request))),
    route("PATCH", "vpcs/{id}", async (request) =>
      updateVpc(context, idOf(request), await readJson(request)),
    ),
    route("DELETE", "vpcs", async (request) => {
      await deleteVpc(context, parameter(request, "id"));
      return {};
    }),
    route("GET", "vpcs/{id}/hosts", (request) => ({ hosts: listHosts(context, idOf(request)) })),
    route("PUT", "vpcs/{id}/hosts", async (request) =>
      putHost(context, idOf(request), await readJson(request)),
    ),
    route("DELETE", "vpcs/{id}/hosts", async (request) => {
      await deleteHost(context, idOf(request), parameter(request, "name"));
      return {};
    }),
  ];
}

function route(
  method: Route["method"],
  path: string,
  answer: (request: RouteRequest) => unknown,
): Route {
  const handle: Route["handle"] = async (request) => {
    try {
      return json(await answer(request));
    } catch (error) {
      if (!(error instanceof InputProblem)) throw error;
      throw new ServiceError("InvalidInput", error.message);
    }
  };
  const hasBody = method === "POST" || method === "PUT" || method === "PATCH";
  return ownRoute(method, path, handle, hasBody ? vpcRequestSizeMax : 0);
}
