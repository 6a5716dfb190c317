import type { Name } from "../../dns/wire/name.ts";
import type { ResourceRecord } from "../../dns/wire/message.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import type { Firewall } from "../firewall/firewall.ts";
import type { UpstreamTarget } from "../upstream/upstream.ts";
import { nameKey, suffixKeys } from "../../dns/wire/name-key.ts";

/** Servers that are asked as one: what they answer is kept under one number of the cache. */
export type Source = {
  partition: number;
  /** For people: `the upstream resolvers`, `resolver rule rslvr-rr-…`. */
  what: string;
  targets: readonly UpstreamTarget[];
  /** Addresses of this machine to ask from; none: the system's choice. */
  localAddresses: readonly string[];
  recursionDesired: boolean;
};

/** What becomes of a name and of what is below it. */
export type Cut =
  /** Addresses of this very name; other types, and names below, are nobody's business here. */
  | { kind: "hosts"; records: readonly ResourceRecord[] }
  | { kind: "forward"; source: Source }
  /** As if there were no FORWARD rule above. */
  | { kind: "system" }
  | { kind: "zone"; zoneId: string; apex: Name }
  /** Names that never leave the VPC: these records, and nothing else. */
  | { kind: "autodefined"; apex: Name; records: readonly ResourceRecord[] };

/** Name servers below `domain` are asked where a response refers to them. */
export type DelegationRule = {
  ruleId: string;
  domain: Name;
  localAddresses: readonly string[];
};

/** Where the queries of one VPC are logged: a directory of the resolver's logs. */
export type QueryLogTarget = { directory: string };

/** Clients that ask at this address are of one VPC. */
export type ViewListener = {
  address: string;
  port: number;
  /** The inbound endpoint that it belongs to. */
  endpointId: string;
};

/** All that decides answers in one VPC. */
export type ViewSettings = {
  /** Small whole number, never used again while the process runs. */
  view: number;
  vpcId: string;
  region: string;
  /** Owner of the VPC, for its query log. */
  accountId: string;
  cidrs: readonly string[];
  /** Addresses that are this VPC's alone. */
  listeners: readonly ViewListener[];
  /** By `nameKey`; of several at one name the first that wants the question has it. */
  cuts: ReadonlyMap<string, readonly Cut[]>;
  delegations: readonly DelegationRule[];
  /** Where whole answers are kept, for the front too. */
  partition: number;
  firewall: Firewall | undefined;
  dns64: boolean;
  /** Signatures are checked by the upstream resolvers, whatever the client says. */
  validates: boolean;
  queryLogs: readonly QueryLogTarget[];
};

const addressTypes = new Set<number>([TYPE.A, TYPE.AAAA, TYPE.ANY]);

/** The cut that has a question: the longest name decides. None: the public's names. */
export function routeOf(
  { cuts }: Pick<ViewSettings, "cuts">,
  name: Name,
  type: number,
): Exclude<Cut, { kind: "system" }> | undefined {
  const whole = nameKey(name);
  let isSystem = false;
  for (const key of suffixKeys(whole)) {
    for (const cut of cuts.get(key) ?? []) {
      if (cut.kind === "system") isSystem = true;
      else if (cut.kind === "forward") {
        if (!isSystem) return cut;
      } else if (cut.kind === "hosts") {
        if (key === whole && wantsHosts(cut.records, type)) return cut;
      } else {
        return cut;
      }
    }
  }
  return undefined;
}

function wantsHosts(records: readonly ResourceRecord[], type: number): boolean {
  return addressTypes.has(type) || records.some((record) => record.type === type);
}
