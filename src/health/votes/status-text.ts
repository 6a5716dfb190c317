import { Reason, isSuccess } from "../probes/reason.ts";

const names = new Map(Object.entries(Reason).map(([name, reason]) => [reason as number, name]));

export function statusText(reason: Reason, detail: number): string {
  return `${isSuccess(reason) ? "Success" : "Failure"}: ${names.get(reason)} ${detail}`;
}
