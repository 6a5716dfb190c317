import type { Route, RouteRequest } from "../protocol/route.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { healthRoute } from "./health-routes.ts";
import { readJson } from "./json-route.ts";
import {
  changeStates,
  createRoutingControl,
  deleteRoutingControl,
  listRoutingControls,
  readStateChange,
  readStatesChange,
  requireRoutingControl,
} from "./routing-controls.ts";
import { createSafetyRule, deleteSafetyRule, listSafetyRules } from "./safety-rules.ts";

/** Routing controls, which RECOVERY_CONTROL health checks go by, and their safety rules. */
export function routingControlRoutes(context: ApiContext): Route[] {
  return [
    healthRoute("GET", "routing-controls", async ({ query }) => ({
      routingControls: listRoutingControls(context, query.get("panel") ?? undefined),
    })),
    healthRoute("POST", "routing-controls", async (request) =>
      createRoutingControl(context, { body: await readJson(request), by: callerOf(request) }),
    ),
    healthRoute("GET", "routing-controls/{name}", async (request) =>
      requireRoutingControl(context, nameOf(request)),
    ),
    healthRoute("DELETE", "routing-controls/{name}", async (request) => {
      await deleteRoutingControl(context, nameOf(request));
      return {};
    }),
    ...stateRoutes(context),
    healthRoute("GET", "safety-rules", async () => ({ safetyRules: listSafetyRules(context) })),
    healthRoute("POST", "safety-rules", async (request) =>
      createSafetyRule(context, await readJson(request)),
    ),
    healthRoute("DELETE", "safety-rules/{name}", async (request) => {
      await deleteSafetyRule(context, nameOf(request));
      return {};
    }),
  ];
}

function stateRoutes(context: ApiContext): Route[] {
  return [
    healthRoute("GET", "routing-controls/{name}/state", async (request) => {
      const { name, state, since, by } = requireRoutingControl(context, nameOf(request));
      return { name, state, since, by };
    }),
    healthRoute("PUT", "routing-controls/{name}/state", async (request) => {
      const change = readStateChange(await readJson(request), nameOf(request));
      const [control] = await changeStates(context, change, callerOf(request));
      return control;
    }),
    healthRoute("PUT", "routing-control-states", async (request) => {
      const change = readStatesChange(await readJson(request));
      return { routingControls: await changeStates(context, change, callerOf(request)) };
    }),
  ];
}

function nameOf({ params }: RouteRequest): string {
  return params["name"] ?? "";
}

function callerOf({ accessKeyId }: RouteRequest): string {
  return accessKeyId ?? "";
}
