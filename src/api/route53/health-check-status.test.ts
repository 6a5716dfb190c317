import assert from "node:assert/strict";
import { test } from "node:test";
import { openRoute53, putRows } from "../../../test/support/route53-context.ts";
import type { Observation } from "../../control/model/health-report.ts";

const route53 = await openRoute53();
let references = 0;

async function create(HealthCheckConfig: object): Promise<string> {
  const input = { CallerReference: `status ${references++}`, HealthCheckConfig };
  const { HealthCheck } = await route53.call("CreateHealthCheck", input as never);
  return HealthCheck?.Id ?? "";
}

const seen: Observation = {
  location: "dublin",
  region: "eu-west-1",
  address: "192.0.2.1",
  live: true,
  verdict: "healthy",
  status: "Success: HTTP Status Code 200, OK",
  checkedAt: "2026-01-02T03:04:05.000Z",
};
const failed: Observation = {
  ...seen,
  location: "home",
  status: "Failure: Connection refused.",
  verdict: "unhealthy",
};
delete failed.region;
delete failed.address;

test("GetHealthCheckStatus and LastFailureReason tell one observation a location", async () => {
  const HealthCheckId = await create({ Type: "HTTP", IPAddress: "8.8.8.8" });
  route53.health.observed.set(HealthCheckId, [seen, failed]);
  route53.health.failed.set(HealthCheckId, [failed]);
  const status = await route53.call("GetHealthCheckStatus", { HealthCheckId });
  const CheckedTime = new Date(seen.checkedAt);
  const failure = {
    Region: "home",
    IPAddress: undefined,
    StatusReport: { Status: failed.status, CheckedTime },
  };
  assert.deepEqual(status.HealthCheckObservations, [
    {
      Region: "eu-west-1",
      IPAddress: "192.0.2.1",
      StatusReport: { Status: seen.status, CheckedTime },
    },
    failure,
  ]);
  const reasons = await route53.call("GetHealthCheckLastFailureReason", { HealthCheckId });
  assert.deepEqual(reasons.HealthCheckObservations, [failure]);
});

test("a calculated check has no observations, one that is not there neither", async () => {
  const calculated = await create({ Type: "CALCULATED", HealthThreshold: 0 });
  for (const name of ["GetHealthCheckStatus", "GetHealthCheckLastFailureReason"] as const) {
    const refused = await route53.refusal(name, { HealthCheckId: calculated });
    assert.equal(refused.code, "InvalidInput");
    assert.match(refused.message, /calculated health check/);
    const unknown = await route53.refusal(name, { HealthCheckId: "none" });
    assert.equal(unknown.code, "NoSuchHealthCheck");
  }
});

test("a routing control is observed in one place, and fails while it is off", async () => {
  const arn = "arn:aws:route53-recovery-control::000000000000:controlpanel/p/routingcontrol/r";
  await putRows(route53, [{ put: "routingControl", key: [arn], value: {} }]);
  const HealthCheckId = await create({ Type: "RECOVERY_CONTROL", RoutingControlArn: arn });
  const both = async () => {
    const now = await route53.call("GetHealthCheckStatus", { HealthCheckId });
    const last = await route53.call("GetHealthCheckLastFailureReason", { HealthCheckId });
    return [now, last].map(({ HealthCheckObservations: all }) =>
      all?.map(({ StatusReport }) => StatusReport?.Status),
    );
  };
  route53.health.status.set(HealthCheckId, { healthy: true, why: "cell-1 is On" });
  assert.deepEqual(await both(), [["Success: cell-1 is On"], []]);
  route53.health.status.set(HealthCheckId, { healthy: false, why: "cell-1 is Off" });
  assert.deepEqual(await both(), [["Failure: cell-1 is Off"], ["Failure: cell-1 is Off"]]);
});

test("GetCheckerIpRanges gives the addresses of live locations", async () => {
  route53.health.places.push(
    { name: "a", addresses: ["192.0.2.7", "2001:db8::1"], live: true },
    { name: "b", addresses: ["192.0.2.7"], live: true },
    { name: "c", addresses: ["192.0.2.9"], live: false },
  );
  const { CheckerIpRanges } = await route53.call("GetCheckerIpRanges", {});
  assert.deepEqual(CheckerIpRanges, ["192.0.2.7/32", "2001:db8::1/128"]);
});
