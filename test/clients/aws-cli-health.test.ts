import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { untilAddress } from "../support/ask-address.ts";
import { awsCli, awsCliOf } from "../support/aws-cli.ts";
import type { Json } from "../support/aws-cli.ts";
import { startHttpEndpoint } from "../support/http-endpoint.ts";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

let started: Promise<SignpostProcess> | undefined;
after(async () => (await started)?.stop());

function server(): Promise<SignpostProcess> {
  const locations = ["--location", "dublin=eu-west-1", "--location", "home"];
  const args = ["--workers", "1", "--health-allow", "127.0.0.0/8", ...locations];
  started ??= startSignpost({ args });
  return started;
}

const { aws, refused } = awsCliOf(server);
const run = promisify(execFile);

/** `bin/signpost WORDS…` */
async function signpost(...words: string[]): Promise<string> {
  const { dataDir } = await server();
  const { stdout } = await run(repositoryPath("bin/signpost"), [...words, "--data", dataDir]);
  return stdout.trim();
}

async function create(config: object): Promise<string> {
  const reference = JSON.stringify(config).slice(0, 64);
  const words = ["--caller-reference", reference, "--health-check-config", config];
  return (await aws("create-health-check", ...words)).HealthCheck.Id;
}

/** What each location says, once all say something of the kind. */
async function untilStatus(operation: string, id: string, kind: RegExp): Promise<Json[]> {
  const untilMs = performance.now() + 20_000;
  for (;;) {
    const { HealthCheckObservations: all } = await aws(operation, "--health-check-id", id);
    const isAll = all.every(({ StatusReport }: Json) => kind.test(StatusReport.Status));
    if (all.length === 2 && isAll) return all;
    assert.ok(performance.now() < untilMs, JSON.stringify(all));
    await sleep(100);
  }
}

testWith([awsCli], "AWS CLI: what checkers found, from success to failure", async (t) => {
  const endpoint = await startHttpEndpoint();
  t.after(() => endpoint.stop());
  const id = await create({ Type: "HTTP", IPAddress: "127.0.0.1", Port: endpoint.port });
  await signpost("health", "set", id, "--interval", "1", "--up", "1", "--down", "1");
  const seen = await untilStatus("get-health-check-status", id, /^Success: HTTP Status Code 200/);
  assert.deepEqual(seen.map(({ Region }) => Region).toSorted(), ["eu-west-1", "home"]);
  const age = Date.now() - Date.parse(seen[0].StatusReport.CheckedTime);
  assert.ok(age < 60_000 && age > -2_000, `checked ${age} ms ago`);
  const { HealthCheckObservations } = await aws(
    ...["get-health-check-last-failure-reason", "--health-check-id", id],
  );
  assert.deepEqual(HealthCheckObservations, []);
  await endpoint.stop();
  await untilStatus("get-health-check-status", id, /^Failure: /);
  await untilStatus("get-health-check-last-failure-reason", id, /^Failure: /);
});

testWith([awsCli], "AWS CLI: a routing control drains a failover pair", async () => {
  const arn = await signpost("routing-control", "create", "cell-1");
  await signpost("routing-control", "on", "cell-1");
  const check = await create({ Type: "RECOVERY_CONTROL", RoutingControlArn: arn });
  const zone = ["--name", "cells.example", "--caller-reference", "cells"];
  const { HostedZone } = await aws("create-hosted-zone", ...zone);
  const record = (Failover: string, Value: string, more: object) => ({
    Action: "CREATE",
    ResourceRecordSet: {
      ...{ Name: "www.cells.example", Type: "A", TTL: 5, SetIdentifier: Failover, Failover },
      ...{ ResourceRecords: [{ Value }], ...more },
    },
  });
  const Changes = [
    record("PRIMARY", "192.0.2.1", { HealthCheckId: check }),
    record("SECONDARY", "192.0.2.2", {}),
  ];
  const inZone = ["--hosted-zone-id", HostedZone.Id];
  await aws("change-resource-record-sets", ...inZone, "--change-batch", { Changes });
  const { dns } = await server();
  await untilAddress(dns, "www.cells.example", "192.0.2.1 5");
  const words = ["get-health-check-status", "--health-check-id", check];
  const [on] = (await aws(...words)).HealthCheckObservations;
  assert.match(on.StatusReport.Status, /^Success: /);
  await signpost("routing-control", "off", "cell-1");
  await untilAddress(dns, "www.cells.example", "192.0.2.2 5");
  const [off] = (await aws(...words)).HealthCheckObservations;
  assert.match(off.StatusReport.Status, /^Failure: /);
});

testWith([awsCli], "AWS CLI: what is refused, in Route 53's words", async () => {
  const calculated = await create({ Type: "CALCULATED", HealthThreshold: 0 });
  for (const operation of ["get-health-check-status", "get-health-check-last-failure-reason"]) {
    await refused("InvalidInput", /calculated/, operation, "--health-check-id", calculated);
    await refused("NoSuchHealthCheck", /none/, operation, "--health-check-id", "none");
  }
  const config = (more: object) => [
    ...["--caller-reference", "refused", "--health-check-config", more],
  ];
  const alarm = {
    Type: "CLOUDWATCH_METRIC",
    AlarmIdentifier: { Region: "us-east-1", Name: "none" },
  };
  const cases: [config: object, message: RegExp][] = [
    [alarm, /no CloudWatch alarm named none/],
    [{ Type: "RECOVERY_CONTROL", RoutingControlArn: "arn:none" }, /no routing control/],
    [{ Type: "CALCULATED", HealthThreshold: 1, ChildHealthChecks: ["none"] }, /ID: none/],
  ];
  for (const [wrong, message] of cases) {
    await refused("InvalidInput", message, "create-health-check", ...config(wrong));
  }
  const { CheckerIpRanges } = await aws("get-checker-ip-ranges");
  for (const range of CheckerIpRanges) assert.match(range, /\/(32|128)$/);
});
