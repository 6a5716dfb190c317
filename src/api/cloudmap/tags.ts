import { tagCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import {
  planTags,
  putTags,
  removeTags,
  tagList,
  tagsOf,
  withTags,
  withoutTags,
} from "../commit/tags.ts";
import type { Tag, TagRules, Tags, TagsKey } from "../commit/tags.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { resourceOfArn } from "./arns.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily } from "./cloudmap-handler.ts";
import { commit } from "./commit.ts";
import { invalidInput } from "./refusals.ts";

/** Namespaces and services have no ids in common: their tags are kept together. */
function keyOf(id: string): TagsKey {
  return ["cloudmap", id];
}

/** Tags of namespaces and services. */
export const tags: HandlerFamily<"TagResource" | "UntagResource" | "ListTagsForResource"> = (
  context,
) => ({
  async TagResource({ ResourceARN, Tags }) {
    await change(context, ResourceARN, (before) => withTags(before, Tags, rulesOf(ResourceARN)));
    return {};
  },

  async UntagResource({ ResourceARN, TagKeys }) {
    await change(context, ResourceARN, (before) => withoutTags(before, TagKeys));
    return {};
  },

  ListTagsForResource: ({ ResourceARN }) =>
    context.route53.state.read(() => ({
      Tags: tagList(tagsOf(context.route53.state, requireResource(context, ResourceARN))),
    })),
});

/** The tags of a new namespace or service. @throws ServiceError */
export function tagMutations(id: string, tags: readonly Tag[] | undefined): Mutation[] {
  if (!tags || tags.length === 0) return [];
  return [putTags(keyOf(id), withTags({}, tags, rulesOf(id)))];
}

export function removalOfTags(id: string): Mutation {
  return removeTags(keyOf(id));
}

function rulesOf(resource: string): TagRules {
  return {
    countMax: tagCountMax,
    invalid: invalidInput,
    tooMany(count) {
      const message = `Cannot tag: ${count} tags, limit ${tagCountMax}`;
      return new ServiceError("TooManyTagsException", message, { ResourceName: resource });
    },
    reservesAws: false,
  };
}

async function change(
  context: CloudMapContext,
  arn: string,
  changed: (before: Tags) => Tags,
): Promise<void> {
  await commit(context, {
    action: "cloudmap:ChangeTags",
    plan: () => planTags(context.route53.state, requireResource(context, arn), changed),
  });
}

/** The key of the tags of the namespace or service that an ARN is of. */
function requireResource({ route53 }: CloudMapContext, arn: string): TagsKey {
  const resource = resourceOfArn(arn);
  const table = resource?.kind === "service" ? "cloudMapService" : "cloudMapNamespace";
  if (resource && route53.state.get(table, [resource.id]) !== undefined) return keyOf(resource.id);
  throw new ServiceError("ResourceNotFoundException", `There is no resource with the ARN ${arn}`);
}
