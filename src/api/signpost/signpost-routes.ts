import { recordExtensionSizeMax } from "../../base/limits.ts";
import type { Route, RouteRequest, RouteResponse } from "../protocol/route.ts";
import { readText } from "../protocol/route.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { createAccessKey, deleteAccessKey, listAccessKeys } from "./access-keys.ts";
import { explain } from "./explain.ts";
import { updateLocations } from "./location-data.ts";
import {
  deleteRecordExtension,
  listRecordExtensions,
  putRecordExtension,
} from "./record-extensions.ts";
import type { SignpostContext } from "./signpost-context.ts";
import { createVpc, deleteVpc, listVpcs } from "./vpcs.ts";
import { exportZone, importZone } from "./zone-transfer.ts";

const prefix = "/signpost/v1";
/** Longest JSON body of these operations. */
const bodySizeMax = 16 * 1024;

/**
 * Signpost's own operations, beside the AWS APIs: signed like them (service name `signpost`),
 * JSON in and out.
 */
export function signpostRoutes(context: SignpostContext): Route[] {
  const { route53 } = context;
  const get = (path: string, answer: () => unknown): Route =>
    route("GET", path, () => json(answer()));
  return [
    get("status", () => context.status()),
    get("geo", () => context.locations.summary()),
    {
      ...route("POST", "geo", async (request) =>
        json(await updateLocations(context.locations, request)),
      ),
      bodySizeMax: 0,
    },
    route("GET", "explain", async (request) => json(await explain(context, request))),
    get("keys", () => ({ keys: listAccessKeys(route53.state) })),
    route("POST", "keys", async (request) => {
      const { comment } = await readMembers(request);
      return json(await createAccessKey(route53, comment));
    }),
    route("DELETE", "keys", async (request) => {
      await deleteAccessKey(route53, parameter(request, "id"));
      return json({});
    }),
    get("vpcs", () => ({ vpcs: listVpcs(route53.state) })),
    route("POST", "vpcs", async (request) => {
      const { vpcId = "", region = "", cidr = "" } = await readMembers(request);
      return json(await createVpc(route53, { vpcId, region, cidr }));
    }),
    route("DELETE", "vpcs", async (request) => {
      await deleteVpc(route53, parameter(request, "id"));
      return json({});
    }),
    route("GET", "record-extensions", (request) => json(listRecordExtensions(route53, request))),
    {
      ...route("PUT", "record-extensions", async (request) =>
        json(await putRecordExtension(route53, request)),
      ),
      bodySizeMax: recordExtensionSizeMax,
    },
    route("DELETE", "record-extensions", async (request) =>
      json(await deleteRecordExtension(route53, request)),
    ),
    {
      ...route("POST", "zones/import", (request) => importZone(context, request)),
      bodySizeMax: Infinity,
      requestTimeoutMs: importTimeoutMs,
    },
    route("GET", "zones/export", (request) => exportZone(context, request)),
  ];
}

/** How long the body of an import may take to arrive: a slow line and a large file. */
const importTimeoutMs = 60 * 60 * 1000;

function route(method: Route["method"], path: string, handle: Route["handle"]): Route {
  const size = method === "POST" ? bodySizeMax : 0;
  return { method, path: `${prefix}/${path}`, access: "signed", bodySizeMax: size, handle };
}

function json(value: unknown): RouteResponse {
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(value),
  };
}

function parameter(request: RouteRequest, name: string): string {
  const value = request.query.get(name);
  if (value) return value;
  throw new ServiceError("InvalidInput", `Cannot read request: parameter ${name} is missing`);
}

/** The text members of a JSON object body. @throws ServiceError where it is anything else */
async function readMembers(request: RouteRequest): Promise<Record<string, string | undefined>> {
  let value: unknown;
  try {
    value = JSON.parse((await readText(request)) || "{}");
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError("MalformedInput", "Cannot read request: the body is not JSON");
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const members = isObject ? Object.entries(value as object) : [];
  if (!isObject || members.some(([, member]) => typeof member !== "string")) {
    throw new ServiceError("InvalidInput", "Cannot read request: the body's members are no texts");
  }
  return Object.fromEntries(members) as Record<string, string>;
}
