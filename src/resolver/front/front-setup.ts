import type { LocationTable, WorkerStart } from "../../dataplane/server/worker-setup.ts";
import type { CounterBlock } from "../../telemetry/counters.ts";
import type { ResolverZoneUpdate, ViewChange } from "./hand-over.ts";

/** What front workers are told. */
export type FrontNews = {
  zones: readonly ResolverZoneUpdate[];
  views?: ViewChange | undefined;
  /** Where that has changed. */
  locations?: LocationTable | undefined;
};

/** A listener of the resolver, as a front worker knows it. */
export type FrontListener = {
  /** `ADDRESS:PORT`. */
  address: string;
  /** Whoever asks here is of this VPC. */
  vpcId?: string | undefined;
  /** The worker's own socket. */
  fd: number;
  /** Bound to a wildcard address: packets tell which address was asked. */
  isUnspecified: boolean;
};

/** Everything that a front worker gets when it starts. */
export type FrontSetup = WorkerStart & {
  listeners: readonly FrontListener[];
  cache: SharedArrayBuffer;
  handOver: SharedArrayBuffer;
  /** What is up (policy/status-table.ts). */
  status: SharedArrayBuffer;
  /** Octets of a UDP response, whatever the client offers. */
  udpPayloadSizeMax: number;
  /** Of frontCounters. */
  frontCounters: CounterBlock;
};
