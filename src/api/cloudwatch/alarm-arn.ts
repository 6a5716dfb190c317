import type { CloudWatchContext } from "./cloudwatch-context.ts";
import { alarmNameOf } from "../../control/model/alarm-rule.ts";

/** Where Route 53's own metrics are at AWS; a Signpost has no regions. */
const region = "us-east-1";

export function alarmArn({ accountId }: CloudWatchContext, name: string): string {
  return `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`;
}

/** The name of the alarm that an ARN is of, whatever its region and account; else `undefined`. */
export function alarmOfArn(arn: string): string | undefined {
  const name = alarmNameOf(arn);
  return name === arn ? undefined : name;
}
