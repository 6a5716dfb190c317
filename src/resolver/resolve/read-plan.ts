import { createHash } from "node:crypto";
import { parseIp } from "../../base/ip.ts";
import type { IpAddress } from "../../base/ip.ts";
import { autodefinedTtlSeconds } from "../../base/limits.ts";
import type { HostedZone } from "../../control/model/hosted-zone.ts";
import { addressesOf } from "../../control/model/resolver-endpoint.ts";
import type { ResolverEndpoint } from "../../control/model/resolver-endpoint.ts";
import type { ResolverRule } from "../../control/model/resolver-rule.ts";
import type { TableName } from "../../control/model/tables.ts";
import {
  endpointOf,
  hostsOfVpc,
  inboundEndpoints,
  resolverConfigOf,
  rulesOfVpc,
  vpcsOf,
} from "../../control/state/resolver-rows.ts";
import type { VpcOfState } from "../../control/state/resolver-rows.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { lowerName, parseName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { DomainLists, firewallTables, readFirewall } from "../firewall/read-firewall.ts";
import { queryLogTables, readQueryLogConfigs } from "../firewall/read-query-log-configs.ts";
import type { UpstreamTarget } from "../upstream/upstream.ts";
import { nameKey } from "../../dns/wire/name-key.ts";
import { addressRecord } from "./records.ts";
import type { Cut, DelegationRule, Source, ViewSettings } from "./resolver-plan.ts";
import { localNames, reverseZones } from "./reverse-names.ts";
import type { SourceNumbers } from "./source-numbers.ts";

/** The plan is to be read again where an entry has changed one of these. */
export const planTables: ReadonlySet<TableName> = new Set<TableName>([
  "vpc",
  "vpcHost",
  "zoneByVpc",
  "resolverRule",
  "resolverRuleAssociation",
  "resolverEndpoint",
  "resolverConfig",
  ...firewallTables,
  ...queryLogTables,
]);

const firewallTableSet: ReadonlySet<TableName> = new Set(firewallTables);

export type PlanReaderOptions = {
  state: StateReader;
  numbers: SourceNumbers;
  /** Of VPCs that belong to nobody else. */
  accountId: string;
  /** Whether an address is one of this machine. */
  isLocalAddress(address: string): boolean;
  /** Ports of this resolver's listeners: inbound endpoints answer at them. */
  ports: readonly number[];
};

/** Reads from the state what each VPC's answers are decided by. */
export class PlanReader {
  readonly #options: PlanReaderOptions;
  readonly #lists = new DomainLists();
  /** Counts changes of firewalls: whole answers were judged by them. */
  #firewallVersion = 0;
  /** By zone id: names of private zones, as of this reading and of the last one. */
  #apexes = new Map<string, Name>();
  #lastApexes = new Map<string, Name>();

  constructor(options: PlanReaderOptions) {
    this.#options = options;
  }

  /** To be told which tables a commit has changed. */
  changed(tables: readonly TableName[]): void {
    if (tables.some((table) => firewallTableSet.has(table))) this.#firewallVersion++;
  }

