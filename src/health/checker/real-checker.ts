import { systemRandom } from "../../base/random.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { createHostResolver } from "../probes/host-resolver.ts";
import { probe } from "../probes/probe.ts";
import { Checker } from "./checker.ts";
import type { CheckSpec } from "./check-spec.ts";

/** Least time between two reports of probes that threw: a defect may be in every probe. */
const throwLogIntervalMs = 10_000;

export type RealChecker = {
  checker: Checker;
  /** Kills the scripts that run, as nobody would at their time limit. */
  killScripts(): void;
};

/** A checker that looks at real endpoints by this machine's clocks, with a run of its own. */
export function realChecker(options: {
  location: string;
  scriptsAllowed: boolean;
  logger: Logger;
}): RealChecker {
  const { location, scriptsAllowed, logger } = options;
  const resolve = createHostResolver();
  const stopping = new AbortController();
  let loggedAtMs = -Infinity;
  const onThrow = ({ healthCheckId }: CheckSpec, err: unknown): void => {
    if (performance.now() - loggedAtMs < throwLogIntervalMs) return;
    loggedAtMs = performance.now();
    logger.error({ err, healthCheckId }, "a probe failed by itself");
  };
  const checker = new Checker({
    ...{ location, scriptsAllowed, onThrow },
    run: systemRandom.uint32(),
    probe: (check, allow) => {
      const surroundings = { allow, resolve, scripts: scriptsAllowed };
      // The others end with the process; thousands of listeners on one signal would cost time.
      const { signal } = stopping;
      return probe(
        check.probe,
        check.probe.kind === "script" ? { ...surroundings, signal } : surroundings,
      );
    },
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
  });
  return { checker, killScripts: () => stopping.abort() };
}
