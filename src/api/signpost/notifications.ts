import { randomBytes } from "node:crypto";
import {
  healthNameSizeMax,
  webhookCheckCountMax,
  webhookCountMax,
  webhookUrlSizeMax,
} from "../../base/limits.ts";
import { InputObject } from "../../control/model/input-object.ts";
import type { HealthEventType } from "../../control/model/health-event.ts";
import { healthEventTypes } from "../../control/model/notification.ts";
import type { Webhook } from "../../control/model/notification.ts";
import { drawTimeUuid } from "../../control/model/resource-id.ts";
import type { Delivery } from "../../health/notifications/delivery-queue.ts";
import type { Notifier } from "../../health/notifications/notifier.ts";
import { refusedHost } from "../../health/notifications/webhook-client.ts";
import type { Route, RouteRequest } from "../protocol/route.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { commit } from "../route53/commit.ts";
import { healthRoute } from "./health-routes.ts";
import { readJson } from "./json-route.ts";

const secretSize = { min: 16, max: 256 };

/** Webhooks that are told of health events. */
export function notificationRoutes(context: ApiContext, notifier: Notifier): Route[] {
  const nameOf = ({ params }: RouteRequest): string => params["name"] ?? "";
  return [
    healthRoute("GET", "notifications", async () => ({ notifications: listed(context, notifier) })),
    healthRoute("POST", "notifications", async (request) =>
      createWebhook(context, await readJson(request)),
    ),
    healthRoute("GET", "notifications/{name}", async (request) =>
      withoutSecret(requireWebhook(context, nameOf(request))),
    ),
    healthRoute("PUT", "notifications/{name}", async (request) =>
      replaceWebhook(context, nameOf(request), await readJson(request)),
    ),
    healthRoute("DELETE", "notifications/{name}", async (request) => {
      await deleteWebhook(context, nameOf(request));
      return {};
    }),
    healthRoute("GET", "notifications/{name}/deliveries", async (request) => {
      const { name } = requireWebhook(context, nameOf(request));
      return { deliveries: notifier.deliveries(name) };
    }),
    healthRoute("POST", "notifications/{name}/test", async (request) =>
      tryOut(context, notifier, nameOf(request)),
    ),
  ];
}

type WebhookView = Omit<Webhook, "secret">;

function withoutSecret({ secret, ...view }: Webhook): WebhookView {
  return view;
}

function listed({ state }: ApiContext, notifier: Notifier): object[] {
  const counts = notifier.counts();
  return state
    .list<Webhook>("notification")
    .map(({ value }) => ({ ...withoutSecret(value), counts: counts.get(value.name) }));
}

/** @throws ServiceError NotFound */
function requireWebhook({ state }: ApiContext, name: string): Webhook {
  const webhook = state.get<Webhook>("notification", [name]);
  if (webhook) return webhook;
  throw new ServiceError("NotFound", `There is no webhook ${name}`);
}

/** The answer has the secret; nothing tells it again. */
async function createWebhook(context: ApiContext, body: unknown): Promise<Webhook> {
  const object = new InputObject(body);
  const name = object.text("name", { min: 1, max: healthNameSizeMax });
  const given = readSettings(context, object);
  const secret = given.secret ?? randomBytes(32).toString("base64url");
  const createdAt = new Date(context.clock.nowMs()).toISOString();
  const webhook: Webhook = { name, ...given, secret, createdAt };
  await commit(context, {
    action: "signpost:CreateNotification",
    plan() {
      if (context.state.get("notification", [name]) !== undefined) {
        throw new ServiceError("Conflict", `Cannot create webhook: ${name} is there already`);
      }
      if (context.state.count("notification") >= webhookCountMax) {
        const limit = `${webhookCountMax} are there, limit ${webhookCountMax}`;
        throw new ServiceError("InvalidInput", `Cannot create webhook: ${limit}`);
      }
      return {
        mutations: [{ put: "notification", key: [name], value: webhook }],
        result: undefined,
      };
    },
  });
  return webhook;
}

/** Takes other settings for a webhook; its secret stays unless another is given. */
async function replaceWebhook(
  context: ApiContext,
  name: string,
  body: unknown,
): Promise<WebhookView> {
  const given = readSettings(context, new InputObject(body));
  const { result } = await commit(context, {
    action: "signpost:UpdateNotification",
    plan() {
      const { secret, createdAt } = requireWebhook(context, name);
      const after: Webhook = { name, secret, ...given, createdAt };
      return { mutations: [{ put: "notification", key: [name], value: after }], result: after };
    },
  });
  return withoutSecret(result);
}

type Settings = Pick<Webhook, "url" | "events" | "checks"> & { secret?: string };

/** All members but the name, which is read before. */
function readSettings(context: ApiContext, object: InputObject): Settings {
  const given = {
    url: readUrl(context, object),
    secret: object.optional("secret", (member) => object.text(member, secretSize)),
    events: object.optional("events", (member) => readEvents(object, member)),
    checks: object.optional("checks", (member) => readChecks(context, object, member)),
  };
  object.end();
  const members = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members) as Settings;
}

function readUrl({ settings }: ApiContext, object: InputObject): string {
  const text = object.text("url", { min: 1, max: webhookUrlSizeMax });
  const url = URL.parse(text);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw object.problem("url", `${JSON.stringify(text)} is no http or https URL`);
  }
  if (url.username !== "" || url.password !== "") {
    throw object.problem("url", "must have no user name or password: requests are signed");
  }
  const refused = refusedHost(url, settings.healthAllow);
  if (refused !== undefined) throw object.problem("url", refused);
  return url.href;
}

function readEvents(object: InputObject, member: string): HealthEventType[] {
  const known: readonly string[] = healthEventTypes;
  const events = object.texts(member, { min: 1, max: known.length });
  const unknown = events.findIndex((type) => !known.includes(type));
  if (unknown < 0) return events as HealthEventType[];
  const what = `${JSON.stringify(events[unknown])} is none of ${known.join(", ")}`;
  throw object.problem(`${member}.${unknown}`, what);
}

function readChecks({ state }: ApiContext, object: InputObject, member: string): string[] {
  const ids = object.texts(member, { min: 1, max: webhookCheckCountMax });
  const unknown = ids.findIndex((id) => state.get("healthCheck", [id]) === undefined);
  if (unknown < 0) return ids;
  throw object.problem(`${member}.${unknown}`, `there is no health check ${ids[unknown]}`);
}

async function deleteWebhook(context: ApiContext, name: string): Promise<void> {
  await commit(context, {
    action: "signpost:DeleteNotification",
    plan() {
      requireWebhook(context, name);
      return { mutations: [{ remove: "notification", key: [name] }], result: undefined };
    },
  });
}

async function tryOut(context: ApiContext, notifier: Notifier, name: string): Promise<Delivery> {
  requireWebhook(context, name);
  const nowMs = context.clock.nowMs();
  const delivery = await notifier.tryOut(name, {
    id: drawTimeUuid(nowMs, context.random),
    at: new Date(nowMs).toISOString(),
    type: "test",
    message: `This is a test of the webhook ${name}`,
  });
  if (delivery) return delivery;
  throw new ServiceError("NotFound", `There is no webhook ${name}`);
}
