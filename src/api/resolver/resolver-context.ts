import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { EndpointProtocol } from "../../control/model/resolver-endpoint.ts";
import type { CommitContext } from "../commit/commit-entry.ts";

/** What the handlers work with; the role supplies it. */
export type ResolverContext = CommitContext & {
  readonly clock: Clock;
  readonly random: Random;
  readonly machine: Machine;
  readonly settings: {
    /** 12 digits. */
    readonly accountId: string;
    /** Whether the ids of VPCs that were never created are taken. */
    readonly acceptUnknownVpcs: boolean;
    /** Where files of domain names may be imported from. */
    readonly firewallImportDirectory?: string | undefined;
  };
};

/** Where the resolver runs. */
export type Machine = {
  /** Its addresses as `formatIp` writes them; they may change. */
  addresses(): ReadonlySet<string>;
  /** Where it listens by its settings, for one VPC or for all that are told by their address. */
  readonly listeners: readonly ResolverListener[];
  /** Where inbound endpoints listen on their addresses. */
  readonly inboundPorts: Readonly<Record<EndpointProtocol, number>>;
  /** How an address of an inbound endpoint fares. */
  inboundState(address: string): InboundState;
};

/** Queries arrive, are about to, or do not for a reason that is a sentence. */
export type InboundState = "open" | "opening" | { problem: string };

export type ResolverListener = { address: string; port: number; vpcId?: string };
