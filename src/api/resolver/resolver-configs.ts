import type { ResolverConfigRow } from "../../control/model/resolver-config.ts";
import { resolverConfigOf } from "../../control/state/resolver-rows.ts";
import { commit } from "../commit/commit.ts";
import type * as Sdk from "../protocol/resolver-model.generated.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { filterOf } from "./resolver-filters.ts";
import type { HandlerFamily } from "./resolver-handler.ts";
import { idByVpc } from "./resolver-ids.ts";
import { listRows } from "./resolver-pages.ts";
import type { Listing, PageRequest } from "./resolver-pages.ts";
import { invalidParameter } from "./resolver-refusals.ts";
import { requireVpc } from "./resolver-vpcs.ts";

/** Whether a VPC's reverse names are answered here, and whether signatures are checked for it. */
export const resolverConfigs: HandlerFamily<
  | "GetResolverConfig"
  | "ListResolverConfigs"
  | "UpdateResolverConfig"
  | "GetResolverDnssecConfig"
  | "ListResolverDnssecConfigs"
  | "UpdateResolverDnssecConfig"
> = (context) => ({
  GetResolverConfig({ ResourceId }) {
    requireVpc(context, ResourceId, "ResourceId");
    return { ResolverConfig: reverseView(context, ResourceId) };
  },

  ListResolverConfigs(page) {
    const { values, ...next } = listSet(context, "autodefinedReverse", page);
    return { ResolverConfigs: values.map((vpcId) => reverseView(context, vpcId)), ...next };
  },

  async UpdateResolverConfig({ ResourceId, AutodefinedReverseFlag }) {
    const isOn = await set(context, ResourceId, {
      action: "UpdateResolverConfig",
      member: "autodefinedReverse",
      flag: AutodefinedReverseFlag,
    });
    const view = reverseView(context, ResourceId);
    return { ResolverConfig: { ...view, AutodefinedReverse: isOn ? "ENABLING" : "DISABLING" } };
  },

  GetResolverDnssecConfig({ ResourceId }) {
    requireVpc(context, ResourceId, "ResourceId");
    return { ResolverDNSSECConfig: dnssecView(context, ResourceId) };
  },

  ListResolverDnssecConfigs({ Filters, ...page }) {
    const passes = filterOf(Filters, dnssecFilters);
    const keep = (vpcId: string) => passes(dnssecView(context, vpcId));
    const { values, ...next } = listSet(context, "dnssecValidation", page, keep);
    return { ResolverDnssecConfigs: values.map((vpcId) => dnssecView(context, vpcId)), ...next };
  },

  async UpdateResolverDnssecConfig({ ResourceId, Validation }) {
    const isOn = await set(context, ResourceId, {
      action: "UpdateResolverDnssecConfig",
      member: "dnssecValidation",
      flag: Validation,
    });
    const view = dnssecView(context, ResourceId);
    return { ResolverDNSSECConfig: { ...view, ValidationStatus: isOn ? "ENABLING" : "DISABLING" } };
  },
});

/** Only of VPCs there are configurations: there is no Route 53 Profile that a VPC could follow. */
async function set(
  context: ResolverContext,
  vpcId: string,
  { action, member, flag }: { action: string; member: keyof ResolverConfigRow; flag: string },
): Promise<boolean> {
  if (flag === "USE_LOCAL_RESOURCE_SETTING") {
    throw invalidParameter(`${flag} is for Route 53 Profiles, which are not here.`, "ResourceId");
  }
  const isOn = flag === "ENABLE";
  return commit(context, {
    action,
    plan() {
      requireVpc(context, vpcId, "ResourceId");
      const before = context.state.get<ResolverConfigRow>("resolverConfig", [vpcId]);
      const value = { ...before, [member]: isOn };
      return { mutations: [{ put: "resolverConfig", key: [vpcId], value }], result: isOn };
    },
  });
}

/** VPCs for which something has been set. */
function listSet(
  { state }: ResolverContext,
  member: keyof ResolverConfigRow,
  page: PageRequest,
  keep: (vpcId: string) => boolean = () => true,
) {
  const listing: Listing<ResolverConfigRow> = {
    table: "resolverConfig",
    keySize: 1,
    keep: ({ key, value }) => value[member] !== undefined && keep(key[0] ?? ""),
  };
  const { values, ...next } = listRows(state, listing, page);
  return { values: values.map(({ key }) => key[0] ?? ""), ...next };
}

function reverseView({ state, settings }: ResolverContext, vpcId: string): Sdk.ResolverConfig {
  const { autodefinedReverse } = resolverConfigOf(state, vpcId);
  return {
    Id: idByVpc("rslvr-rc", vpcId),
    ResourceId: vpcId,
    OwnerId: settings.accountId,
    AutodefinedReverse: autodefinedReverse ? "ENABLED" : "DISABLED",
  };
}

function dnssecView({ state, settings }: ResolverContext, vpcId: string): Sdk.ResolverDnssecConfig {
  const { dnssecValidation } = resolverConfigOf(state, vpcId);
  return {
    Id: idByVpc("rslvr-dc", vpcId),
    OwnerId: settings.accountId,
    ResourceId: vpcId,
    ValidationStatus: dnssecValidation ? "ENABLED" : "DISABLED",
  };
}

const dnssecFilters = {
  Id: ({ Id }) => Id,
  ResourceId: ({ ResourceId }) => ResourceId,
  ValidationStatus: ({ ValidationStatus }) => ValidationStatus,
} satisfies Record<string, (config: Sdk.ResolverDnssecConfig) => string | undefined>;
