import { tagCountMax } from "../../base/limits.ts";
import { planTags, tagList, tagsOf, withTags, withoutTags } from "../commit/tags.ts";
import type { TagRules, Tags, TagsKey } from "../commit/tags.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commit } from "./commit.ts";
import { requireHealthCheck } from "./health-check-rows.ts";
import type { HandlerFamily, Route53Handlers } from "./route53-handler.ts";

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
        return planTags(context.state, keyOf(input), (before) => changed(before, input));
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

function keyOf({ ResourceType, ResourceId }: Resource): TagsKey {
  return [ResourceType, ResourceId];
}

function tagSetView(context: ApiContext, resource: Resource) {
  const { ResourceType, ResourceId } = resource;
  return { ResourceType, ResourceId, Tags: tagList(tagsOf(context.state, keyOf(resource))) };
}

const rules: TagRules = {
  countMax: tagCountMax,
  invalid: invalidInput,
  tooMany: () => invalidInput(`A resource cannot have more than ${tagCountMax} tags`),
  reservesAws: false,
};

function changed(before: Tags, { AddTags = [], RemoveTagKeys = [] }: ChangeInput): Tags {
  for (const { Key = "" } of AddTags) {
    if (Key === "") throw invalidInput("The key of a tag must not be empty");
    if (RemoveTagKeys.includes(Key)) {
      throw invalidInput(`The tag key ${Key} is given more than once`);
    }
  }
  return withTags(withoutTags(before, RemoveTagKeys), AddTags, rules);
}

function invalidInput(message: string): ServiceError {
  return new ServiceError("InvalidInput", message);
}
