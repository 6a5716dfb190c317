import { systemRandom } from "../../base/random.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { Checker } from "./checker.ts";
import type { Probe } from "./checker.ts";
import type { CheckSpec } from "./check-spec.ts";

/** Least time between two reports of probes that threw: a defect may be in every probe. */
const throwLogIntervalMs = 10_000;

/** A checker that lives by this machine's clocks, with a run of its own. */
export function realChecker(options: {
  location: string;
  scriptsAllowed: boolean;
  probe: Probe;
  logger: Logger;
}): Checker {
  const { logger, ...rest } = options;
  let loggedAtMs = -Infinity;
  const onThrow = ({ healthCheckId }: CheckSpec, err: unknown): void => {
    if (performance.now() - loggedAtMs < throwLogIntervalMs) return;
    loggedAtMs = performance.now();
    logger.error({ err, healthCheckId }, "a probe failed by itself");
  };
  return new Checker({
    ...rest,
    run: systemRandom.uint32(),
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    onThrow,
  });
}
