import type { ProbeResult } from "../../probes/probe-result.ts";
import { Reason } from "../../probes/reason.ts";
import type { CheckSpec } from "../check-spec.ts";

// Probes that take and find what a test says, by a clock that the test moves.

export function checkSpec(members: Partial<CheckSpec> & { slot: number }): CheckSpec {
  return {
    healthCheckId: `check-${members.slot}`,
    version: 1,
    intervalMs: 10_000,
    upThreshold: 1,
    downThreshold: 1,
    probe: { kind: "tcp", address: "127.0.0.1", port: 1, connectTimeoutMs: 1_000 },
    ...members,
  };
}

export function probeResult(reason: Reason): ProbeResult {
  return { reason, detail: 0, connectMs: 1, tlsMs: 0, firstByteMs: 0 };
}

export class FakeProbes {
  readonly starts: { slot: number; atMs: number }[] = [];
  underWayMost = 0;
  nowMs: () => number = () => 0;
  durationMs: (check: CheckSpec) => number = () => 0;
  reasonOf: (check: CheckSpec) => Reason = () => Reason.connected;
  readonly #underWay = new Set<{ endMs: number; end: () => void }>();

  get underWay(): number {
    return this.#underWay.size;
  }

  probe(check: CheckSpec): Promise<ProbeResult> {
    this.starts.push({ slot: check.slot, atMs: this.nowMs() });
    return new Promise((resolve) => {
      const endMs = this.nowMs() + this.durationMs(check);
      this.#underWay.add({ endMs, end: () => resolve(probeResult(this.reasonOf(check))) });
      this.underWayMost = Math.max(this.underWayMost, this.#underWay.size);
    });
  }

  /** Ends the probes whose time is over. */
  tick(): void {
    for (const probe of this.#underWay) {
      if (probe.endMs > this.nowMs()) continue;
      this.#underWay.delete(probe);
      probe.end();
    }
  }
}

/** Lets everything that waits for an ended probe run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 6; i++) await Promise.resolve();
}
