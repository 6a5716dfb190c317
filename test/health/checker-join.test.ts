import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { startApiServer } from "../../src/api/protocol/api-server.ts";
import type { ApiServer } from "../../src/api/protocol/api-server.ts";
import { checkerRoutes } from "../../src/api/signpost/checkers.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { CheckSpec } from "../../src/health/checker/check-spec.ts";
import { FakeDesk } from "../../src/health/checker/testing/fake-desk.ts";
import { checkSpec } from "../../src/health/checker/testing/fake-probes.ts";
import { Verdict, VerdictTable } from "../../src/health/checker/verdict-table.ts";
import { Reason } from "../../src/health/probes/reason.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { startChecker } from "../support/checker-process.ts";
import type { CheckerProcess } from "../support/checker-process.ts";
import { until } from "./health-world.ts";

// `signpost checker`, the process, with a control plane that writes down what it is told.

const key = { AWS_ACCESS_KEY_ID: "AKTEST", AWS_SECRET_ACCESS_KEY: "test" };

class ControlPlane {
  readonly desk = new FakeDesk();
  #server: ApiServer | undefined;

  async start(port = 0): Promise<number> {
    this.#server = await startApiServer({
      listen: { address: "127.0.0.1", port },
      services: async () => [],
      routes: checkerRoutes({ desk: this.desk, ownLocations: ["local"] }),
      secretOf: (id) => (id === key.AWS_ACCESS_KEY_ID ? key.AWS_SECRET_ACCESS_KEY : undefined),
      clock: systemClock,
      logger: silentLogger,
      limits: { stopTimeoutMs: 100 },
    });
    return this.#server.port;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** Of the location's last report. */
  get table(): VerdictTable | undefined {
    const last = this.desk.reports.at(-1);
    return last && VerdictTable.read(last.table);
  }
}

async function startControlPlane(t: TestContext): Promise<{ plane: ControlPlane; port: number }> {
  const plane = new ControlPlane();
  const port = await plane.start();
  t.after(() => plane.stop());
  return { plane, port };
}

function join(t: TestContext, port: number, args: readonly string[] = []): CheckerProcess {
  const place = ["--location", "tokyo", "--join", `http://127.0.0.1:${port}`];
  const checker = startChecker([...place, ...args], { ...process.env, ...key });
  t.after(() => checker.kill("SIGKILL"));
  return checker;
}

/** An HTTP endpoint whose answers can be told. */
async function startEndpoint(
  t: TestContext,
): Promise<{ server: Server; port: number; status: number }> {
  const endpoint = { server: createServer(), port: 0, status: 200 };
  endpoint.server.on("request", (_request, response) => {
    response.writeHead(endpoint.status).end();
  });
  await new Promise<void>((resolve) => endpoint.server.listen(0, "127.0.0.1", resolve));
  t.after(() => endpoint.server.close());
  endpoint.port = (endpoint.server.address() as AddressInfo).port;
  return endpoint;
}

function httpCheck(slot: number, port: number): CheckSpec {
  return checkSpec({
    ...{ slot, intervalMs: 1_000, upThreshold: 1, downThreshold: 2 },
    probe: {
      ...{ kind: "http", address: "127.0.0.1", port, tls: false, sni: false, path: "/" },
      ...{ connectTimeoutMs: 1_000, responseTimeoutMs: 1_000, bodyTimeoutMs: 1_000 },
    },
  });
}

test("a checker joins, runs the list that it is given, and tells what it finds", async (t) => {
  const { plane, port } = await startControlPlane(t);
  const endpoint = await startEndpoint(t);
  const checks = [httpCheck(2, endpoint.port), httpCheck(3, 9)];
  plane.desk.list = { version: 77, checks, allow: ["127.0.0.0/8"] };
  const checker = join(t, port, ["--region", "ap-northeast-1"]);
  const line = `signpost checker ready location=tokyo region=ap-northeast-1`;
  assert.equal(await checker.ready, `${line} join=http://127.0.0.1:${port}`);
  await until(() => plane.table?.verdict(2) === Verdict.healthy, "healthy");
  await until(() => plane.table?.verdict(3) === Verdict.unhealthy, "refused");
  assert.equal(plane.table?.header.listVersion, 77);
  assert.equal(plane.table?.record(2)?.reason, Reason.httpStatus);
  assert.equal(plane.table?.record(3)?.reason, Reason.connectionRefused);
  assert.equal(plane.desk.reports.at(-1)?.region, "ap-northeast-1");
  endpoint.status = 503;
  await until(() => plane.table?.verdict(2) === Verdict.unhealthy, "unhealthy");
  assert.equal(plane.table?.record(2)?.detail, 503);
});

test("a changed list reaches a checker within a second or so", async (t) => {
  const { plane, port } = await startControlPlane(t);
  const endpoint = await startEndpoint(t);
  const checker = join(t, port);
  await checker.ready;
  await until(() => plane.table?.header.listVersion === 1, "the first list");
  for (const version of [2, 3]) {
    plane.desk.list = { version, checks: [httpCheck(version, endpoint.port)], allow: [] };
    const changedAtMs = performance.now();
    await until(() => plane.table?.header.listVersion === version, "the list");
    // A table tells of the new list, half a second later another one shows that it runs.
    assert.ok(performance.now() - changedAtMs < 2_500);
    assert.equal(plane.table?.header.checkCount, 1);
  }
  assert.equal(plane.table?.recordCount, 4);
});

