import { exitCodes } from "../base/exit-codes.ts";
import { decodeCheckList } from "../health/checker/check-list.ts";
import { runChecker } from "../health/checker/checker.ts";
import { ControlPlaneClient, ControlPlaneRefusal } from "../health/checker/control-plane-client.ts";
import { Membership } from "../health/checker/membership.ts";
import { realChecker } from "../health/checker/real-checker.ts";
import { createLogger } from "../telemetry/logger.ts";
import type { Logger } from "../telemetry/logger.ts";
import { checkerHelp, readCheckerSettings } from "./checker-settings.ts";
import type { CheckerSettings } from "./checker-settings.ts";
import { SettingsError } from "./setting-values.ts";

/**
 * `signpost checker`: the checks of one location, for a Signpost elsewhere. Prints one line on
 * standard output when its first table was accepted; goes on probing while nobody answers, and is
 * back with the first table that is accepted again. SIGTERM and SIGINT end it.
 */
export async function checker(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(checkerHelp());
    return;
  }
  try {
    const settings = readCheckerSettings(args, env);
    run(settings, createLogger(settings.logLevel).child({ location: settings.location }));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n\n${checkerHelp()}`);
    process.exitCode = exitCodes.usage;
  }
}

function run(settings: CheckerSettings, logger: Logger): void {
  const { location, region, scriptsAllowed } = settings;
  const client = new ControlPlaneClient({ ...settings, endpoint: settings.join });
  const { checker: checking, killScripts } = realChecker({ location, scriptsAllowed, logger });
  let isReady = false;
  const membership = new Membership({
    controlPlane: client,
    takeList(octets) {
      const list = decodeCheckList(octets);
      checking.setList(list);
      logger.info({ checks: list.checks.length, version: list.version }, "runs another list");
    },
    onJoined() {
      if (isReady) logger.info("joined again");
      else process.stdout.write(readyLine(settings));
      isReady = true;
    },
    onAway(error) {
      const refused = error instanceof ControlPlaneRefusal && error.isLasting;
      if (isReady || !refused) return logger.warn({ err: error }, "no table is taken: goes on");
      process.stderr.write(`Cannot join ${settings.join.origin}: ${error.message}\n`);
      process.exit(exitCodes.refused);
    },
    onListError: (error) => logger.error({ err: error }, "cannot get list of checks"),
  });
  const end = runChecker(checking, (table) => void membership.report(table));
  stopOnSignals(() => {
    end();
    killScripts();
    client.close();
    logger.info("stopped");
    process.exit(0);
  });
  logger.info({ region, join: settings.join.origin }, "checker starts");
}

function readyLine({ location, region, join }: CheckerSettings): string {
  const place = `location=${location}${region === null ? "" : ` region=${region}`}`;
  return `signpost checker ready ${place} join=${join.origin}\n`;
}

function stopOnSignals(stop: () => void): void {
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}
