import { firewallDomainCountMax } from "../../base/limits.ts";
import type { FirewallDomainList } from "../../control/model/firewall.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import type { DomainChange } from "./firewall-domain-rows.ts";
import { limitExceeded } from "./firewall-refusals.ts";
import { listType, requireList } from "./firewall-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";

/**
 * The mutations of a change of a list's names, with the list's own row.
 * @throws ServiceError LimitExceededException where all lists together become too long
 */
export function planDomainChange(
  { state, clock }: ResolverContext,
  listId: string,
  change: () => DomainChange,
): { mutations: Mutation[]; result: FirewallDomainList } {
  const before = requireList(state, listId);
  const { mutations, added, removed } = change();
  const growth = added - removed;
  if (growth > 0 && totalOf(state) + growth > firewallDomainCountMax) {
    const what = "domains in all domain lists";
    throw limitExceeded(what, { limit: firewallDomainCountMax, type: listType });
  }
  if (mutations.length === 0) return { mutations, result: before };
  const list: FirewallDomainList = {
    ...before,
    domainCount: before.domainCount + growth,
    version: before.version + 1,
    statusMessage: "Finished domain list update",
    modifiedAt: new Date(clock.nowMs()).toISOString(),
  };
  const put: Mutation = { put: "firewallDomainList", key: [listId], value: list };
  return { mutations: [put, ...mutations], result: list };
}

function totalOf(state: StateReader): number {
  return state
    .list<FirewallDomainList>("firewallDomainList")
    .reduce((sum, { value }) => sum + value.domainCount, 0);
}
