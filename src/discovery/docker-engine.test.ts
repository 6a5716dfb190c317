import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { engineEventSizeMax } from "../base/limits.ts";
import { DockerEngineStandIn } from "../../test/support/docker-engine.ts";
import { DockerEngine } from "./docker-engine.ts";
import type { EngineEvent } from "./docker-engine.ts";

function socketOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "signpost-docker-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "docker.sock");
}

async function standIn(t: TestContext, apiVersion?: string) {
  const engine = new DockerEngineStandIn({
    socketPath: socketOf(t),
    ...(apiVersion && { apiVersion }),
  });
  await engine.listen();
  t.after(() => engine.close());
  return { engine, client: new DockerEngine({ socketPath: engine.socketPath }) };
}

/** An engine that answers whatever the listener does. */
async function oddEngine(t: TestContext, listener: RequestListener): Promise<DockerEngine> {
  const socketPath = socketOf(t);
  const server = createServer((request, response) => {
    response.setHeader("api-version", "1.41");
    if (request.url === "/_ping") response.end("OK");
    else listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return new DockerEngine({ socketPath, timeoutMs: 200 });
}

async function take(
  engine: DockerEngine,
  { count, sinceMs }: { count: number; sinceMs?: number },
): Promise<EngineEvent[]> {
  const ending = new AbortController();
  const taken: EngineEvent[] = [];
  const since = sinceMs === undefined ? {} : { sinceMs };
  for await (const event of await engine.events({ ...since, signal: ending.signal })) {
    taken.push(event);
    if (taken.length === count) break;
  }
  ending.abort();
  return taken;
}

test("negotiate() speaks the engine's version, up to the newest it knows", async (t) => {
  for (const [theirs, spoken] of [
    ["1.41", "1.41"],
    ["1.24", "1.24"],
    ["1.99", "1.51"],
  ]) {
    const { engine, client } = await standIn(t, theirs);
    await client.list();
    assert.equal(engine.requests.at(-1), `GET /v${spoken}/containers/json`);
  }
});

test("list() and inspect() see what runs; what is not there is undefined", async (t) => {
  const { engine, client } = await standIn(t);
  const id = engine.run({ name: "web", labels: { a: "b" } });
  const gone = engine.run({ name: "gone" });
  engine.die(gone);
  assert.deepEqual(await client.list(), [{ id, labels: { a: "b" } }]);
  assert.equal((await client.inspect("web"))?.id, id);
  assert.equal((await client.inspect(id.slice(0, 8)))?.name, "web");
  assert.equal((await client.inspect(gone))?.isRunning, false);
  assert.equal(await client.inspect("../../info"), undefined);
});

test("events() tells what can change a registration, from where it is asked to begin", async (t) => {
  const { engine, client } = await standIn(t);
  const id = engine.run({ name: "web" });
  engine.setHealth(id, "healthy");
  engine.connect(id, "front");
  engine.signal(id, 15);
  engine.die(id);
  // `create` is not among them.
  const [start, health, connect, kill, die] = await take(client, { count: 5, sinceMs: 0 });
  assert.deepEqual(
    [start, health, connect, kill, die].map((event) => event?.action),
    ["start", "health_status", "connect", "kill", "die"],
  );
  assert.ok([start, health, connect, kill, die].every((event) => event?.containerId === id));
  assert.equal(kill?.signal, 15);
  const later = await take(client, { count: 1, sinceMs: die?.atMs ?? 0 });
  assert.equal(later[0]?.action, "die");
});

test("an engine that is away, silent or says no is an error that names it", async (t) => {
  const away = new DockerEngine({ socketPath: "/tmp/no/such.sock" });
  await assert.rejects(away.list(), /Cannot reach Docker Engine at \/tmp\/no\/such.sock: ENOENT/);
  const silent = await oddEngine(t, () => {});
  await assert.rejects(silent.list(), /Cannot reach Docker Engine/);
  await assert.rejects(
    silent.events({ signal: new AbortController().signal }),
    /silent for 200 ms/,
  );
  const refusing = await oddEngine(t, (_, response) => {
    response.statusCode = 500;
    response.end('{"message":"no \\"space\\" left"}');
  });
  await assert.rejects(refusing.inspect("web"), /Docker Engine refused: no .*space.* left/);
});

test("events() ends with an error at what is no event, and at one without end", async (t) => {
  const broken = await oddEngine(t, (_, response) => response.end('{"Type":"container"\n'));
  await assert.rejects(take(broken, { count: 1 }), SyntaxError);
  const endless = await oddEngine(t, (_, response) => {
    response.write("x".repeat(engineEventSizeMax + 1));
  });
  await assert.rejects(take(endless, { count: 1 }), /Cannot read event: more than/);
  const cut = await oddEngine(t, (_, response) => {
    response.write('{"Type":"container","Action":"start","Actor":{"ID":"a"},"time":1}\n{"Ty');
    setTimeout(() => response.destroy(), 20);
  });
  await assert.rejects(take(cut, { count: 2 }), { code: "ECONNRESET" });
});
