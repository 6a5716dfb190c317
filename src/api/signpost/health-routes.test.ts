import assert from "node:assert/strict";
import { test } from "node:test";
import { ownApiOf } from "../../../test/support/own-api.ts";
import { openRoute53 } from "../../../test/support/route53-context.ts";
import { HealthUnavailableError } from "../../control/model/health-report.ts";
import { healthRoutes } from "./health-routes.ts";

const route53 = await openRoute53();
const own = ownApiOf(healthRoutes(route53));
const http = { type: "HTTP", ipAddress: "8.8.8.8" };

async function create(name: string, body: object = { config: http }): Promise<string> {
  return (await own("POST health-checks", { name, ...body })).id;
}

test("a check and its extension are created with one request, and seen whole", async () => {
  const extension = { locations: ["tokyo"], votes: { count: 1 }, intervalSeconds: 1 };
  const body = { name: "front", callerReference: "one", config: http, extension };
  const made = await own("POST health-checks", body);
  assert.equal(made.name, "front");
  assert.deepEqual(made.extension, extension);
  assert.equal(made.config.port, 80);
  assert.deepEqual(made.status, { healthy: true, why: "Nothing is known yet" });
  assert.equal((await own("POST health-checks", body)).id, made.id);
  const other = { ...body, extension: { ...extension, intervalSeconds: 2 } };
  assert.match(await own.refusal("POST health-checks", other), /^Conflict: .*another extension/);
  // AWS clients see a plain check.
  const got = await route53.call("GetHealthCheck", { HealthCheckId: made.id });
  assert.equal(got.HealthCheck?.HealthCheckConfig?.RequestInterval, 30);
});

test("the nearest Route 53 check is the base of one that Route 53 lacks", async () => {
  const bases: [extension: object, config: object, expected: object][] = [
    [
      { probe: { kind: "dns", qname: "example.com" } },
      { ipAddress: "8.8.8.8" },
      { type: "TCP", port: 53, ipAddress: "8.8.8.8" },
    ],
    [
      { probe: { kind: "tls-expiry", daysMin: 7 } },
      { fullyQualifiedDomainName: "example.com" },
      { type: "TCP", port: 443 },
    ],
    [{ probe: { kind: "rtt", rttMaxMs: 9 } }, { ...http, port: 1 }, { type: "HTTP", port: 1 }],
    [{ probe: { kind: "heartbeat", everySeconds: 60 } }, {}, { type: "CALCULATED" }],
  ];
  for (const [extension, config, expected] of bases) {
    const made = await own("POST health-checks", { config, extension });
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(made.config[name], value, JSON.stringify(extension));
    }
  }
});

test("an extension is replaced, changed in part and taken away, under a version", async () => {
  const id = await create("changing");
  const path = `health-checks/${id}/extension`;
  const put = await own(`PUT ${path}?version=1`, { intervalSeconds: 5, locations: ["a"] });
  assert.equal(put.version, 2);
  const patched = await own(`PATCH ${path}`, { locations: null, upThreshold: 2 });
  assert.deepEqual(patched.extension, { intervalSeconds: 5, upThreshold: 2 });
  assert.equal(
    await own.refusal(`PUT ${path}?version=2`, {}),
    `Conflict: Cannot change health check ${id}: its version is 3, not 2`,
  );
  const odd = JSON.parse('{"__proto__": {"intervalSeconds": 9}}') as object;
  assert.match(await own.refusal(`PATCH ${path}`, odd), /__proto__: is not expected here/);
  assert.equal(
    await own.refusal(`PATCH ${path}`, { votes: { share: 2 } }),
    "InvalidInput: extension.votes.share: must be from 0 to 1, not 2",
  );
  assert.deepEqual((await own(`GET ${path}`)).extension, patched.extension);
  const without = await own(`DELETE ${path}`);
  assert.deepEqual([without.extension, without.version], [undefined, 4]);
  await own(`PUT ${path}`, { intervalSeconds: 5 });
  await own(`DELETE health-checks/${id}`);
  assert.equal(route53.state.get("healthCheckExtension", [id]), undefined);
  assert.match(await own.refusal(`GET ${path}`), /^NotFound: No health check found with ID/);
});

test("names of an expression are bound to checks, which it keeps", async () => {
  const [api, db, cache] = [await create("api"), await create("db"), await create("cache")];
  const expression = `api AND (db OR ${cache} OR mine)`;
  const wanted = { extension: { expression, checks: { mine: cache } } };
  const made = await own("POST health-checks", wanted);
  assert.deepEqual(made.extension.checks, { api, db, [cache]: cache, mine: cache });
  assert.match(await own.refusal(`DELETE health-checks/${db}`), /^Conflict: .*is a child of/);
  const path = `health-checks/${made.id}/extension`;
  const patched = await own(`PATCH ${path}`, { expression: "api" });
  assert.deepEqual(patched.extension, { expression: "api", checks: { api } });
  await own(`DELETE health-checks/${db}`);

  await create("api");
  const refusals: [extension: object, message: RegExp][] = [
    [{ expression: "api AND" }, /^InvalidInput: extension\.expression: Cannot read health expr/],
    [{ expression: "constructor" }, /expression: "constructor" is the name of no check/],
    [{ expression: "none" }, /expression: "none" is the name of no check; extension.checks can/],
    [{ expression: "api" }, /expression: "api" is the name of several checks/],
    [
      { expression: "a", checks: { a: "none" } },
      /extension\.checks: there is no health check none/,
    ],
    [{ expression: "cache", checks: { db: cache } }, /extension\.checks\.db: is not a name of/],
    [{ expression: made.id }, /extension\.checks: .*would be made of itself/],
  ];
  for (const [extension, message] of refusals) {
    assert.match(await own.refusal(`PUT ${path}`, extension), message);
  }
});

