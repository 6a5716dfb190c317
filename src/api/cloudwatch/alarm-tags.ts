import { commit } from "../commit/commit.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { alarmOfArn } from "./alarm-arn.ts";
import { alarmNamed } from "./alarm-rows.ts";
import { mergeTags } from "./alarm-settings.ts";
import type { CloudWatchContext } from "./cloudwatch-context.ts";
import type { HandlerFamily } from "./cloudwatch-handler.ts";
import { invalidValue } from "./refusals.ts";

type Tags = Record<string, string>;

/** Tags of alarms: there is nothing else here that could have any. */
export const alarmTags: HandlerFamily<"TagResource" | "UntagResource" | "ListTagsForResource"> = (
  context,
) => ({
  async TagResource({ ResourceARN, Tags }) {
    await change(context, ResourceARN, {
      action: "TagResource",
      change: (before) => mergeTags(before, Tags),
    });
    return {};
  },

  async UntagResource({ ResourceARN, TagKeys }) {
    await change(context, ResourceARN, {
      action: "UntagResource",
      change: (before) =>
        Object.fromEntries(Object.entries(before).filter(([key]) => !TagKeys.includes(key))),
    });
    return {};
  },

  ListTagsForResource: ({ ResourceARN }) =>
    context.state.read(() => {
      const tags = tagsOf(context, requireResource(context, ResourceARN));
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    }),
});

async function change(
  context: CloudWatchContext,
  arn: string,
  { action, change: changed }: { action: string; change: (before: Tags) => Tags },
): Promise<void> {
  await commit(context, {
    action,
    plan() {
      const name = requireResource(context, arn);
      const value = changed(tagsOf(context, name));
      return { mutations: [{ put: "tag", key: ["alarm", name], value }], result: undefined };
    },
  });
}

function tagsOf({ state }: CloudWatchContext, name: string): Tags {
  return state.get<Tags>("tag", ["alarm", name]) ?? {};
}

/** The name of the alarm that an ARN is of. */
function requireResource(context: CloudWatchContext, arn: string): string {
  if (!arn.startsWith("arn:")) throw invalidValue(`The value ${arn} for ResourceARN is no ARN.`);
  const name = alarmOfArn(arn);
  if (name !== undefined && alarmNamed(context, name)) return name;
  throw new ServiceError("ResourceNotFoundException", `The resource ${arn} does not exist.`, {
    ResourceType: "alarm",
    ResourceId: name ?? arn,
  });
}
