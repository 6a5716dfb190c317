import { recordExtensionSizeMax } from "../../base/limits.ts";
import type { Route, RouteRequest } from "../protocol/route.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { createAccessKey, deleteAccessKey, listAccessKeys } from "./access-keys.ts";
import { explain } from "./explain.ts";
import { firewallImportRoute } from "./firewall-import.ts";
import { healthRoutes } from "./health-routes.ts";
import { json, ownRoute, parameter, readJson } from "./json-route.ts";
import { updateLocations } from "./location-data.ts";
import {
  deleteRecordExtension,
  listRecordExtensions,
  putRecordExtension,
} from "./record-extensions.ts";
import { notificationRoutes } from "./notifications.ts";
import { routingControlRoutes } from "./routing-control-routes.ts";
import type { SignpostContext } from "./signpost-context.ts";
import { vpcRoutes } from "./vpc-routes.ts";
import { exportZone, importZone } from "./zone-transfer.ts";

/**
 * Signpost's own operations, beside the AWS APIs: signed like them (service name `signpost`),
 * JSON in and out.
 */
export function signpostRoutes(context: SignpostContext): Route[] {
  const { route53 } = context;
  const get = (path: string, answer: () => unknown): Route =>
    ownRoute("GET", path, () => json(answer()));
  return [
    get("status", () => context.status()),
    ownRoute("GET", "geo", async () => json(await context.locations.summary())),
    {
      ...ownRoute("POST", "geo", async (request) =>
        json(await updateLocations(context.locations, request)),
      ),
      bodySizeMax: 0,
    },
    ownRoute("GET", "explain", async (request) => json(await explain(context, request))),
    get("keys", () => ({ keys: listAccessKeys(route53.state) })),
    ownRoute("POST", "keys", async (request) => {
      const { comment } = await readMembers(request);
      return json(await createAccessKey(route53, comment));
    }),
    ownRoute("DELETE", "keys", async (request) => {
      await deleteAccessKey(route53, parameter(request, "id"));
      return json({});
    }),
    ...vpcRoutes(route53),
    ownRoute("GET", "record-extensions", (request) => json(listRecordExtensions(route53, request))),
    {
      ...ownRoute("PUT", "record-extensions", async (request) =>
        json(await putRecordExtension(route53, request)),
      ),
      bodySizeMax: recordExtensionSizeMax,
    },
    ownRoute("DELETE", "record-extensions", async (request) =>
      json(await deleteRecordExtension(route53, request)),
    ),
    {
      ...ownRoute("POST", "zones/import", (request) => importZone(context, request)),
      bodySizeMax: Infinity,
      requestTimeoutMs: importTimeoutMs,
    },
    ownRoute("GET", "zones/export", (request) => exportZone(context, request)),
    firewallImportRoute(context),
    ...healthRoutes(route53),
    ...routingControlRoutes(route53),
    ...notificationRoutes(route53, context.notifier),
  ];
}

/** How long the body of an import may take to arrive: a slow line and a large file. */
const importTimeoutMs = 60 * 60 * 1000;

/** The text members of a JSON object body. @throws ServiceError where it is anything else */
async function readMembers(request: RouteRequest): Promise<Record<string, string | undefined>> {
  const value = await readJson(request);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const members = isObject ? Object.entries(value as object) : [];
  if (!isObject || members.some(([, member]) => typeof member !== "string")) {
    throw new ServiceError("InvalidInput", "Cannot read request: the body's members are no texts");
  }
  return Object.fromEntries(members) as Record<string, string>;
}
