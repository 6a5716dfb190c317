import assert from "node:assert/strict";
import test from "node:test";
import type { TestContext } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { HealthUnavailableError } from "../../control/model/health-report.ts";
import { decodeCheckList } from "../../health/checker/check-list.ts";
import { checkSpec } from "../../health/checker/testing/fake-probes.ts";
import { FakeDesk } from "../../health/checker/testing/fake-desk.ts";
import {
  VerdictTable,
  VerdictTableWriter,
  verdictTableSizeMax,
} from "../../health/checker/verdict-table.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import { startApiServer } from "../protocol/api-server.ts";
import { sendSigned, testCredentials } from "../protocol/testing/signing-client.ts";
import type { TestResponse } from "../protocol/testing/signing-client.ts";
import { checkerRoutes } from "./checkers.ts";

type World = {
  desk: FakeDesk;
  ask(method: string, path: string, body?: Uint8Array): Promise<TestResponse>;
};

async function start(t: TestContext): Promise<World> {
  const desk = new FakeDesk();
  const server = await startApiServer({
    listen: { address: "127.0.0.1", port: 0 },
    services: async () => [],
    routes: checkerRoutes({ desk, ownLocations: ["local"] }),
    secretOf: (id) =>
      id === testCredentials.accessKeyId ? testCredentials.secretAccessKey : undefined,
    clock: systemClock,
    logger: silentLogger,
  });
  t.after(() => server.stop());
  const ask: World["ask"] = (method, path, body) => {
    const target = `/signpost/v1/checkers${path}`;
    const request = { method, target, service: "signpost", ...(body ? { body } : {}) };
    return sendSigned(server.port, { ...request, headers: { connection: "close" } });
  };
  return { desk, ask };
}

function tableOf(run: number, slotCount = 3): Uint8Array {
  const table = new VerdictTableWriter({ run, scriptsAllowed: false });
  table.resize(slotCount);
  return table.publish();
}

test("PUT checkers/LOCATION/table hands a table on and answers with the list's version", async (t) => {
  const { desk, ask } = await start(t);
  desk.list.version = 4_000_000_000;
  const answer = await ask("PUT", "/tokyo/table?region=ap-northeast-1", tableOf(5));
  assert.equal(answer.status, 200, answer.body);
  assert.deepEqual(JSON.parse(answer.body), { listVersion: 4_000_000_000 });
  const [report] = desk.reports;
  assert.ok(report);
  assert.equal(report.location, "tokyo");
  assert.equal(report.region, "ap-northeast-1");
  assert.equal(report.address, "127.0.0.1");
  assert.equal(VerdictTable.read(report.table).header.run, 5);
});

test("GET checkers/LOCATION/checks is the location's list", async (t) => {
  const { desk, ask } = await start(t);
  desk.list = { version: 9, checks: [checkSpec({ slot: 3 })], allow: ["10.0.0.0/8"] };
  const answer = await ask("GET", "/tokyo/checks?region=ap-northeast-1");
  assert.deepEqual(decodeCheckList(Buffer.from(answer.body)), desk.list);
  assert.deepEqual(desk.asked, [{ location: "tokyo", region: "ap-northeast-1" }]);
});

const refused: [name: string, path: string, body: Uint8Array, status: number, message: RegExp][] = [
  ["an empty body", "/tokyo/table", new Uint8Array(), 400, /0 octets, header 48/],
  ["octets that are no table", "/tokyo/table", new Uint8Array(48), 400, /begin with SPV1/],
  ["half a table", "/tokyo/table", tableOf(1).subarray(0, 60), 400, /60 octets, 3 records/],
  ["too much", "/tokyo/table", new Uint8Array(verdictTableSizeMax + 1), 413, /exceeds the limit/],
  ["a name with a slash", "/to%2Fkyo/table", tableOf(1), 400, /location to\/kyo is not a name/],
  ["a name in capitals", "/Tokyo/table", tableOf(1), 400, /location Tokyo is not a name/],
  ["a region of no such form", "/tokyo/table?region=east", tableOf(1), 400, /region east does/],
  ["a location of the server's own", "/local/table", tableOf(1), 409, /the server runs a location/],
];

for (const [name, path, body, status, message] of refused) {
  test(`PUT checkers/LOCATION/table refuses ${name}`, async (t) => {
    const { desk, ask } = await start(t);
    const answer = await ask("PUT", path, body);
    assert.equal(answer.status, status, answer.body);
    assert.match(answer.body, message);
    assert.equal(desk.reports.length, 0);
  });
}

test("PUT checkers/LOCATION/table turns away the checker that another has replaced", async (t) => {
  const { ask } = await start(t);
  const statuses: number[] = [];
  for (const run of [1, 1, 2, 1, 2]) {
    statuses.push((await ask("PUT", "/tokyo/table", tableOf(run))).status);
  }
  assert.deepEqual(statuses, [200, 200, 200, 409, 200]);
});

test("GET checkers lists locations; DELETE forgets one that is gone", async (t) => {
  const { desk, ask } = await start(t);
  await ask("PUT", "/tokyo/table", tableOf(1));
  const { checkers } = JSON.parse((await ask("GET", "")).body) as { checkers: object[] };
  const from = { location: "tokyo", region: null, address: "127.0.0.1", live: true };
  const list = { listVersion: 0, listVersionWanted: 1, checkCount: 0 };
  assert.deepEqual(checkers, [{ ...from, ...list, probesPerSecond: 0, lagMs: 0, lastSeenAtMs: 0 }]);
  assert.equal((await ask("DELETE", "/tokyo")).status, 400);
  desk.gone.add("tokyo");
  assert.equal((await ask("DELETE", "/tokyo")).status, 200);
  assert.equal((await ask("DELETE", "/paris")).status, 404);
});

test("checkers are told to try again while the health thread starts again", async (t) => {
  const { desk, ask } = await start(t);
  const gone = () => Promise.reject(new HealthUnavailableError("Cannot tell health: it starts"));
  Object.assign(desk, { take: gone, listFor: gone, locations: gone, forget: gone });
  const requests = [
    ask("PUT", "/tokyo/table", tableOf(1)),
    ask("GET", "/tokyo/checks"),
    ask("GET", ""),
    ask("DELETE", "/tokyo"),
  ];
  for (const { status, body } of await Promise.all(requests)) {
    assert.equal(status, 503);
    assert.match(body, /ServiceUnavailable.*Cannot tell health/);
  }
});
