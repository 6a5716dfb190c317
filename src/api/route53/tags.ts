import { tagCountMax } from "../../base/limits.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commit } from "./commit.ts";
import { requireHealthCheck } from "./health-check-rows.ts";
import type { HandlerFamily, Route53Handlers } from "./route53-handler.ts";

type Tags = Record<string, string>;
type Resource = { ResourceType: "healthcheck" | "hostedzone"; ResourceId: string };
type ChangeInput = Parameters<NonNullable<Route53Handlers["ChangeTagsForResource"]>>[0];

export const tags: HandlerFamily<
  "ChangeTagsForResource" | "ListTagsForResource" | "ListTagsForResources"
> = (context) => ({
  async ChangeTagsForResource(input) {
    if (!input.AddTags && !input.RemoveTagKeys) {
      const message = "At least one of AddTags and RemoveTagKeys must be given";
      throw new ServiceError("InvalidInput", message);
    }
    await commit(context, {
      action: "ChangeTagsForResource",
      ...(input.ResourceType === "hostedzone" ? { zoneId: input.ResourceId } : {}),
      plan() {
        requireResource(context, input);
        const value = changed(tagsOf(context, input), input);
        const key = [input.ResourceType, input.ResourceId];
        return { mutations: [{ put: "tag", key, value }], result: undefined };
      },
    });
    return {};
  },

  ListTagsForResource: (input) =>
    context.state.read(() => {
      requireResource(context, input);
      return { ResourceTagSet: tagSetView(context, input) };
    }),

  ListTagsForResources: (input) =>
    context.state.read(() => {
      const { ResourceType } = input;
      const resources = input.ResourceIds.map((ResourceId) => ({ ResourceType, ResourceId }));
      for (const resource of resources) requireResource(context, resource);
      return { ResourceTagSets: resources.map((resource) => tagSetView(context, resource)) };
    }),
});

/** Ids of hosted zones are at most this long; with a prefix they are longer. */
const zoneIdSizeMax = 32;

/** Tags take the bare id only; AWS tells who sends `/hostedzone/Z…` that it is too long. */
function requireResource(context: ApiContext, { ResourceType, ResourceId }: Resource): void {
  if (ResourceType === "healthcheck") {
    requireHealthCheck(context, ResourceId);
    return;
  }
  if (ResourceId.length > zoneIdSizeMax) {
    throw new ServiceError(
      "InvalidInput",
      `1 validation error detected: Value '${ResourceId}' at 'resourceId' failed to satisfy ` +
        `constraint: Member must have length less than or equal to ${zoneIdSizeMax}`,
    );
  }
  if (context.state.get("hostedZone", [ResourceId]) !== undefined) return;
  throw new ServiceError("NoSuchHostedZone", `No hosted zone found with ID: ${ResourceId}`);
}

function tagsOf(context: ApiContext, { ResourceType, ResourceId }: Resource): Tags {
  return context.state.get<Tags>("tag", [ResourceType, ResourceId]) ?? {};
}

function tagSetView(context: ApiContext, resource: Resource) {
  const { ResourceType, ResourceId } = resource;
  const Tags = Object.entries(tagsOf(context, resource)).map(([Key, Value]) => ({ Key, Value }));
  return { ResourceType, ResourceId, Tags };
}

function changed(before: Tags, input: ChangeInput): Tags {
  const removed = new Set(input.RemoveTagKeys);
  const after = new Map(Object.entries(before).filter(([key]) => !removed.has(key)));
  const added = new Set<string>();
  for (const { Key = "", Value = "" } of input.AddTags ?? []) {
    if (Key === "") throw new ServiceError("InvalidInput", "The key of a tag must not be empty");
    if (added.has(Key) || removed.has(Key)) {
      throw new ServiceError("InvalidInput", `The tag key ${Key} is given more than once`);
    }
    added.add(Key);
    after.set(Key, Value);
  }
  if (after.size > tagCountMax) {
    const message = `A resource cannot have more than ${tagCountMax} tags`;
    throw new ServiceError("InvalidInput", message);
  }
  return Object.fromEntries([...after].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
