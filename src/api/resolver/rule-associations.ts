import { resolverRuleOfVpcCountMax } from "../../base/limits.ts";
import { ruleOfVpcKey } from "../../control/model/resolver-rule.ts";
import type { ResolverRule, ResolverRuleAssociation } from "../../control/model/resolver-rule.ts";
import { commit } from "../commit/commit.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { filterOf } from "./resolver-filters.ts";
import type { HandlerFamily, InputOf } from "./resolver-handler.ts";
import { drawResolverId, traced } from "./resolver-ids.ts";
import { listPage } from "./resolver-pages.ts";
import { invalidRequest, limitExceeded, notFound } from "./resolver-refusals.ts";
import { arrivals, requireVpc } from "./resolver-vpcs.ts";
import { requireOwnRule } from "./rule-rows.ts";
import { associationView, automaticAssociation } from "./rule-view.ts";

const kind = "resolver-rule-association";

export const resolverRuleAssociations: HandlerFamily<
  | "AssociateResolverRule"
  | "DisassociateResolverRule"
  | "GetResolverRuleAssociation"
  | "ListResolverRuleAssociations"
> = (context) => ({
  async AssociateResolverRule({ ResolverRuleId, VPCId, Name }, { requestId }) {
    const association = await commit(context, {
      action: "AssociateResolverRule",
      plan() {
        const rule = requireOwnRule(context, ResolverRuleId, "associate");
        requireVpc(context, VPCId);
        refuseSecond(context, rule, VPCId);
        refuseLoops(context, rule, VPCId);
        const created: ResolverRuleAssociation = {
          id: drawResolverId("rslvr-rrassoc", context.random),
          ruleId: rule.id,
          vpcId: VPCId,
          ...(Name === undefined ? {} : { name: Name }),
          createdAt: new Date(context.clock.nowMs()).toISOString(),
        };
        const { id } = created;
        return {
          mutations: [
            { put: "resolverRuleAssociation", key: [id], value: created },
            { put: "resolverRuleByVpc", key: ruleOfVpcKey(VPCId, rule), value: id },
            { put: "resolverRuleAssociationByRule", key: [rule.id, VPCId], value: id },
          ],
          result: created,
        };
      },
    });
    const message = traced(requestId, "Creating the association.");
    const status = { status: "CREATING", message } as const;
    return { ResolverRuleAssociation: associationView(association, status) };
  },

  async DisassociateResolverRule({ ResolverRuleId, VPCId }, { requestId }) {
    const association = await commit(context, {
      action: "DisassociateResolverRule",
      plan() {
        const rule = requireOwnRule(context, ResolverRuleId, "disassociate");
        const found = associationOf(context, rule.id, VPCId);
        if (!found) {
          const message = `Resolver rule association between resolver rule "${rule.id}" and VPC`;
          throw notFound(`${message} "${VPCId}" does not exist.`, kind);
        }
        return {
          mutations: [
            { remove: "resolverRuleAssociation", key: [found.id] },
            { remove: "resolverRuleByVpc", key: ruleOfVpcKey(VPCId, rule) },
            { remove: "resolverRuleAssociationByRule", key: [rule.id, VPCId] },
          ],
          result: found,
        };
      },
    });
    const message = traced(requestId, "Deleting Association");
    const status = { status: "DELETING", message } as const;
    return { ResolverRuleAssociation: associationView(association, status) };
  },

  GetResolverRuleAssociation: ({ ResolverRuleAssociationId: id }) => {
    const own = context.state.get<ResolverRuleAssociation>("resolverRuleAssociation", [id]);
    const found = own ?? automaticAssociations(context).find((each) => each.id === id);
    if (found) return { ResolverRuleAssociation: associationView(found) };
    throw notFound(`Resolver rule association with ID "${id}" does not exist.`, kind);
  },

  ListResolverRuleAssociations: ({ Filters, ...page }) => listAssociations(context, Filters, page),
});

function associationOf(
  { state }: ResolverContext,
  ruleId: string,
  vpcId: string,
): ResolverRuleAssociation | undefined {
  const id = state.get<string>("resolverRuleAssociationByRule", [ruleId, vpcId]);
  return id === undefined
    ? undefined
    : state.get<ResolverRuleAssociation>("resolverRuleAssociation", [id]);
}

/** A VPC has one rule of a name. */
function refuseSecond(context: ResolverContext, rule: ResolverRule, vpcId: string): void {
  const { state } = context;
  const id = state.get<string>("resolverRuleByVpc", ruleOfVpcKey(vpcId, rule));
  if (id !== undefined) {
    const other = state.get<ResolverRuleAssociation>("resolverRuleAssociation", [id]);
    throw invalidRequest(
      "Cannot associate rules with same domain name with same VPC. " +
        `Conflict with resolver rule '${other?.ruleId}'`,
    );
  }
  const count = state.count("resolverRuleByVpc", [vpcId]);
  if (count < resolverRuleOfVpcCountMax) return;
  throw limitExceeded(`${count} rules on ${vpcId}, limit ${resolverRuleOfVpcCountMax}`, kind);
}

/**
 * Refuses a rule that sends queries of a VPC to where queries for that same VPC arrive.
 * @throws ServiceError InvalidRequestException
 */
export function refuseLoops(context: ResolverContext, rule: ResolverRule, vpcId: string): void {
  const places = arrivals(context, vpcId);
  const isLoop = rule.targets?.some(({ ip, port }) =>
    places.some((place) => place.address === ip && place.port === port),
  );
  if (!isLoop) return;
  throw invalidRequest(
    `[RSLVR-00804] Cannot associate rule ${rule.id} to VPC ${vpcId} because the VPC include an ` +
      "INBOUND resolver endpoints with rule's target IP. " +
      "Please try a different rule or update rule's target IP.",
  );
}

/** Every VPC that is known has the internet resolver. */
function automaticAssociations({ state }: ResolverContext): ResolverRuleAssociation[] {
  return state.list("vpc").map(({ key }) => automaticAssociation(key[0] ?? ""));
}

const associationFilters = {
  Name: ({ name }) => name,
  ResolverRuleId: ({ ruleId }) => ruleId,
  Status: () => "COMPLETE",
  VPCId: ({ vpcId }) => vpcId,
} satisfies Record<string, (association: ResolverRuleAssociation) => string | undefined>;

function listAssociations(
  context: ResolverContext,
  filters: InputOf<"ListResolverRuleAssociations">["Filters"],
  page: { MaxResults?: number | undefined; NextToken?: string | undefined },
) {
  const passes = filterOf(filters, associationFilters);
  return context.state.read(() => {
    const automatic = automaticAssociations(context).map((value) => ({ key: [value.id], value }));
    const { values, ...next } = listPage<ResolverRuleAssociation>(
      context.state,
      {
        table: "resolverRuleAssociation",
        keySize: 1,
        automatic,
        keep: ({ value }) => passes(value),
      },
      page,
    );
    const views = values.map((value) => associationView(value));
    return {
      ResolverRuleAssociations: views,
      MaxResults: page.MaxResults ?? views.length,
      ...next,
    };
  });
}
