import type { Server } from "node:http";
import { ServiceDiscoveryClient } from "@aws-sdk/client-servicediscovery";
import { systemClock } from "../base/clock.ts";
import { exitCodes } from "../base/exit-codes.ts";
import { engineRetryMaxMs, engineRetryMinMs, registryTimeoutMs } from "../base/limits.ts";
import { systemRandom } from "../base/random.ts";
import { Backoff } from "../discovery/backoff.ts";
import { CloudMapRegistry } from "../discovery/cloud-map-registry.ts";
import { ContainerWatcher } from "../discovery/container-watcher.ts";
import { ControlError, listenForMetrics, listenForOrders } from "../discovery/control-server.ts";
import { DockerEngine } from "../discovery/docker-engine.ts";
import { drainMarksInFile } from "../discovery/drained-file.ts";
import { realTiming } from "../discovery/timing.ts";
import { createLogger } from "../telemetry/logger.ts";
import type { Logger } from "../telemetry/logger.ts";
import { discoverHelp, readDiscoverSettings } from "./discover-settings.ts";
import type { DiscoverSettings } from "./discover-settings.ts";
import { SettingsError } from "./setting-values.ts";

/**
 * `signpost discover docker`: registers the containers of this machine's Docker Engine. Prints
 * one line on standard output when everything was compared for the first time; goes on while the
 * engine or the API is away. SIGTERM and SIGINT end it; what is registered stays.
 */
export async function discover(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(discoverHelp());
    return;
  }
  try {
    const settings = readDiscoverSettings(args, env);
    await run(settings, createLogger(settings.logLevel));
  } catch (error) {
    if (error instanceof SettingsError) {
      process.stderr.write(`${error.message}\n\n${discoverHelp()}`);
      process.exitCode = exitCodes.usage;
    } else if (error instanceof ControlError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(exitCodes.refused);
    } else {
      throw error;
    }
  }
}

async function run(settings: DiscoverSettings, logger: Logger): Promise<void> {
  const { url, hostAddress, namespace, network } = settings;
  stopOnSignals(() => process.exit(0));
  const engine = new DockerEngine({ socketPath: settings.dockerSocket });
  const info = await firstAnswer(engine, logger);
  const host = settings.host ?? info.host;
  const { registry } = cloudMapOf(settings);
  const watcher = new ContainerWatcher({
    ...settings,
    engine,
    registry,
    registration: { host, hostAddress, namespace, network },
    // Gone with the next boot, as the containers' processes are.
    drainMarks: drainMarksInFile(`${settings.control}.drained`, logger),
    timing: realTiming,
    clock: systemClock,
    random: systemRandom,
    logger,
    onReady() {
      const { version } = info;
      process.stdout.write(
        `signpost discover ready host=${host} docker=${version} api=${url.origin}\n`,
      );
    },
  });
  const servers = await listen(watcher, settings);
  stopOnSignals(() => {
    watcher.stop();
    for (const server of servers) server.close();
    logger.info("stopped: what is registered stays");
    process.exit(0);
  });
  logger.info({ host, docker: settings.dockerSocket, api: url.origin }, "watches containers");
  watcher.start();
}

/** Cloud Map as the settings name it. */
export function cloudMapOf(settings: DiscoverSettings): {
  registry: CloudMapRegistry;
  client: ServiceDiscoveryClient;
} {
  const client = new ServiceDiscoveryClient({
    endpoint: settings.url.href,
    region: settings.region,
    credentials: settings.key,
    // Each request is tried again by who asks, who knows by then whether it is still wanted.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: registryTimeoutMs,
      requestTimeout: registryTimeoutMs,
      throwOnRequestTimeout: true,
    },
  });
  const { creation } = settings;
  return { client, registry: new CloudMapRegistry({ client, timing: realTiming, creation }) };
}

async function listen(watcher: ContainerWatcher, settings: DiscoverSettings): Promise<Server[]> {
  const problems = (): string[] => {
    const { isEngineConnected, syncedAtMs, lastProblem } = watcher.report();
    const lateMs = 3 * settings.syncMs + registryTimeoutMs;
    const found: string[] = [];
    if (!isEngineConnected) found.push("the Docker Engine is away");
    if (realTiming.nowMs() - syncedAtMs > lateMs) {
      found.push(`nothing was compared for ${lateMs / 1000} s: ${lastProblem}`);
    }
    return found;
  };
  const servers = [await listenForOrders(settings.control, { watcher, problems })];
  if (settings.metrics) {
    servers.push(await listenForMetrics(settings.metrics, { watcher, problems }));
  }
  return servers;
}

/** Waits for the engine: at boot it may well come later than this. */
async function firstAnswer(
  engine: DockerEngine,
  logger: Logger,
): Promise<{ host: string; version: string }> {
  const backoff = new Backoff({ minMs: engineRetryMinMs, maxMs: engineRetryMaxMs }, systemRandom);
  let lastProblem = "";
  for (;;) {
    try {
      return await engine.info();
    } catch (error) {
      const { message } = error as Error;
      if (message !== lastProblem) logger.warn(`${message}: waits for it`);
      lastProblem = message;
      await realTiming.sleep(backoff.nextMs());
    }
  }
}

function stopOnSignals(stop: () => void): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.removeAllListeners(signal);
    process.on(signal, stop);
  }
}
