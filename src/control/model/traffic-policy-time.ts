import type { TimeWindow } from "./traffic-policy-document.ts";
import { PolicyObject, PolicyProblem } from "./traffic-policy-object.ts";

export const dayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
export const everyDay = 0b1111111;
const minutesADay = 1_440;
const windowCountMax = 50;

/** The time zone of a rule, of the IANA database that this Node comes with. */
export function requireTimeZone(object: PolicyObject): string {
  const timeZone = object.text("TimeZone");
  const problem = timeZoneProblem(timeZone);
  if (problem !== undefined) throw object.problem("TimeZone", problem);
  return timeZone;
}

/** What is wrong with the name of a time zone. */
export function timeZoneProblem(timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `unknown time zone '${timeZone}'`;
  }
  // Offsets such as +01:00 pass as well, but have no daylight saving time: they mislead.
  return /^[+-]/.test(timeZone) ? "must be a name, not an offset" : undefined;
}

/** The windows of a branch; one past midnight becomes two. */
export function readWindows(item: PolicyObject): TimeWindow[] {
  return item.list("Windows", windowCountMax).flatMap(([element, path]) => {
    const object = new PolicyObject(element, path);
    const days = readDays(object);
    const startMinute = readMinute(object, "Start");
    const endMinute = readMinute(object, "End");
    object.end();
    const window = { days, startMinute, endMinute };
    if (isEmptyWindow(window)) throw new PolicyProblem(path, emptyWindow);
    return cutAtMidnight(window);
  });
}

export const emptyWindow = "is empty: a whole day is from 00:00 to 24:00";

export function isEmptyWindow({ startMinute, endMinute }: TimeWindow): boolean {
  return startMinute === endMinute || startMinute === minutesADay;
}

/** One window for a part of a day; two for one that goes on past midnight. */
export function cutAtMidnight(window: TimeWindow): TimeWindow[] {
  const { days, startMinute, endMinute } = window;
  if (startMinute < endMinute) return [window];
  const evening = { days, startMinute, endMinute: minutesADay };
  if (endMinute === 0) return [evening];
  const nextDays = ((days << 1) | (days >> 6)) & everyDay;
  return [evening, { days: nextDays, startMinute: 0, endMinute }];
}

/** Names of days; all of them where nothing is said. */
function readDays(object: PolicyObject): number {
  if (!object.has("Days")) return everyDay;
  let days = 0;
  for (const [element, path] of object.list("Days", dayNames.length)) {
    const day = dayNames.indexOf(element as string);
    if (day < 0) throw new PolicyProblem(path, `one of ${dayNames.join(", ")} is expected`);
    days |= 1 << day;
  }
  return days;
}

function readMinute(object: PolicyObject, name: string): number {
  const text = object.text(name);
  const minute = minuteOfDay(text);
  if (minute !== undefined) return minute;
  throw object.problem(name, `'${text}' is no time such as 09:30`);
}

/** `09:30`; `24:00` is the end of the day. */
export function minuteOfDay(text: string): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text) ?? [];
  const minute = Number(hours) * 60 + Number(minutes);
  return minute <= minutesADay ? minute : undefined;
}
