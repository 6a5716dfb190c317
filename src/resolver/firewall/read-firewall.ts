import type {
  FirewallAssociation,
  FirewallConfig,
  FirewallDomainList,
  FirewallRule,
} from "../../control/model/firewall.ts";
import { firewallDomainListCountMax, firewallFilterCountMax } from "../../base/limits.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import type { TableName } from "../../control/model/tables.ts";
import { compileFirewall } from "./compile-firewall.ts";
import type { RuleWithDomains } from "./compile-firewall.ts";
import { DomainSet } from "./domain-set.ts";
import type { Firewall } from "./firewall.ts";
import { makeNameFilter } from "./name-filter.ts";
import type { NameFilter } from "./name-filter.ts";

/** A firewall is to be read again where an entry has changed one of these. */
export const firewallTables: readonly TableName[] = [
  "firewallAssociation",
  "firewallRule",
  "firewallDomainList",
  "firewallConfig",
];

/**
 * The firewall of a VPC as the state has it; `undefined` where no rule group is on it.
 * @param lists keeps compiled lists from one call to the next, so that only changed ones cost
 */
export function readFirewall(
  state: StateReader,
  vpcId: string,
  lists: DomainLists = new DomainLists(),
): Firewall | undefined {
  return state.read(() => {
    const associations = associationsOf(state, vpcId);
    if (associations.length === 0) return undefined;
    const config = state.get<FirewallConfig>("firewallConfig", [vpcId]);
    const rules = associations.flatMap(({ groupId }) => rulesOf(state, groupId, lists));
    const failOpen = config?.failOpen === "ENABLED";
    return compileFirewall(rules, { failOpen, filterOf: (sets) => lists.filterOf(sets) });
  });
}

/** In the order in which they are looked at. */
function associationsOf(state: StateReader, vpcId: string): FirewallAssociation[] {
  return state
    .list("firewallAssociationByVpc", { prefix: [vpcId] })
    .flatMap(
      ({ key }) => state.get<FirewallAssociation>("firewallAssociation", [key[1] ?? ""]) ?? [],
    )
    .toSorted((a, b) => a.priority - b.priority);
}

function rulesOf(state: StateReader, groupId: string, lists: DomainLists): RuleWithDomains[] {
  return state
    .list<FirewallRule>("firewallRule", { prefix: [groupId] })
    .map(({ value }) => value)
    .toSorted((a, b) => a.priority - b.priority)
    .map((rule) => ({ rule, domains: lists.read(state, rule.domainListId) }));
}

/** Compiled domain lists, each kept until its names change. */
export class DomainLists {
  readonly #kept = new Map<string, { version: number; domains: DomainSet }>();
  /** By the numbers of their sets. */
  readonly #filters = new Map<string, NameFilter>();

  /** @returns `undefined` where the list cannot be read */
  read(state: StateReader, listId: string): DomainSet | undefined {
    try {
      const list = state.get<FirewallDomainList>("firewallDomainList", [listId]);
      if (!list) return undefined;
      const kept = this.#kept.get(listId);
      if (kept?.version === list.version) return kept.domains;
      const domains = new DomainSet(linesOf(state, listId));
      this.#makeRoom(state);
      this.#kept.set(listId, { version: list.version, domains });
      return domains;
    } catch {
      // A damaged row: the VPC's failure mode says what that means for its queries.
      return undefined;
    }
  }

  /** The filter of these lists; firewalls of the same ones share it. */
  filterOf(sets: readonly DomainSet[]): NameFilter {
    const key = sets
      .map(({ number }) => number)
      .toSorted((a, b) => a - b)
      .join();
    const known = this.#filters.get(key);
    if (known) return known;
    if (this.#filters.size >= firewallFilterCountMax) this.#filters.clear();
    const filter = makeNameFilter(sets);
    this.#filters.set(key, filter);
    return filter;
  }

  /** Lists that are gone go; there can be no more than that many others. */
  #makeRoom(state: StateReader): void {
    if (this.#kept.size < firewallDomainListCountMax) return;
    for (const id of this.#kept.keys()) {
      if (!state.get("firewallDomainList", [id])) this.#kept.delete(id);
    }
  }
}

function linesOf(state: StateReader, listId: string): string[] {
  return state
    .list<string[]>("firewallDomains", { prefix: [listId] })
    .flatMap(({ value }) => value);
}