test("a checker goes on probing while the control plane is away, and joins again", async (t) => {
  const { plane, port } = await startControlPlane(t);
  const endpoint = await startEndpoint(t);
  plane.desk.list = { version: 5, checks: [httpCheck(1, endpoint.port)], allow: ["127.0.0.0/8"] };
  const checker = join(t, port);
  await checker.ready;
  await until(() => plane.table?.verdict(1) === Verdict.healthy, "healthy");
  const { run, sequence } = plane.table?.header ?? {};
  await plane.stop();
  const before = plane.table?.record(1)?.results ?? 0;
  plane.desk.reports.length = 0;
  await new Promise((resolve) => setTimeout(resolve, 2_200));
  endpoint.status = 500;
  const startedAtMs = performance.now();
  await plane.start(port);
  await until(() => plane.table !== undefined, "back");
  assert.ok(performance.now() - startedAtMs < 1_500, "it tries every half second");
  assert.equal(plane.table?.header.run, run, "it is the same run");
  assert.ok((plane.table?.header.sequence ?? 0) > (sequence ?? 0));
  assert.equal(plane.table?.verdict(1), Verdict.healthy, "it knows what it knew");
  assert.ok((plane.table?.record(1)?.results ?? 0) >= before + 2, "it has probed meanwhile");
  await until(() => plane.table?.verdict(1) === Verdict.unhealthy, "unhealthy");
});

test("a checker that starts again begins another run and knows nothing", async (t) => {
  const { plane, port } = await startControlPlane(t);
  const endpoint = await startEndpoint(t);
  plane.desk.list = { version: 5, checks: [httpCheck(1, endpoint.port)], allow: ["127.0.0.0/8"] };
  const first = join(t, port);
  await until(() => plane.table?.verdict(1) === Verdict.healthy, "healthy");
  const run = plane.table?.header.run;
  await first.kill("SIGKILL");
  plane.desk.reports.length = 0;
  const second = join(t, port);
  await second.ready;
  assert.notEqual(plane.table?.header.run, run);
  assert.equal(plane.table?.verdict(1), Verdict.unknown);
  await until(() => plane.table?.verdict(1) === Verdict.healthy, "healthy");
});

test("a checker may start before its control plane", async (t) => {
  const plane = new ControlPlane();
  const port = await plane.start();
  await plane.stop();
  const checker = join(t, port);
  await until(() => checker.log().includes("no table is taken"), "it has tried");
  await plane.start(port);
  t.after(() => plane.stop());
  assert.match(await checker.ready, /^signpost checker ready location=tokyo join=/);
});

test("a checker ends cleanly on SIGTERM", async (t) => {
  const { port } = await startControlPlane(t);
  const checker = join(t, port);
  await checker.ready;
  assert.deepEqual(await checker.kill("SIGTERM"), { code: 0, signal: null });
});

test("a checker runs scripts where that is allowed, and leaves none behind", async (t) => {
  const { plane, port } = await startControlPlane(t);
  const seconds = `1${process.pid}.5`;
  const script = (slot: number, command: string, ...args: string[]): CheckSpec => {
    const probe = { kind: "script" as const, command, args, timeoutMs: 60_000 };
    return checkSpec({ slot, intervalMs: 1_000, probe });
  };
  const checks = [script(1, "/bin/true"), script(2, "/bin/sleep", seconds)];
  plane.desk.list = { version: 5, checks, allow: [] };
  const strict = join(t, port);
  await until(() => plane.table?.record(1) !== undefined, "a result");
  assert.equal(plane.table?.record(1)?.reason, Reason.scriptNotStarted);
  assert.equal(plane.table?.verdict(1), Verdict.unknown);
  await strict.kill("SIGTERM");
  const checker = join(t, port, ["--allow-scripts"]);
  await until(() => plane.table?.verdict(1) === Verdict.healthy, "success");
  await until(() => isRunning(seconds), "the long script");
  await checker.kill("SIGTERM");
  await until(() => !isRunning(seconds), "its end");
});

/** Whether a process has this argument. */
function isRunning(argument: string): boolean {
  return readdirSync("/proc").some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(argument);
    } catch {
      return false; // it has just ended
    }
  });
}

test("a checker that may not join says why and ends", async (t) => {
  const { port } = await startControlPlane(t);
  const place = ["--join", `http://127.0.0.1:${port}`];
  const wrong = { ...process.env, ...key, AWS_SECRET_ACCESS_KEY: "wrong" };
  const cases: [checker: CheckerProcess, code: number, message: RegExp][] = [
    [startChecker(["--location", "tokyo", ...place], wrong), 1, /Cannot join .*SignatureDoesNot/],
    [join(t, port, ["--location", "local"]), 1, /the server runs a location of that name itself/],
    [startChecker(["--location", "No", ...place], wrong), 2, /location No is not a name/],
    [startChecker(place, wrong), 2, /--location is missing/],
  ];
  for (const [checker, code, message] of cases) {
    assert.equal((await checker.ended).code, code, checker.log());
    assert.match(checker.log(), message);
  }
});

test("the checker that another replaces is turned away, and goes on", async (t) => {
  const { plane, port } = await startControlPlane(t);
  const first = join(t, port);
  await first.ready;
  const second = join(t, port);
  await second.ready;
  await until(() => first.log().includes("another checker has joined"), "turned away");
  await second.kill("SIGTERM");
  plane.desk.reports.length = 0;
  await until(() => first.log().includes("joined again"), "back");
});
