import { call } from "./call.ts";
import { columns } from "./columns.ts";
import { CommandFailure, onePositional, optional, required } from "./command.ts";
import type { Command } from "./command.ts";

type Webhook = {
  name: string;
  url: string;
  secret?: string;
  events?: string[];
  checks?: string[];
  counts?: { waiting: number; delivered: number; failed: number; dropped: number };
};

function list(text: string | undefined): string[] | undefined {
  return text?.split(",").filter((part) => part !== "");
}

const notificationCreate: Command = {
  words: "notification create",
  usage: "NAME --url URL [--events A,B] [--checks ID,…]",
  help: "Makes a webhook that is told of health events; its signing secret is shown this once.",
  example: "bin/signpost notification create pager --url https://hooks.example.net/health",
  options: { url: { type: "string" }, events: { type: "string" }, checks: { type: "string" } },
  optionHelp: {
    url: "where events are sent, http or https",
    events: "types of events (default: all but health-check.verdict and alarm.state)",
    checks: "ids of health checks (default: all)",
  },
  async run(invocation) {
    const { options } = invocation;
    const events = list(optional(options, "events"));
    const checks = list(optional(options, "checks"));
    const webhook = await call<Webhook>(invocation, {
      ...{ method: "POST", path: "notifications" },
      body: {
        name: onePositional(invocation, "NAME"),
        url: required(options, "url"),
        ...(events && { events }),
        ...(checks && { checks }),
      },
    });
    invocation.print(webhook, `secret ${webhook.secret}`);
  },
};

const notificationList: Command = {
  words: "notification list",
  usage: "",
  help: "Lists the webhooks and how many events each was sent since the start.",
  example: "bin/signpost notification list",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const { notifications } = await call<{ notifications: Webhook[] }>(invocation, {
      ...{ method: "GET", path: "notifications" },
    });
    const head = ["NAME", "DELIVERED", "WAITING", "DROPPED", "URL"];
    const rows = notifications.map(({ name, url, counts }) => [
      name,
      String(counts?.delivered ?? 0),
      String(counts?.waiting ?? 0),
      String(counts?.dropped ?? 0),
      url,
    ]);
    invocation.print(notifications, columns([head, ...rows]).join("\n"));
  },
};

type Delivery = { outcome: string; status?: number; error?: string; durationMs: number };

const notificationTest: Command = {
  words: "notification test",
  usage: "NAME",
  help: "Sends a webhook a test event at once; exits 1 where it does not take it.",
  example: "bin/signpost notification test pager",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const name = onePositional(invocation, "NAME");
    const path = `notifications/${encodeURIComponent(name)}/test`;
    const delivery = await call<Delivery>(invocation, { method: "POST", path });
    const { outcome, status, error, durationMs } = delivery;
    const answer = status === undefined ? error : `HTTP ${status}`;
    if (outcome !== "delivered") {
      const message = `Cannot deliver to webhook ${name}: ${answer}`;
      throw new CommandFailure(message, "refused", delivery);
    }
    invocation.print(delivery, `delivered to ${name}: ${answer} in ${durationMs} ms`);
  },
};

const notificationDelete: Command = {
  words: "notification delete",
  usage: "NAME",
  help: "Deletes a webhook.",
  example: "bin/signpost notification delete pager",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const name = onePositional(invocation, "NAME");
    const path = `notifications/${encodeURIComponent(name)}`;
    await call(invocation, { method: "DELETE", path });
    invocation.print({ deleted: name }, `deleted ${name}`);
  },
};

export const notificationCommands: readonly Command[] = [
  notificationCreate,
  notificationList,
  notificationTest,
  notificationDelete,
];