test("calculated checks nest, and lead nowhere back", async () => {
  const leaf = await create("leaf");
  const config = { type: "CALCULATED", healthThreshold: 1 };
  const inner = await create("inner", { config, extension: { children: [leaf] } });
  const outer = await create("outer", { config, extension: { children: [inner, leaf] } });
  const path = `health-checks/${inner}/extension`;
  const message = await own.refusal(`PUT ${path}`, { children: [outer] });
  assert.match(message, /^InvalidInput: extension\.children: .* would be made of itself/);
  assert.match(await own.refusal(`PUT ${path}`, { children: ["none"] }), /no health check none/);
  assert.match(await own.refusal(`DELETE health-checks/${inner}`), /^Conflict/);
  for (const id of [outer, inner, leaf]) await own(`DELETE health-checks/${id}`);
  assert.deepEqual(route53.state.list("healthCheckByChild", { prefix: [leaf] }), []);
});

test("new checks with settings that cannot be are refused", async () => {
  const refusals: [body: unknown, message: RegExp][] = [
    [{}, /^InvalidInput: config\.type: is missing/],
    [{ config: { type: "UDP" } }, /config\.type: "UDP" is none of HTTP/],
    [{ config: { ...http, port: 0 } }, /config\.port: must be from 1 to 65535, not 0/],
    [{ config: { ...http, Port: 1 } }, /config\.Port: is not expected here/],
    [{ config: { ...http, ipAddress: "10.0.0.1" } }, /local, private/],
    [{ config: http, extention: {} }, /extention: is not expected here/],
    [{ config: { type: "CALCULATED" } }, /HealthThreshold is required/],
    [[], /body: an object is expected, not a list/],
  ];
  for (const [body, message] of refusals) {
    assert.match(await own.refusal("POST health-checks", body), message);
  }
});

test("checks are listed in pages, with status and verdicts", async () => {
  const id = await create("listed");
  const verdict = {
    location: "tokyo",
    live: true,
    verdict: "unhealthy" as const,
    status: "Failure: Connection refused.",
    checkedAt: "2026-01-01T00:00:00.000Z",
  };
  const votes = { healthy: 0, voting: 1, live: 1 };
  route53.health.status.set(id, { healthy: false, why: "0 of 1 locations say healthy", votes });
  route53.health.observed.set(id, [verdict]);
  const all = [];
  for (let marker = ""; marker !== undefined;) {
    const query = marker === "" ? "" : `&marker=${marker}`;
    const page = await own(`GET health-checks?maxItems=3${query}`);
    assert.ok(page.healthChecks.length <= 3);
    all.push(...page.healthChecks);
    marker = page.nextMarker;
  }
  assert.equal(all.length, route53.state.count("healthCheck"));
  const listed = all.find((check) => check.id === id);
  assert.deepEqual(listed.status.votes, votes);
  assert.deepEqual(listed.locations, [verdict]);
  assert.match(await own.refusal("GET health-checks?maxItems=0"), /from 1 to 1000/);
});

test("heartbeats are taken for checks that wait for them, by key or by token", async () => {
  const extension = { probe: { kind: "heartbeat", everySeconds: 60 } };
  const body = { name: "cron", callerReference: "cron", extension };
  const { id, extension: stored } = await own("POST health-checks", body);
  const { token } = stored.probe;
  assert.match(token, /^[\w-]{24}$/);
  assert.equal((await own("POST health-checks", body)).id, id);
  await own(`POST heartbeats/${id}`);
  await own(`POST heartbeats/${id}/${token}`);
  assert.deepEqual(route53.health.beats, [id, id]);
  const path = `health-checks/${id}/extension`;
  const slower = { probe: { kind: "heartbeat", everySeconds: 90 } };
  assert.equal((await own(`PUT ${path}`, slower)).extension.probe.token, token);
  const other = await create("other");
  assert.match(await own.refusal(`POST heartbeats/${other}`), /is no heartbeat check/);
  assert.match(await own.refusal("POST heartbeats/none"), /^NotFound/);
  for (const wrong of [`${id}/wrong`, `${other}/${token}`, `none/${token}`]) {
    assert.equal(
      await own.refusal(`POST heartbeats/${wrong}`),
      "NotFound: Cannot take heartbeat: no check has this id and token",
    );
  }
});

test("checks are found by name", async () => {
  const ids = [await create("twin"), await create("twin")].toSorted();
  const { healthChecks } = await own("GET health-checks?name=twin");
  assert.deepEqual(
    healthChecks.map((check: { id: string }) => check.id),
    ids,
  );
  const first = await own("GET health-checks?name=twin&maxItems=1");
  assert.equal(first.nextMarker, ids[1]);
  const second = await own(`GET health-checks?name=twin&marker=${first.nextMarker}`);
  assert.equal(second.healthChecks.length, 1);
  assert.deepEqual((await own("GET health-checks?name=none")).healthChecks, []);
});

test("while the health thread starts again, that is what is said", async () => {
  const id = await create("asked");
  const { statuses } = route53.health;
  route53.health.statuses = () => Promise.reject(new HealthUnavailableError("Cannot tell health"));
  const refused = await own.refusal(`GET health-checks/${id}`);
  route53.health.statuses = statuses;
  assert.equal(refused, "ServiceUnavailable: Cannot tell health");
});
