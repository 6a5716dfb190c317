import type { Route, RouteRequest, RouteResponse } from "../protocol/route.ts";
import { readText } from "../protocol/route.ts";
import { ServiceError } from "../protocol/service-error.ts";

const prefix = "/signpost/v1";
const bodySizeMaxDefault = 16 * 1024;

/** A signed route of Signpost's own API; `path` is below `/signpost/v1/`. */
export function ownRoute(
  method: Route["method"],
  path: string,
  handle: Route["handle"],
  bodySizeMax = method === "GET" || method === "DELETE" ? 0 : bodySizeMaxDefault,
): Route {
  return { method, path: `${prefix}/${path}`, access: "signed", bodySizeMax, handle };
}

export function json(value: unknown): RouteResponse {
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(value),
  };
}

/** The body as JSON; an empty one is an object without members. */
export async function readJson(request: RouteRequest): Promise<unknown> {
  try {
    return JSON.parse((await readText(request)) || "{}");
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError("MalformedInput", "Cannot read request: the body is not JSON");
  }
}

export function parameter(request: RouteRequest, name: string): string {
  const value = request.query.get(name);
  if (value) return value;
  throw new ServiceError("InvalidInput", `Cannot read request: parameter ${name} is missing`);
}

/** A whole number from the query, `fallback` where it is absent. */
export function countParameter(
  request: RouteRequest,
  name: string,
  range: { max: number; fallback: number },
): number {
  const text = request.query.get(name);
  if (text === null || text === "") return range.fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= range.max) return value;
  throw new ServiceError(
    "InvalidInput",
    `Cannot read request: ${name} ${text} is no whole number from 1 to ${range.max}`,
  );
}
