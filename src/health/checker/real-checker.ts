import { systemRandom } from "../../base/random.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { createHostResolver } from "../probes/host-resolver.ts";
import { probe } from "../probes/probe.ts";
import { Checker } from "./checker.ts";
import type { CheckSpec } from "./check-spec.ts";

/** Least time between two reports of probes that threw: a defect may be in every probe. */
const throwLogIntervalMs = 10_000;

/** A checker that looks at real endpoints by this machine's clocks, with a run of its own. */
export function realChecker(options: {
  location: string;
  scriptsAllowed: boolean;
  logger: Logger;
}): Checker {
  const { location, scriptsAllowed, logger } = options;
  const resolve = createHostResolver();
  let loggedAtMs = -Infinity;
  const onThrow = ({ healthCheckId }: CheckSpec, err: unknown): void => {
    if (performance.now() - loggedAtMs < throwLogIntervalMs) return;
    loggedAtMs = performance.now();
    logger.error({ err, healthCheckId }, "a probe failed by itself");
  };
  return new Checker({
    ...{ location, scriptsAllowed, onThrow },
    run: systemRandom.uint32(),
    probe: (check, allow) => {
      return probe(check.probe, { allow, resolve, scripts: scriptsAllowed });
    },
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
  });
}
