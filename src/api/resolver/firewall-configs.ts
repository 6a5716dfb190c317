import type { FirewallConfig } from "../../control/model/firewall.ts";
import { commit } from "../commit/commit.ts";
import { firewallPage } from "./firewall-page.ts";
import { invalid } from "./firewall-refusals.ts";
import { requireVpc } from "./firewall-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { HandlerFamily } from "./resolver-handler.ts";
import { idByVpc } from "./resolver-ids.ts";

/** AWS's, where a request does not say. */
const pageSizeDefault = 10;

/** Every VPC has a configuration, by default one that fails closed. */
export const firewallConfigs: HandlerFamily<
  "GetFirewallConfig" | "ListFirewallConfigs" | "UpdateFirewallConfig"
> = (context) => ({
  GetFirewallConfig({ ResourceId }) {
    requireVpc(context, ResourceId);
    return { FirewallConfig: view(context, ResourceId) };
  },

  ListFirewallConfigs: (input) =>
    context.state.read(() => {
      const { state } = context;
      const vpcIds = new Set(
        (["vpc", "firewallConfig"] as const)
          .flatMap((table) => state.list(table))
          .map(({ key }) => key[0] ?? ""),
      );
      const automatic = [...vpcIds].toSorted().map((id) => ({ key: [id], value: id }));
      const asked = { MaxResults: pageSizeDefault, ...input };
      const { values, ...next } = firewallPage<string>(state, { keySize: 1, automatic }, asked);
      return { FirewallConfigs: values.map((id) => view(context, id)), ...next };
    }),

  async UpdateFirewallConfig({ ResourceId, FirewallFailOpen }) {
    await commit(context, {
      action: "UpdateFirewallConfig",
      plan() {
        requireVpc(context, ResourceId);
        if (FirewallFailOpen === "USE_LOCAL_RESOURCE_SETTING") {
          throw invalid(
            "FirewallFailOpen USE_LOCAL_RESOURCE_SETTING is of Route 53 Profiles only.",
          );
        }
        const value: FirewallConfig = { failOpen: FirewallFailOpen };
        return {
          mutations: [{ put: "firewallConfig", key: [ResourceId], value }],
          result: undefined,
        };
      },
    });
    return { FirewallConfig: view(context, ResourceId) };
  },
});

function view({ state, settings }: ResolverContext, vpcId: string) {
  const config = state.get<FirewallConfig>("firewallConfig", [vpcId]);
  return {
    Id: idByVpc("rslvr-fc", vpcId),
    ResourceId: vpcId,
    OwnerId: settings.accountId,
    FirewallFailOpen: config?.failOpen ?? ("DISABLED" as const),
  };
}
