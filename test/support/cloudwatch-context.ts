import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { CloudWatchServiceException } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchContext } from "../../src/api/cloudwatch/cloudwatch-context.ts";
import { cloudwatchHandlers } from "../../src/api/cloudwatch/cloudwatch-handlers.ts";
import { createCloudWatchServices } from "../../src/api/protocol/cloudwatch-service.ts";
import type { HttpRequest, HttpResponse as Served } from "../../src/api/protocol/http-message.ts";
import { ServiceError } from "../../src/api/protocol/service-error.ts";
import type { Service } from "../../src/api/protocol/service.ts";
import { manualClock } from "../../src/base/clock.ts";
import { openStore } from "../../src/control/log/open-store.ts";
import { loopbackCloudWatch } from "./loopback-cloudwatch.ts";
import { MemoryMetricsDesk } from "./memory-metrics-desk.ts";

/** CloudWatch over a store of its own and a desk in memory, asked by the SDK without sockets. */
export type CloudWatch = CloudWatchContext & {
  clock: ReturnType<typeof manualClock>;
  metrics: MemoryMetricsDesk;
  client: CloudWatchClient;
};

/** Opened once a test file, closed when its tests are over. */
export async function openCloudWatch(): Promise<CloudWatch> {
  const dataDir = mkdtempSync(join(tmpdir(), "signpost-cloudwatch-"));
  const store = await openStore(dataDir);
  after(async () => {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const clock = manualClock(Date.UTC(2026, 0, 20, 3, 4, 5));
  const metrics = new MemoryMetricsDesk(() => clock.nowMs());
  const { state, log } = store;
  const context = { state, log, clock, metrics, accountId: "000000000000" };
  const services = createCloudWatchServices(cloudwatchHandlers(context));
  return {
    ...context,
    client: loopbackCloudWatch((request) => serve(services, request, clock.nowMs())),
  };
}

async function serve(
  services: readonly Service[],
  request: HttpRequest,
  receivedAtMs: number,
): Promise<Served> {
  const service = services.find((candidate) => candidate.accepts(request));
  if (!service) throw new Error(`No service for ${request.path}`);
  try {
    const context = { requestId: "test", accessKeyId: "TEST", receivedAtMs };
    return await service.find(request).run(request, context);
  } catch (error) {
    if (error instanceof ServiceError) return service.encodeError(error, "test");
    throw error;
  }
}

/** What a call is refused with, as `Name: message`. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CloudWatchServiceException) return `${error.name}: ${error.message}`;
    throw error;
  }
  throw new Error("The call was not refused");
}
