import { resolverTagCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { TableName } from "../../control/model/tables.ts";
import { commit } from "../commit/commit.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { HandlerFamily } from "./resolver-handler.ts";
import { readResolverArn } from "./resolver-ids.ts";
import type { ResourceName } from "./resolver-ids.ts";
import { listPage } from "./resolver-pages.ts";
import { invalidParameter, invalidRequest, limitExceeded, notFound } from "./resolver-refusals.ts";

type Tags = Record<string, string>;
type GivenTag = { Key: string; Value: string };

/** What can have tags: kinds in ARNs, and the table that has it by id. */
const tagged: Readonly<Record<string, TableName>> = {
  "resolver-endpoint": "resolverEndpoint",
  "resolver-rule": "resolverRule",
  "firewall-domain-list": "firewallDomainList",
  "firewall-rule-group": "firewallRuleGroup",
  "firewall-rule-group-association": "firewallAssociation",
  "resolver-query-log-config": "resolverQueryLogConfig",
};

export const resolverTags: HandlerFamily<
  "TagResource" | "UntagResource" | "ListTagsForResource"
> = (context) => ({
  async TagResource({ ResourceArn, Tags }) {
    await change(context, ResourceArn, {
      action: "TagResource",
      change: (before) => merged(before, Tags),
    });
    return {};
  },

  async UntagResource({ ResourceArn, TagKeys }) {
    await change(context, ResourceArn, {
      action: "UntagResource",
      change: (before) =>
        Object.fromEntries(Object.entries(before).filter(([key]) => !TagKeys.includes(key))),
    });
    return {};
  },

  ListTagsForResource: ({ ResourceArn, ...page }) =>
    context.state.read(() => {
      const resource = requireResource(context, ResourceArn);
      const rows = Object.entries(tagsOf(context, resource)).map(([Key, Value]) => ({
        key: [resource.kind, resource.id, Key],
        value: { Key, Value },
      }));
      const prefix = [resource.kind, resource.id];
      const listing = { prefix, keySize: 3, automatic: rows };
      const { values, ...next } = listPage(context.state, listing, page);
      return { Tags: values, ...next };
    }),
});

/** The tags of something that is being created; none: no mutation. */
export function putTags(resource: ResourceName, tags: readonly GivenTag[] = []): Mutation[] {
  if (tags.length === 0) return [];
  return [{ put: "tag", key: [resource.kind, resource.id], value: merged({}, tags) }];
}

/** For what is being deleted. */
export function removeTags(resource: ResourceName): Mutation {
  return { remove: "tag", key: [resource.kind, resource.id] };
}

async function change(
  context: ResolverContext,
  arn: string,
  { action, change: changed }: { action: string; change: (before: Tags) => Tags },
): Promise<void> {
  await commit(context, {
    action,
    plan() {
      const resource = requireResource(context, arn);
      const value = changed(tagsOf(context, resource));
      const key = [resource.kind, resource.id];
      return { mutations: [{ put: "tag", key, value }], result: undefined };
    },
  });
}

function tagsOf({ state }: ResolverContext, { kind, id }: ResourceName): Tags {
  return state.get<Tags>("tag", [kind, id]) ?? {};
}

function requireResource({ state }: ResolverContext, arn: string): ResourceName {
  const resource = readResolverArn(arn);
  if (!resource) throw invalidParameter(`The ARN "${arn}" is not valid.`, "ResourceArn");
  if (resource.kind === "autodefined-rule") {
    throw invalidRequest("[RSLVR-00903] Cannot tag Auto Defined Rule.");
  }
  const table = tagged[resource.kind];
  if (table && state.get(table, [resource.id])) return resource;
  throw notFound(`Resource with ARN "${arn}" does not exist.`, resource.kind);
}

function merged(before: Tags, tags: readonly GivenTag[]): Tags {
  const after = new Map(Object.entries(before));
  const given = new Set<string>();
  for (const { Key, Value } of tags) {
    if (Key.toLowerCase().startsWith("aws:")) {
      throw new ServiceError("InvalidTagException", `Tag keys cannot begin with aws: ${Key}`);
    }
    if (given.has(Key)) {
      throw new ServiceError("InvalidTagException", `The tag key ${Key} is given more than once`);
    }
    given.add(Key);
    after.set(Key, Value);
  }
  if (after.size > resolverTagCountMax) {
    const message = `${after.size} tags, limit ${resolverTagCountMax} of one resource`;
    throw limitExceeded(message, "tag");
  }
  return Object.fromEntries([...after].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
