import assert from "node:assert/strict";
import { test } from "node:test";
import { ownApiOf } from "../../../test/support/own-api.ts";
import { openRoute53 } from "../../../test/support/route53-context.ts";
import { Notifier } from "../../health/notifications/notifier.ts";
import type { WebhookRequest } from "../../health/notifications/webhook-client.ts";
import { notificationRoutes } from "./notifications.ts";

const route53 = await openRoute53();
const sent: WebhookRequest[] = [];
const notifier = new Notifier({
  state: route53.state,
  allow: [],
  means: {
    post: async (request) => {
      sent.push(request);
      return { status: sent.length > 1 ? 500 : 200 };
    },
  },
});
const own = ownApiOf(notificationRoutes(route53, notifier));
const url = "https://hooks.example.net/health?team=web";

test("a webhook's secret is shown once, when it is made", async () => {
  const made = await own("POST notifications", { name: "pager", url });
  assert.match(made.secret, /^[\w-]{43}$/);
  notifier.refresh();
  const counts = { waiting: 0, delivered: 0, failed: 0, dropped: 0 };
  const { secret, ...visible } = made;
  assert.deepEqual(await own("GET notifications/pager"), visible);
  assert.deepEqual((await own("GET notifications")).notifications, [{ ...visible, counts }]);

  const events = ["health-check.status"];
  const replaced = await own("PUT notifications/pager", { url, events });
  assert.deepEqual(replaced, { ...visible, events });
  const stored = route53.state.get<{ secret: string }>("notification", ["pager"]);
  assert.equal(stored?.secret, secret);
  assert.match(await own.refusal("POST notifications", { name: "pager", url }), /^Conflict/);
});

test("a test event is sent at once, and its outcome told and remembered", async () => {
  const delivered = await own("POST notifications/pager/test");
  assert.deepEqual([delivered.outcome, delivered.status], ["delivered", 200]);
  const body = JSON.parse(sent[0]?.body ?? "") as { events: { type: string }[] };
  assert.deepEqual(
    body.events.map(({ type }) => type),
    ["test"],
  );
  const failed = await own("POST notifications/pager/test");
  assert.deepEqual([failed.outcome, failed.status], ["given up", 500]);
  const { deliveries } = await own("GET notifications/pager/deliveries");
  assert.deepEqual(deliveries, [delivered, failed]);
  await own("DELETE notifications/pager");
  for (const request of ["GET notifications/pager", "DELETE notifications/pager"]) {
    assert.equal(await own.refusal(request), "NotFound: There is no webhook pager");
  }
  assert.match(await own.refusal("POST notifications/pager/test"), /^NotFound/);
});

test("webhooks that make no sense are refused", async () => {
  const refusals: [body: object, message: RegExp][] = [
    [{ url }, /^InvalidInput: name: is missing/],
    [{ name: "x" }, /url: is missing/],
    [{ name: "x", url: "ftp://example.net/" }, /url: .* is no http or https URL/],
    [{ name: "x", url: "example.net" }, /url: .* is no http or https URL/],
    [{ name: "x", url: "https://a:b@example.net/" }, /must have no user name or password/],
    [{ name: "x", url: "http://127.0.0.1:8080/" }, /url: 127.0.0.1 is in a local, private/],
    [{ name: "x", url: "http://2130706433/" }, /url: 127.0.0.1 is in a local, private/],
    [{ name: "x", url: "http://[fd00::1]/" }, /private/],
    [{ name: "x", url, secret: "short" }, /secret: 5 characters, 16 to 256/],
    [{ name: "x", url, events: ["health"] }, /events\.0: "health" is none of health-check\.status/],
    [{ name: "x", url, checks: ["none"] }, /checks\.0: there is no health check none/],
    [{ name: "x", url, filter: 1 }, /filter: is not expected here/],
  ];
  for (const [body, message] of refusals) {
    assert.match(await own.refusal("POST notifications", body), message);
  }
});
