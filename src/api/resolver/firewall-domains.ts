import { firewallUpdateCountMax } from "../../base/limits.ts";
import {
  FirewallDomainError,
  normaliseFirewallDomain,
} from "../../control/model/firewall-domain.ts";
import { compareText } from "../../control/model/firewall-domain-leaf.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { commit } from "../commit/commit.ts";
import { partsOf, tokenOf } from "../protocol/page-token.ts";
import { planDomainChange } from "./firewall-domain-change.ts";
import { importFromUrl } from "./firewall-domain-file.ts";
import { addNames, hasName, namesOf, removeNames, replaceNames } from "./firewall-domain-rows.ts";
import type { DomainChange } from "./firewall-domain-rows.ts";
import { invalid } from "./firewall-refusals.ts";
import { requireList } from "./firewall-rows.ts";
import type { HandlerFamily, InputOf } from "./resolver-handler.ts";

const listSizeDefault = 100;

export const firewallDomains: HandlerFamily<
  "ListFirewallDomains" | "UpdateFirewallDomains" | "ImportFirewallDomains"
> = (context) => ({
  ListFirewallDomains: (input) => context.state.read(() => listDomains(context.state, input)),

  async UpdateFirewallDomains({ FirewallDomainListId, Operation, Domains }) {
    if (Domains.length > firewallUpdateCountMax) {
      const message = `${Domains.length} domains are given, limit ${firewallUpdateCountMax}`;
      throw invalid(`The firewall domain list cannot be updated: ${message}.`);
    }
    const names = [...new Set(Domains.map(requireDomain))].toSorted(compareText);
    const list = await commit(context, {
      action: "UpdateFirewallDomains",
      plan: () =>
        planDomainChange(context, FirewallDomainListId, () =>
          change(context.state, { listId: FirewallDomainListId, operation: Operation, names }),
        ),
    });
    return answer(list);
  },

  async ImportFirewallDomains({ FirewallDomainListId, DomainFileUrl }) {
    requireList(context.state, FirewallDomainListId);
    return answer(await importFromUrl(context, FirewallDomainListId, DomainFileUrl));
  },
});

function answer({ id, name, statusMessage }: { id: string; name: string; statusMessage?: string }) {
  const message = statusMessage === undefined ? {} : { StatusMessage: statusMessage };
  return { Id: id, Name: name, Status: "COMPLETE" as const, ...message };
}

function change(
  state: StateReader,
  {
    listId,
    operation,
    names,
  }: {
    listId: string;
    operation: InputOf<"UpdateFirewallDomains">["Operation"];
    names: readonly string[];
  },
): DomainChange {
  if (operation === "REPLACE") return replaceNames(state, listId, names);
  if (operation === "ADD") return addNames(state, listId, names);
  const unknown = names.find((name) => !hasName(state, listId, name));
  if (unknown === undefined) return removeNames(state, listId, names);
  throw invalid(
    `[RSLVR-02502] The following domains don't exist in the DNS Firewall domain list '${listId}'. ` +
      "You can't delete a domain that isn't in a domain list. " +
      `Example unknown domain: '${unknown}'.`,
  );
}

/** @throws ServiceError ValidationException */
function requireDomain(text: string): string {
  try {
    return normaliseFirewallDomain(text);
  } catch (error) {
    if (!(error instanceof FirewallDomainError)) throw error;
    throw invalid(`The domain '${text}' can't be in a domain list: ${error.message}.`);
  }
}

function listDomains(
  state: StateReader,
  { FirewallDomainListId, MaxResults = listSizeDefault, NextToken }: InputOf<"ListFirewallDomains">,
): { Domains: string[]; NextToken?: string } {
  requireList(state, FirewallDomainListId);
  const domains: string[] = [];
  for (const name of namesOf(state, FirewallDomainListId, afterToken(NextToken))) {
    if (domains.length === MaxResults) {
      return { Domains: domains, NextToken: tokenOf([domains.at(-1) ?? ""]) };
    }
    domains.push(name);
  }
  return { Domains: domains };
}

function afterToken(token: string | undefined): string {
  if (token === undefined) return "";
  const [after] = partsOf(token);
  if (typeof after === "string") return after;
  throw invalid("The value that you specified for NextToken isn't valid.");
}
