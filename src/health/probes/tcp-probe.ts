import { probeRttCount } from "../../base/limits.ts";
import type { Attempt } from "./attempt.ts";
import { openTcp } from "./connection.ts";
import type { EndpointSpec } from "./probe-spec.ts";
import { Reason } from "./reason.ts";

export type TcpProbeSpec = EndpointSpec & { connectTimeoutMs: number };

/** Success is a connection. */
export function probeTcp(attempt: Attempt, spec: TcpProbeSpec, address: string): void {
  const { port, connectTimeoutMs } = spec;
  openTcp(attempt, { address, port, connectTimeoutMs }, () => attempt.end(Reason.connected));
}

export type RttProbeSpec = TcpProbeSpec & { rttMaxMs: number };

/**
 * Success is a median time, of a few TCP handshakes one after the other, that is not over the
 * limit. Each has the whole time limit; `connectMs` and the detail are the median.
 */
export function probeRtt(attempt: Attempt, spec: RttProbeSpec, address: string): void {
  const { port, connectTimeoutMs, rttMaxMs } = spec;
  const times: number[] = [];
  const next = (): void =>
    openTcp(attempt, { address, port, connectTimeoutMs }, (socket, letGo) => {
      times.push(attempt.connectMs);
      letGo();
      socket.destroy();
      if (times.length < probeRttCount) return next();
      attempt.connectMs = times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
      const isBelow = attempt.connectMs <= rttMaxMs;
      attempt.end(isBelow ? Reason.rttBelow : Reason.tooSlow, Math.round(attempt.connectMs));
    });
  next();
}
