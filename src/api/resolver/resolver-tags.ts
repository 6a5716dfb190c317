import { resolverTagCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { TableName } from "../../control/model/tables.ts";
import { commit } from "../commit/commit.ts";
import {
  planTags,
  putTags,
  removeTags,
  tagList,
  tagsOf,
  withTags,
  withoutTags,
} from "../commit/tags.ts";
import type { Tag, TagRules, TagsKey } from "../commit/tags.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { HandlerFamily } from "./resolver-handler.ts";
import { readResolverArn } from "./resolver-ids.ts";
import type { ResourceName } from "./resolver-ids.ts";
import { listPage } from "./resolver-pages.ts";
import { invalidParameter, invalidRequest, limitExceeded, notFound } from "./resolver-refusals.ts";

/** What can have tags: kinds in ARNs, and the table that has it by id. */
const tagged: Readonly<Record<string, TableName>> = {
  "resolver-endpoint": "resolverEndpoint",
  "resolver-rule": "resolverRule",
  "firewall-domain-list": "firewallDomainList",
  "firewall-rule-group": "firewallRuleGroup",
  "firewall-rule-group-association": "firewallAssociation",
  "resolver-query-log-config": "resolverQueryLogConfig",
};

const rules: TagRules = {
  countMax: resolverTagCountMax,
  invalid: (message) => new ServiceError("InvalidTagException", message),
  tooMany(count) {
    return limitExceeded(`${count} tags, limit ${resolverTagCountMax} of one resource`, "tag");
  },
  reservesAws: true,
};

export const resolverTags: HandlerFamily<
  "TagResource" | "UntagResource" | "ListTagsForResource"
> = (context) => ({
  async TagResource({ ResourceArn, Tags }) {
    const plan = () =>
      planTags(context.state, requireResource(context, ResourceArn), (before) =>
        withTags(before, Tags, rules),
      );
    await commit(context, { action: "TagResource", plan });
    return {};
  },

  async UntagResource({ ResourceArn, TagKeys }) {
    const plan = () =>
      planTags(context.state, requireResource(context, ResourceArn), (before) =>
        withoutTags(before, TagKeys),
      );
    await commit(context, { action: "UntagResource", plan });
    return {};
  },

  ListTagsForResource: ({ ResourceArn, ...page }) =>
    context.state.read(() => {
      const key = requireResource(context, ResourceArn);
      const tags = tagList(tagsOf(context.state, key));
      const automatic = tags.map((tag) => ({ key: [...key, tag.Key], value: tag }));
      const { values, ...next } = listPage(
        context.state,
        { prefix: key, keySize: 3, automatic },
        page,
      );
      return { Tags: values, ...next };
    }),
});

/** The tags of something that is being created; none: no mutation. */
export function putFirstTags({ kind, id }: ResourceName, tags: readonly Tag[] = []): Mutation[] {
  return tags.length === 0 ? [] : [putTags([kind, id], withTags({}, tags, rules))];
}

/** For what is being deleted. */
export function removeResolverTags({ kind, id }: ResourceName): Mutation {
  return removeTags([kind, id]);
}

function requireResource({ state }: ResolverContext, arn: string): TagsKey {
  const resource = readResolverArn(arn);
  if (!resource) throw invalidParameter(`The ARN "${arn}" is not valid.`, "ResourceArn");
  if (resource.kind === "autodefined-rule") {
    throw invalidRequest("[RSLVR-00903] Cannot tag Auto Defined Rule.");
  }
  const table = tagged[resource.kind];
  if (table && state.get(table, [resource.id])) return [resource.kind, resource.id];
  throw notFound(`Resource with ARN "${arn}" does not exist.`, resource.kind);
}
