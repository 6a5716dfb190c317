import { tagCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { resourceOfArn } from "./arns.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily } from "./cloudmap-handler.ts";
import { commit } from "./commit.ts";
import { invalidInput } from "./refusals.ts";

type Tags = Record<string, string>;
export type TagInput = { Key: string; Value: string };

/** The type that rows of the table `tag` have for namespaces and services. */
const resourceType = "cloudmap";

/** Tags of namespaces and services. */
export const tags: HandlerFamily<"TagResource" | "UntagResource" | "ListTagsForResource"> = (
  context,
) => ({
  async TagResource({ ResourceARN, Tags }) {
    await change(context, ResourceARN, (before) => merged(before, Tags, ResourceARN));
    return {};
  },

  async UntagResource({ ResourceARN, TagKeys }) {
    await change(context, ResourceARN, (before) =>
      Object.fromEntries(Object.entries(before).filter(([key]) => !TagKeys.includes(key))),
    );
    return {};
  },

  ListTagsForResource: ({ ResourceARN }) =>
    context.route53.state.read(() => {
      const tags = tagsOf(context, requireResource(context, ResourceARN));
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    }),
});

/** The tags of a new namespace or service. @throws ServiceError */
export function tagMutations(id: string, tags: readonly TagInput[] | undefined): Mutation[] {
  if (!tags || tags.length === 0) return [];
  return [{ put: "tag", key: [resourceType, id], value: merged({}, tags, id) }];
}

export function removalOfTags(id: string): Mutation {
  return { remove: "tag", key: [resourceType, id] };
}

async function change(
  context: CloudMapContext,
  arn: string,
  changed: (before: Tags) => Tags,
): Promise<void> {
  await commit(context, {
    action: "cloudmap:ChangeTags",
    plan() {
      const id = requireResource(context, arn);
      const value = changed(tagsOf(context, id));
      return { mutations: [{ put: "tag", key: [resourceType, id], value }], result: undefined };
    },
  });
}

function merged(before: Tags, added: readonly TagInput[], resource: string): Tags {
  const after = new Map(Object.entries(before));
  const seen = new Set<string>();
  for (const { Key, Value } of added) {
    if (seen.has(Key)) throw invalidInput(`The tag key ${Key} is given more than once`);
    seen.add(Key);
    after.set(Key, Value);
  }
  if (after.size > tagCountMax) {
    const message = `Cannot tag: ${after.size} tags, limit ${tagCountMax}`;
    throw new ServiceError("TooManyTagsException", message, { ResourceName: resource });
  }
  return Object.fromEntries([...after].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function tagsOf({ route53 }: CloudMapContext, id: string): Tags {
  return route53.state.get<Tags>("tag", [resourceType, id]) ?? {};
}

/** The id of the namespace or service that an ARN is of. */
function requireResource({ route53 }: CloudMapContext, arn: string): string {
  const resource = resourceOfArn(arn);
  const table = resource?.kind === "service" ? "cloudMapService" : "cloudMapNamespace";
  if (resource && route53.state.get(table, [resource.id]) !== undefined) return resource.id;
  throw new ServiceError("ResourceNotFoundException", `There is no resource with the ARN ${arn}`);
}
