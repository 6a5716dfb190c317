import { createHash, timingSafeEqual } from "node:crypto";
import type { HealthCheckExtension } from "../../control/model/health-check-extension.ts";
import { HealthUnavailableError } from "../../control/model/health-report.ts";
import { InputProblem } from "../../control/model/input-object.ts";
import type { Route, RouteRequest } from "../protocol/route.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { readCheck, requireHealthCheck } from "../route53/health-check-rows.ts";
import { healthChecks } from "../route53/health-checks.ts";
import { changeExtension, createHealthCheck, patched } from "./health-checks.ts";
import { listHealthChecks, showHealthCheck } from "./health-check-view.ts";
import { countParameter, json, ownRoute, readJson } from "./json-route.ts";

/** A check with 255 children and an expression of full length. */
const bodySizeMax = 64 * 1024;
const pageSizes = { max: 1_000, fallback: 100 };

type Answer = (request: RouteRequest) => Promise<unknown>;

/** Health checks as Signpost has them: with extensions, votes and verdicts. */
export function healthRoutes(context: ApiContext): Route[] {
  return [
    healthRoute("GET", "health-checks", (request) =>
      listHealthChecks(context, {
        marker: request.query.get("marker") ?? undefined,
        name: request.query.get("name") ?? undefined,
        limit: countParameter(request, "maxItems", pageSizes),
      }),
    ),
    healthRoute("POST", "health-checks", async (request) =>
      showHealthCheck(context, await createHealthCheck(context, await readJson(request))),
    ),
    healthRoute("GET", "health-checks/{id}", ({ params }) =>
      showHealthCheck(context, params["id"] ?? ""),
    ),
    healthRoute("DELETE", "health-checks/{id}", (request) => deleteCheck(context, request)),
    ...extensionRoutes(context),
    ...heartbeatRoutes(context),
    healthRoute("GET", "health-locations", async () => ({
      locations: await context.health.locations(),
    })),
    healthRoute("GET", "health-events", (request) => listEvents(context, request)),
  ];
}

function extensionRoutes(context: ApiContext): Route[] {
  const path = "health-checks/{id}/extension";
  const change = (method: "PUT" | "PATCH" | "DELETE"): Route =>
    healthRoute(method, path, async (request) => {
      const id = request.params["id"] ?? "";
      const body = method === "DELETE" ? undefined : await readJson(request);
      await changeExtension(context, {
        id,
        version: versionOf(request),
        change: (before) => (method === "PATCH" ? patched(before, body) : body),
      });
      return showHealthCheck(context, id);
    });
  return [
    healthRoute("GET", path, async ({ params }) => ({
      extension: readCheck(context, params["id"] ?? "").extension ?? {},
    })),
    change("PUT"),
    change("PATCH"),
    change("DELETE"),
  ];
}

function versionOf(request: RouteRequest): number | undefined {
  if (!request.query.has("version")) return undefined;
  return countParameter(request, "version", { max: 999_999_999, fallback: 1 });
}

async function deleteCheck(context: ApiContext, request: RouteRequest): Promise<object> {
  const { requestId, accessKeyId = "", params } = request;
  const receivedAtMs = context.clock.nowMs();
  const { DeleteHealthCheck } = healthChecks(context);
  await DeleteHealthCheck(
    { HealthCheckId: params["id"] ?? "" },
    { requestId, accessKeyId, receivedAtMs },
  );
  return {};
}

/** With a key, or with the check's own token: a service that is watched needs no key. */
function heartbeatRoutes(context: ApiContext): Route[] {
  const idOf = ({ params }: RouteRequest): string => params["id"] ?? "";
  const open = healthRoute("POST", "heartbeats/{id}/{token}", async (request) => {
    const probe = heartbeatOf(context, idOf(request));
    const token = request.params["token"] ?? "";
    if (probe?.token !== undefined && isSame(token, probe.token)) {
      await context.health.heartbeat(idOf(request));
      return {};
    }
    throw new ServiceError("NotFound", "Cannot take heartbeat: no check has this id and token");
  });
  return [
    healthRoute("POST", "heartbeats/{id}", async (request) => {
      const id = idOf(request);
      requireHealthCheck(context, id);
      if (!heartbeatOf(context, id)) {
        const message = `Cannot take heartbeat: ${id} is no heartbeat check`;
        throw new ServiceError("InvalidInput", message);
      }
      await context.health.heartbeat(id);
      return {};
    }),
    { ...open, access: "none", bodySizeMax: heartbeatBodySizeMax },
  ];
}

/** What the services' own tools may send along; nothing reads it. */
const heartbeatBodySizeMax = 1_024;

function heartbeatOf({ state }: ApiContext, id: string) {
  const extension = state.get<HealthCheckExtension>("healthCheckExtension", [id]);
  return extension?.probe?.kind === "heartbeat" ? extension.probe : undefined;
}

/** In a time that tells nothing of the token. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

async function listEvents(context: ApiContext, { query, ...request }: RouteRequest) {
  const healthCheckId = query.get("check") ?? undefined;
  const afterId = query.get("after") ?? undefined;
  const events = await context.health.events({
    ...(healthCheckId === undefined ? {} : { healthCheckId }),
    ...(afterId === undefined ? {} : { afterId }),
    limit: countParameter({ query, ...request }, "maxItems", pageSizes),
  });
  return { events };
}

/** Errors of Route 53's operations by what they are called here, with their HTTP status. */
const ownCodes: Readonly<Record<string, string>> = {
  NoSuchHealthCheck: "NotFound",
  HealthCheckAlreadyExists: "Conflict",
  HealthCheckInUse: "Conflict",
  HealthCheckVersionMismatch: "Conflict",
  TooManyHealthChecks: "InvalidInput",
  PriorRequestNotComplete: "Conflict",
};

/** A route about health: JSON out, refusals in the codes of Signpost's own API. */
export function healthRoute(method: Route["method"], path: string, answer: Answer): Route {
  const handle: Route["handle"] = async (request) => {
    try {
      return json(await answer(request));
    } catch (error) {
      throw asOwnError(error);
    }
  };
  const hasBody = method === "POST" || method === "PUT" || method === "PATCH";
  return ownRoute(method, path, handle, hasBody ? bodySizeMax : 0);
}

/** What the caller is told of an error; one that is none of his is itself. */
export function asOwnError(error: unknown): unknown {
  if (error instanceof HealthUnavailableError) {
    return new ServiceError("ServiceUnavailable", error.message);
  }
  if (error instanceof InputProblem) return new ServiceError("InvalidInput", error.message);
  if (!(error instanceof ServiceError)) return error;
  const code = ownCodes[error.code];
  return code === undefined ? error : new ServiceError(code, error.message);
}