  /** All VPCs, as of one entry of the log. */
  read(): { seq: number; views: ViewSettings[] } {
    const { state } = this.#options;
    this.#lastApexes = this.#apexes;
    this.#apexes = new Map();
    return state.read(() => {
      const inbound = Map.groupBy(inboundEndpoints(state), ({ vpcId }) => vpcId);
      const views = vpcsOf(state).map((vpc) => this.#view(vpc, inbound.get(vpc.id) ?? []));
      return { seq: state.lastSeq(), views };
    });
  }

  #view(vpc: VpcOfState, inbound: readonly ResolverEndpoint[]): ViewSettings {
    const { state, numbers, accountId } = this.#options;
    const { id: vpcId, region } = vpc;
    const rules = rulesOfVpc(state, vpcId);
    const firewall = readFirewall(state, vpcId, this.#lists);
    const dns64 = inbound.some((endpoint) => endpoint.dns64);
    const validates = resolverConfigOf(state, vpcId).dnssecValidation;
    const cuts = this.#cuts(vpc, rules);
    const delegations = rules.flatMap((rule) => this.#delegation(rule));
    const firewallVersion = firewall ? this.#firewallVersion : -1;
    const text = JSON.stringify([
      ...[[...cuts].map(describeCuts).sort(), delegations.map(describeDelegation)],
      ...[firewallVersion, firewall ? vpcId : "", dns64, validates],
    ]);
    return {
      view: numbers.of(`view ${vpcId}`),
      ...{ vpcId, region, accountId, cuts, delegations, firewall, dns64, validates },
      cidrs: vpc.byListener ? [] : vpc.cidrs,
      listeners: inbound.flatMap((endpoint) =>
        addressesOf(endpoint).flatMap((address) =>
          this.#options.ports.map((port) => ({ endpointId: endpoint.id, address, port })),
        ),
      ),
      partition: numbers.of(`answers ${createHash("sha256").update(text).digest("base64")}`),
      queryLogs: readQueryLogConfigs(state, vpcId),
    };
  }

  /** Of one name first what comes first in the order of resolution. */
  #cuts(vpc: VpcOfState, rules: readonly ResolverRule[]): Map<string, Cut[]> {
    const { state } = this.#options;
    const cuts = new Map<string, Cut[]>();
    const add = (name: Name, cut: Cut): void => {
      const key = nameKey(name);
      cuts.set(key, [...(cuts.get(key) ?? []), cut]);
    };
    const hosts = this.#hosts(vpc.id);
    for (const { name, addresses } of hosts) {
      const ttl = autodefinedTtlSeconds;
      const records = addresses.map((address) => addressRecord(name, address, ttl));
      add(name, { kind: "hosts", records });
    }
    for (const rule of rules) {
      const name = parseName(rule.domainName, { escapeRadix: 8 });
      if (rule.ruleType === "SYSTEM") add(name, { kind: "system" });
      if (rule.ruleType === "FORWARD") add(name, { kind: "forward", source: this.#source(rule) });
    }
    for (const { key } of state.list("zoneByVpc", { prefix: [vpc.id] })) {
      const zoneId = key[1] ?? "";
      const apex = this.#apexOf(zoneId);
      if (apex) add(apex, { kind: "zone", zoneId, apex });
    }
    const hasReverse = resolverConfigOf(state, vpc.id).autodefinedReverse;
    const autodefined = [...localNames(), ...(hasReverse ? reverseZones(vpc.cidrs, hosts) : [])];
    for (const { apex, records } of autodefined) add(apex, { kind: "autodefined", apex, records });
    return cuts;
  }

  /** A zone's name lasts as long as the zone: thousands of rows need not be read each time. */
  #apexOf(zoneId: string): Name | undefined {
    const known = this.#lastApexes.get(zoneId) ?? this.#apexes.get(zoneId);
    const zone = known ? undefined : this.#options.state.get<HostedZone>("hostedZone", [zoneId]);
    const apex = known ?? (zone && lowerName(parseName(zone.name, { escapeRadix: 8 })));
    if (apex) this.#apexes.set(zoneId, apex);
    return apex;
  }

  #hosts(vpcId: string): { name: Name; addresses: IpAddress[] }[] {
    return hostsOfVpc(this.#options.state, vpcId).map(({ name, addresses }) => ({
      name: lowerName(parseName(name, { escapeRadix: 8 })),
      addresses: addresses.flatMap((text) => parseIp(text) ?? []),
    }));
  }

  #source(rule: ResolverRule): Source {
    const targets: UpstreamTarget[] = (rule.targets ?? []).map(
      ({ ip, port, protocol, serverName }) => ({
        ...{ address: ip, port, protocol },
        ...(serverName === undefined ? {} : { serverName }),
      }),
    );
    const localAddresses = this.#localAddresses(rule);
    const text = JSON.stringify(["rule", rule.id, targets, localAddresses]);
    return {
      partition: this.#options.numbers.of(text),
      what: `resolver rule ${rule.id}`,
      ...{ targets, localAddresses, recursionDesired: true },
    };
  }

  #delegation(rule: ResolverRule): DelegationRule[] {
    if (rule.ruleType !== "DELEGATE") return [];
    const domain = lowerName(parseName(rule.domainName, { escapeRadix: 8 }));
    return [{ ruleId: rule.id, domain, localAddresses: this.#localAddresses(rule) }];
  }

  /** Addresses of the rule's endpoint, as far as this machine has them. */
  #localAddresses({ endpointId }: ResolverRule): string[] {
    const endpoint =
      endpointId === undefined ? undefined : endpointOf(this.#options.state, endpointId);
    if (!endpoint) return [];
    return addressesOf(endpoint).filter((address) => this.#options.isLocalAddress(address));
  }
}

function describeCuts([key, cuts]: [string, readonly Cut[]]): string {
  return JSON.stringify([key, ...cuts.map(describeCut)]);
}

/** What answers of servers depend on: a zone's own are never kept, that it is there matters. */
function describeCut(cut: Cut): unknown {
  switch (cut.kind) {
    case "forward":
      return ["forward", cut.source.partition];
    case "hosts":
      return ["hosts", cut.records.map(({ rdata }) => rdata.join("."))];
    case "zone":
      return ["zone", cut.zoneId];
    default:
      return [cut.kind];
  }
}

function describeDelegation({ ruleId, domain, localAddresses }: DelegationRule): unknown {
  return [ruleId, nameKey(domain), localAddresses];
}
