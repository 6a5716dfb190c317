import { tagCountMax } from "../../base/limits.ts";
import type { Alarm } from "../../control/model/alarm.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { putTags, withTags } from "../commit/tags.ts";
import type { TagRules, TagsKey } from "../commit/tags.ts";
import type { InputOf } from "./cloudwatch-handler.ts";
import { validationFault } from "./refusals.ts";

type Given = Pick<
  InputOf<"PutMetricAlarm">,
  | "AlarmName"
  | "AlarmDescription"
  | "ActionsEnabled"
  | "OKActions"
  | "AlarmActions"
  | "InsufficientDataActions"
  | "Tags"
>;

/**
 * The settings that metric and composite alarms have in common.
 * @throws ServiceError ValidationException
 */
export function commonSettings(input: Given, nowMs: number) {
  const { AlarmName: name, AlarmDescription: description } = input;
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) {
    throw validationFault("AlarmName must not contain control characters");
  }
  return {
    name,
    ...(description === undefined ? {} : { description }),
    actionsEnabled: input.ActionsEnabled ?? true,
    okActions: actionsOf(input.OKActions),
    alarmActions: actionsOf(input.AlarmActions),
    insufficientDataActions: actionsOf(input.InsufficientDataActions),
    updatedAt: new Date(nowMs).toISOString(),
  };
}

function actionsOf(arns: readonly string[] | undefined): string[] {
  for (const arn of arns ?? []) {
    if (!/^arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\S+$/.test(arn)) {
      throw validationFault(`Invalid arn syntax: ${arn}`);
    }
  }
  return [...(arns ?? [])];
}

/**
 * The tags that an alarm is created with; those of one that is there already stay as they are.
 * @throws ServiceError ValidationException
 */
export function firstTags(input: Given, before: Alarm | undefined): Mutation[] {
  const { AlarmName, Tags = [] } = input;
  if (before || Tags.length === 0) return [];
  return [putTags(alarmTagsKey(AlarmName), withTags({}, Tags, alarmTagRules))];
}

/** An alarm's own tags. */
export const alarmTagRules: TagRules = {
  countMax: tagCountMax,
  invalid: validationFault,
  tooMany: () => validationFault(`An alarm cannot have more than ${tagCountMax} tags`),
  reservesAws: true,
};

/** Where the tags of an alarm are. */
export function alarmTagsKey(name: string): TagsKey {
  return ["alarm", name];
}
