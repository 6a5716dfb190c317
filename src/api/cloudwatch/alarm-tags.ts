import { commit } from "../commit/commit.ts";
import { planTags, tagList, tagsOf, withTags, withoutTags } from "../commit/tags.ts";
import type { TagsKey } from "../commit/tags.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { alarmOfArn } from "./alarm-arn.ts";
import { alarmNamed } from "./alarm-rows.ts";
import { alarmTagRules, alarmTagsKey } from "./alarm-settings.ts";
import type { CloudWatchContext } from "./cloudwatch-context.ts";
import type { HandlerFamily } from "./cloudwatch-handler.ts";
import { invalidValue } from "./refusals.ts";

/** Tags of alarms: there is nothing else here that could have any. */
export const alarmTags: HandlerFamily<"TagResource" | "UntagResource" | "ListTagsForResource"> = (
  context,
) => ({
  async TagResource({ ResourceARN, Tags }) {
    const plan = () =>
      planTags(context.state, requireResource(context, ResourceARN), (before) =>
        withTags(before, Tags, alarmTagRules),
      );
    await commit(context, { action: "TagResource", plan });
    return {};
  },

  async UntagResource({ ResourceARN, TagKeys }) {
    const plan = () =>
      planTags(context.state, requireResource(context, ResourceARN), (before) =>
        withoutTags(before, TagKeys),
      );
    await commit(context, { action: "UntagResource", plan });
    return {};
  },

  ListTagsForResource: ({ ResourceARN }) =>
    context.state.read(() => ({
      Tags: tagList(tagsOf(context.state, requireResource(context, ResourceARN))),
    })),
});

/** The key of the tags of the alarm that an ARN is of. */
function requireResource(context: CloudWatchContext, arn: string): TagsKey {
  if (!arn.startsWith("arn:")) throw invalidValue(`The value ${arn} for ResourceARN is no ARN.`);
  const name = alarmOfArn(arn);
  if (name !== undefined && alarmNamed(context, name)) return alarmTagsKey(name);
  throw new ServiceError("ResourceNotFoundException", `The resource ${arn} does not exist.`, {
    ResourceType: "alarm",
    ResourceId: name ?? arn,
  });
}
