import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { testWith } from "../../../test/support/peers.ts";
import { parseCidr } from "../../base/ip.ts";
import type { Cidr } from "../../base/ip.ts";
import type { HealthEvent } from "../../control/model/health-event.ts";
import type { Webhook } from "../../control/model/notification.ts";
import { Notifier } from "./notifier.ts";
import { WebhookClient } from "./webhook-client.ts";

const loopback = [parseCidr("127.0.0.0/8") as Cidr];
const event: HealthEvent = {
  id: "1",
  at: "2026-01-01T00:00:00.000Z",
  type: "test",
  message: "hello",
};
const secret = "a secret of some length";

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

function notifierOf(t: TestContext, webhooks: Webhook[]): Notifier {
  const state = { list: () => webhooks.map((value) => ({ key: [value.name], value })) };
  const notifier = new Notifier({ state: state as never, allow: loopback });
  t.after(() => notifier.close());
  return notifier;
}

test("Notifier sends signed events, which a receiver can verify", async (t) => {
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  const url = await serve(t, async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    received.push({ headers: request.headers, body });
    response.end();
  });
  const notifier = notifierOf(t, [{ name: "pager", url, secret, createdAt: "" }]);
  const delivery = await notifier.tryOut("pager", event);
  assert.deepEqual([delivery?.outcome, delivery?.status], ["delivered", 200]);
  const [{ headers, body } = { headers: {}, body: "" }] = received;
  const timestamp = headers["signpost-timestamp"] as string;
  const digest = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  assert.equal(headers["signpost-signature"], `v1=${digest}`);
  const message = JSON.parse(body) as { events: HealthEvent[]; delivery: string; webhook: string };
  assert.deepEqual(message.events, [event]);
  assert.equal(message.webhook, "pager");
  assert.equal(message.delivery, headers["signpost-delivery"]);
  assert.ok(Math.abs(Number(timestamp) * 1000 - Date.now()) < 60_000);
});

test("Notifier takes webhooks anew, and forgets those that are gone", async (t) => {
  const paths: string[] = [];
  const url = await serve(t, (request, response) => {
    paths.push(request.url ?? "");
    response.end();
  });
  const webhooks = [{ name: "one", url, secret, createdAt: "" }];
  const notifier = notifierOf(t, webhooks);
  webhooks[0] = { name: "one", url: `${url}/moved`, secret, createdAt: "" };
  notifier.refresh();
  assert.equal((await notifier.tryOut("one", event))?.outcome, "delivered");
  assert.deepEqual(paths, ["/hook/moved"]);
  assert.equal(notifier.sendTo("two", event), false);
  webhooks.length = 0;
  notifier.refresh();
  assert.equal(await notifier.tryOut("one", event), undefined);
  assert.equal(notifier.counts().size, 0);
});

test("WebhookClient does not follow redirects, nor wait for ever", async (t) => {
  const client = new WebhookClient(loopback, 200);
  t.after(() => client.close());
  const paths: string[] = [];
  const url = await serve(t, (request, response) => {
    paths.push(request.url ?? "");
    if (request.url === "/hook") response.writeHead(307, { location: "/elsewhere" }).end();
    else if (request.url !== "/hook/slow") response.end("x".repeat(1024 * 1024));
  });
  const post = (to: string) => client.post({ url: to, headers: {}, body: "{}" });
  assert.deepEqual(await post(url), { status: 307 });
  assert.deepEqual(await post(`${url}/slow`), { error: "no answer in time" });
  assert.deepEqual(await post(`${url}/large`), { status: 200 });
  assert.deepEqual(paths, ["/hook", "/hook/slow", "/hook/large"]);
});

test("WebhookClient connects to no address that checks may not be sent to", async (t) => {
  let count = 0;
  const url = new URL(await serve(t, (_, response) => response.end(String(count++))));
  const client = new WebhookClient([]);
  t.after(() => client.close());
  for (const host of ["127.0.0.1", "localhost"]) {
    url.hostname = host;
    const answer = await client.post({ url: url.href, headers: {}, body: "{}" });
    assert.match("error" in answer ? answer.error : "", /private|may be connected to/, host);
  }
  for (const host of ["[::1]", "169.254.169.254", "[::ffff:127.0.0.1]", "0x7f.1"]) {
    const target = `http://${host}:${url.port}/`;
    const answer = await client.post({ url: target, headers: {}, body: "{}" });
    assert.match("error" in answer ? answer.error : "", /private/, host);
  }
  assert.equal(count, 0);
});

const openssl = "/usr/bin/openssl";

testWith([openssl], "WebhookClient takes no certificate that nobody vouches for", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "signpost-webhook-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const files = ["-nodes", "-keyout", keyFile, "-out", certFile, "-subj", "/CN=localhost"];
  execFileSync(openssl, [...request, ...files], { stdio: "ignore" });
  let count = 0;
  const server = createTlsServer(
    { key: readFileSync(keyFile), cert: readFileSync(certFile) },
    (_, response) => response.end(String(count++)),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const client = new WebhookClient(loopback);
  t.after(() => client.close());
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const answer = await client.post({ url, headers: {}, body: "{}" });
  assert.match("error" in answer ? answer.error : "", /self-signed certificate/);
  assert.equal(count, 0);
});
